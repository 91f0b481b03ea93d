// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/norm.h"

#include "core/base/parallel.h"
#include "core/nn/kernels.h"

#include <Eigen/Core>
#include <cmath>

namespace ketscope {

namespace {

using Row = Eigen::ArrayXd;

Row rowOf(std::span<const float> values)
{
    return Eigen::Map<const Eigen::ArrayXf>(values.data(), static_cast<Eigen::Index>(values.size())).cast<double>();
}

void addTo(const Row& from, std::span<float> to)
{
    Eigen::Map<Eigen::ArrayXf>(to.data(), static_cast<Eigen::Index>(to.size())) += from.cast<float>();
}

// Both normalisations; `centred`: whether rows are shifted to mean 0 first. With y = (x − mean)/s of a row and g its
// gradients times the weights, that is (g − mean g − y mean(g y))/s.
void normBackward(MatrixView in, MatrixView gradients, std::span<const float> weight, double epsilon, bool centred,
                  const NormGradients& into)
{
    const Row factors = rowOf(weight);
    Row ofWeight = Row::Zero(factors.size()), ofBias = ofWeight, y, given, g;
    for (std::size_t row = 0; row < in.rows; ++row) {
        y = rowOf(in.row(row));
        given = rowOf(gradients.row(row));
        if (centred)
            y -= y.mean();
        const double inverse = 1.0 / std::sqrt(y.square().mean() + epsilon);
        y *= inverse;
        ofWeight += given * y;
        ofBias += given;
        if (into.in.empty())
            continue;
        g = given * factors;
        const double mean = centred ? g.mean() : 0.0;
        const double along = (g * y).mean();
        addTo((g - mean - y * along) * inverse, into.in.row(row));
    }
    if (!into.weight.empty())
        addTo(ofWeight, into.weight);
    if (!into.bias.empty())
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
