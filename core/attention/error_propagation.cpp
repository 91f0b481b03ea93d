// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/error_propagation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

constexpr double kLargest = 0.5;

float bounded(double variance) { return static_cast<float>(std::min(std::sqrt(std::max(variance, 0.0)), kLargest)); }

}  // namespace

void propagateThroughSum(std::span<const float> weights, std::span<const double> variances, double total,
                         std::span<float> errors)
{
    const double all = std::accumulate(variances.begin(), variances.end(), 0.0);
    for (std::size_t j = 0; j < weights.size(); ++j) {
        const double a = weights[j];
        const double v = variances[j];
        const double sum = (1.0 - a) * (1.0 - a) * v + a * a * (all - v);
        errors[j] = total > 0.0 ? bounded(sum / (total * total)) : 0.0F;
    }
}

void propagateThroughSoftmax(std::span<const float> weights, std::span<const double> variances, double tau,
                             std::span<float> errors)
{
    double all = 0.0;
    for (std::size_t k = 0; k < weights.size(); ++k)
        all += static_cast<double>(weights[k]) * weights[k] * variances[k];
    for (std::size_t j = 0; j < weights.size(); ++j) {
        const double a = weights[j];
        const double sum = (1.0 - 2.0 * a) * variances[j] + all;
        errors[j] = bounded(a * a / (tau * tau) * sum);
    }
}

}  // namespace ketscope
