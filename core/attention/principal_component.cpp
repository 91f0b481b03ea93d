// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/principal_component.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

constexpr int kIterations = 24;

double project(std::span<const float> row, std::span<const double> mean, std::span<const double> direction)
{
    double sum = 0.0;
    for (std::size_t c = 0; c < row.size(); ++c)
        sum += (row[c] - mean[c]) * direction[c];
    return sum;
}

// One step of the power iteration: Σ ⟨x − mean, u⟩ (x − mean), normalised. False when nothing is left.
bool iterate(MatrixView points, std::span<const std::uint8_t> used, std::span<const double> mean,
             std::vector<double>& direction)
{
    std::vector<double> next(direction.size(), 0.0);
    for (std::size_t i = 0; i < points.rows; ++i) {
        if (used[i] == 0)
            continue;
        const double along = project(points.row(i), mean, direction);
        for (std::size_t c = 0; c < next.size(); ++c)
            next[c] += along * (points(i, c) - mean[c]);
    }
    const double norm = std::sqrt(std::inner_product(next.begin(), next.end(), next.begin(), 0.0));
    if (!(norm > 1e-30))
        return false;
    for (std::size_t c = 0; c < next.size(); ++c)
        direction[c] = next[c] / norm;
    return true;
}

}  // namespace

std::vector<float> principalProjections(MatrixView points, std::span<const std::uint8_t> used)
{
    std::vector<double> mean(points.columns, 0.0);
    const auto count = static_cast<double>(std::ranges::count_if(used, [](std::uint8_t u) { return u != 0; }));
    for (std::size_t i = 0; i < points.rows; ++i)
        for (std::size_t c = 0; c < mean.size() && used[i] != 0; ++c)
            mean[c] += points(i, c) / count;
    std::vector<double> direction(points.columns);
    for (std::size_t c = 0; c < direction.size(); ++c)  // a start that is at no right angle to it but by accident
        direction[c] = 1.0 + 0.1 * std::cos(static_cast<double>(c));
    bool varies = true;
    for (int step = 0; step < kIterations && varies; ++step)
        varies = iterate(points, used, mean, direction);
    const auto largest = std::ranges::max_element(direction, {}, [](double x) { return std::abs(x); });
    const double sign = largest != direction.end() && *largest < 0.0 ? -1.0 : 1.0;
    std::vector<float> result(points.rows, 0.0F);
    for (std::size_t i = 0; i < points.rows && varies; ++i)
        result[i] = static_cast<float>(sign * project(points.row(i), mean, direction));
    return result;
}

}  // namespace ketscope
