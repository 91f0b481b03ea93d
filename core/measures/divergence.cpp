// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/divergence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace ketscope {

double klOfDistributions(std::span<const double> p, std::span<const double> q)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i)
        if (!(p[i] <= 0.0))  // NaN is not skipped
            sum += p[i] * std::log(p[i] / std::max(q[i], std::numeric_limits<double>::min()));
    return sum < 0.0 ? 0.0 : sum;  // rounding
}

double jsOfDistributions(std::span<const double> p, std::span<const double> q)
{
    std::vector<double> middle(p.size());
    std::ranges::transform(p, q, middle.begin(), [](double a, double b) { return (a + b) / 2.0; });
    return (klOfDistributions(p, middle) + klOfDistributions(q, middle)) / 2.0;
}

double totalVariation(std::span<const double> p, std::span<const double> q)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i)
        sum += std::abs(p[i] - q[i]);
    return sum / 2.0;
}

}  // namespace ketscope
