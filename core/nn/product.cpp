// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/product.h"

#include "core/attention/rows.h"
#include "core/base/parallel.h"
#include "core/nn/attention_kernel.h"

#include <Eigen/Core>

namespace ketscope {

void addTo(MatrixView from, MutableMatrixView to)
{
    const auto columns = static_cast<Eigen::Index>(to.columns);
    for (std::size_t row = 0; row < to.rows; ++row)
        Eigen::Map<Eigen::ArrayXf>(to.row(row).data(), columns) +=
            Eigen::Map<const Eigen::ArrayXf>(from.row(row).data(), columns);
}

void addProduct(MatrixView left, const PackedMatrix& right, MutableMatrixView out)
{
    constexpr std::size_t kRows = 4 * kAttentionRowBlock;
    const PackedMatrix::Part whole = {0, right.rows(), 0, right.columns()};
    parallelFor((left.rows + kRows - 1) / kRows, kRows * right.rows(), [&](std::size_t block) {
        const std::size_t first = block * kRows, rows = std::min(kRows, left.rows - first);
        right.multiplyPart(left.middleRows(first, rows), whole, out.middleRows(first, rows), true);
    });
}

void addProduct(MatrixView left, MatrixView right, MutableMatrixView out)
{
    addProduct(left, PackedMatrix::of(right), out);
}

}  // namespace ketscope
