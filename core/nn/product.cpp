// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/product.h"

#include "core/attention/rows.h"
#include "core/base/parallel.h"
#include "core/nn/attention_kernel.h"

namespace ketscope {

void addTo(MatrixView from, MutableMatrixView to)
{
    for (std::size_t row = 0; row < to.rows; ++row) {
        const float* const source = from.data + row * from.stride;
        float* const target = to.data + row * to.stride;
        for (std::size_t i = 0; i < to.columns; ++i)
            target[i] += source[i];
    }
}

void addProduct(MatrixView left, MatrixView right, MutableMatrixView out)
{
    constexpr std::size_t kRows = 4 * kAttentionRowBlock;
    const PackedMatrix packed = PackedMatrix::of(right);
    const PackedMatrix::Part whole = {0, right.rows, 0, right.columns};
    parallelFor((left.rows + kRows - 1) / kRows, kRows * right.rows, [&](std::size_t block) {
        const std::size_t first = block * kRows, rows = std::min(kRows, left.rows - first);
        packed.multiplyPart(left.middleRows(first, rows), whole, out.middleRows(first, rows), true);
    });
}

}  // namespace ketscope
