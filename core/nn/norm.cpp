// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/norm.h"

#include "core/base/parallel.h"
#include "core/nn/kernels.h"

namespace ketscope {

void LayerNorm::apply(MatrixView in, MutableMatrixView out) const
{
    const KetscopeKernels& kernel = kernels();
    parallelFor(in.rows, in.columns, [&](std::size_t row) {
        kernel.layerNorm(in.row(row).data(), in.columns, epsilon, weight.data(), bias.data(), out.row(row).data());
    });
}

void RmsNorm::apply(MatrixView in, MutableMatrixView out) const
{
    const KetscopeKernels& kernel = kernels();
    parallelFor(in.rows, in.columns, [&](std::size_t row) {
        kernel.rmsNorm(in.row(row).data(), in.columns, epsilon, weight.data(), out.row(row).data());
    });
}

}  // namespace ketscope
