// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/interval.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace ketscope {

double studentQuantile(std::size_t degreesOfFreedom)
{
    // Exact where the series below is not good enough.
    static constexpr std::array<double, 6> few = {12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912};
    if (degreesOfFreedom <= few.size())
        return few[std::max<std::size_t>(degreesOfFreedom, 1) - 1];
    // Expansion around the normal quantile (Abramowitz and Stegun 26.7.5).
    constexpr double x = 1.959963985;
    const auto v = static_cast<double>(degreesOfFreedom);
    const double x3 = x * x * x;
    const double x5 = x3 * x * x;
    const double x7 = x5 * x * x;
    return x + (x3 + x) / (4.0 * v) + (5.0 * x5 + 16.0 * x3 + 3.0 * x) / (96.0 * v * v)
           + (3.0 * x7 + 19.0 * x5 + 17.0 * x3 - 15.0 * x) / (384.0 * v * v * v);
}

Interval meanInterval(std::span<const double> values)
{
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (values.empty() || !std::ranges::all_of(values, [](double x) { return std::isfinite(x); }))
        return {none, none, none};
    const auto count = static_cast<double>(values.size());
    // The sum of equal numbers is not always their multiple.
    const bool constant = std::ranges::all_of(values, [&](double x) { return x == values.front(); });
    double mean = constant ? values.front() : 0.0;
    for (const double x : values)
        mean += constant ? 0.0 : x / count;
    if (values.size() == 1)
        return {mean, none, none};
    double square = 0.0;
    for (const double x : values)
        square += (x - mean) * (x - mean);
    const double half = studentQuantile(values.size() - 1) * std::sqrt(square / (count - 1.0) / count);
    return {mean, mean - half, mean + half};
}

}  // namespace ketscope
