// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/norm.h"

#include "core/base/parallel.h"
#include "core/nn/kernels.h"

namespace ketscope {

namespace {

void addTo(const std::vector<double>& from, std::span<float> to)
{
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i] += static_cast<float>(from[i]);
}

// Both normalisations; `centred`: whether rows are shifted to mean 0 first. With y = (x − mean)/s of a row and g its
// gradients times the weights, that is (g − mean g − y mean(g y))/s.
void normBackward(MatrixView in, MatrixView gradients, std::span<const float> weight, double epsilon, bool centred,
                  const NormGradients& into)
{
    std::vector<double> ofWeight(in.columns), ofBias(in.columns);
    for (std::size_t row = 0; row < in.rows; ++row) {
        const KetscopeNormRow work = {.values = in.row(row).data(),
                                      .gradients = gradients.row(row).data(),
                                      .weight = weight.data(),
                                      .count = in.columns,
                                      .epsilon = epsilon,
                                      .centred = centred ? 1 : 0,
                                      .into = into.in.empty() ? nullptr : into.in.row(row).data(),
                                      .ofWeight = ofWeight.data(),
                                      .ofBias = ofBias.data()};
        kernels().normBackward(&work);
    }
    addTo(ofWeight, into.weight);
    addTo(ofBias, into.bias);
}

}  // namespace

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

void LayerNorm::backward(MatrixView in, MatrixView gradients, const NormGradients& into) const
{
    normBackward(in, gradients, weight, epsilon, true, into);
}

void RmsNorm::backward(MatrixView in, MatrixView gradients, const NormGradients& into) const
{
    normBackward(in, gradients, weight, epsilon, false, into);
}

}  // namespace ketscope
