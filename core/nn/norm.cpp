// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/norm.h"

#include "core/base/parallel.h"
#include "core/nn/kernels.h"

#include <cmath>

namespace ketscope {

namespace {

double meanOf(std::span<const float> row)
{
    double sum = 0.0;
    for (const float x : row)
        sum += static_cast<double>(x);
    return sum / static_cast<double>(row.size());
}

// y = (x − shift) / s of one row.
std::vector<double> normed(std::span<const float> row, double shift, double epsilon, double& s)
{
    double squares = 0.0;
    for (const float x : row)
        squares += (static_cast<double>(x) - shift) * (static_cast<double>(x) - shift);
    s = std::sqrt(squares / static_cast<double>(row.size()) + epsilon);
    std::vector<double> y(row.size());
    const double inverse = 1.0 / s;
    for (std::size_t i = 0; i < row.size(); ++i)
        y[i] = (static_cast<double>(row[i]) - shift) * inverse;
    return y;
}

// Both normalisations; `centred`: whether rows are shifted to mean 0 first.
void normBackward(MatrixView in, MatrixView gradients, std::span<const float> weight, double epsilon, bool centred,
                  const NormGradients& into)
{
    const std::size_t width = in.columns;
    std::vector<double> ofWeight(width), ofBias(width);
    for (std::size_t row = 0; row < in.rows; ++row) {
        double s = 0.0;
        const std::vector<double> y = normed(in.row(row), centred ? meanOf(in.row(row)) : 0.0, epsilon, s);
        double mean = 0.0, along = 0.0;
        for (std::size_t i = 0; i < width; ++i) {
            const auto gradient = static_cast<double>(gradients(row, i));
            const double g = gradient * static_cast<double>(weight[i]);
            mean += g;
            along += g * y[i];
            ofWeight[i] += gradient * y[i];
            ofBias[i] += gradient;
        }
        mean *= centred ? 1.0 / static_cast<double>(width) : 0.0;
        along /= static_cast<double>(width);
        const double inverse = 1.0 / s;
        for (std::size_t i = 0; !into.in.empty() && i < width; ++i) {
            const double g = static_cast<double>(gradients(row, i)) * static_cast<double>(weight[i]);
            into.in(row, i) += static_cast<float>((g - mean - y[i] * along) * inverse);
        }
    }
    for (std::size_t i = 0; i < into.weight.size(); ++i)
        into.weight[i] += static_cast<float>(ofWeight[i]);
    for (std::size_t i = 0; i < into.bias.size(); ++i)
        into.bias[i] += static_cast<float>(ofBias[i]);
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
