// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/product.h"

#include "core/attention/rows.h"
#include "core/base/parallel.h"
#include "core/nn/kernels.h"

namespace ketscope {

namespace {

// Rows of a result that one thread computes.
constexpr std::size_t kRows = 4 * kAttentionRowBlock;

}  // namespace

void addTo(MatrixView from, MutableMatrixView to)
{
    for (std::size_t row = 0; row < to.rows; ++row)
        kernels().add(from.row(row).data(), to.columns, to.row(row).data());
}

void addProduct(MatrixView left, const PackedMatrix& right, MutableMatrixView out)
{
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

void addTurnedProduct(MatrixView left, MatrixView right, MutableMatrixView out)
{
    const PackedMatrix packed = PackedMatrix::of(right);
    parallelFor((out.rows + kRows - 1) / kRows, kRows * right.rows, [&](std::size_t block) {
        const std::size_t first = block * kRows, rows = std::min(kRows, out.rows - first);
        packed.addTurned(left.middleColumns(first, rows), out.middleRows(first, rows));
    });
}

}  // namespace ketscope
