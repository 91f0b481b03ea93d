// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lessons/exhibit_math.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numeric>

namespace ketscope {

std::vector<double> softmaxOf(std::span<const double> scores)
{
    const double largest = *std::ranges::max_element(scores);
    std::vector<double> weights(scores.size(), 0.0);
    if (!std::isfinite(largest))
        return weights;
    std::ranges::transform(scores, weights.begin(), [&](double score) { return std::exp(score - largest); });
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights)
        weight /= sum;
    return weights;
}

std::vector<double> mixtureEigenvalues(std::span<const double> weights, std::span<const double> angles)
{
    std::complex<double> mean = 0.0;
    for (std::size_t i = 0; i < weights.size(); ++i)
        mean += weights[i] * std::polar(1.0, 2.0 * angles[i]);
    const double length = std::min(1.0, std::abs(mean));
    return {0.5 * (1.0 + length), 0.5 * (1.0 - length)};
}

std::size_t largestPlace(std::span<const double> values)
{
    return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

double axisFor(std::span<const double> values)
{
    double largest = 1.0;
    for (const double value : values)
        if (std::isfinite(value))
            largest = std::max(largest, std::abs(value));
    const double power = std::pow(10.0, std::floor(std::log10(largest)));
    for (const double step : {1.0, 2.0, 5.0})
        if (largest <= step * power)
            return step * power;
    return 10.0 * power;
}

std::vector<double> shares(std::span<const double> values)
{
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    std::vector<double> parts(values.begin(), values.end());
    for (double& part : parts)
        part = sum > 0.0 ? part / sum : 1.0 / static_cast<double>(values.size());
    return parts;
}

}  // namespace ketscope
