// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/distance.h"

#include "core/measures/measures.h"

#include <algorithm>
#include <numeric>

namespace ketscope {

namespace {

std::size_t apart(std::size_t i, std::size_t j) { return i < j ? j - i : i - j; }

bool counts(std::span<const std::uint8_t> rows, std::size_t row) { return rows.empty() || rows[row] != 0; }

void divide(std::vector<double>& profile, std::size_t by)
{
    for (double& mass : profile)
        mass /= static_cast<double>(std::max<std::size_t>(by, 1));
}

}  // namespace

std::vector<double> distanceProfile(MatrixView map, std::span<const std::uint8_t> rows)
{
    std::vector<double> profile(std::max(map.rows, map.columns));
    std::size_t counted = 0;
    for (std::size_t i = 0; i < map.rows; ++i) {
        if (!counts(rows, i))
            continue;
        ++counted;
        for (std::size_t j = 0; j < map.columns; ++j)
            profile[apart(i, j)] += static_cast<double>(map(i, j));
    }
    divide(profile, counted);
    return profile;
}

std::vector<double> uniformDistanceProfile(const AttentionMask& mask, std::size_t queries, std::size_t keys,
                                           std::span<const std::uint8_t> rows)
{
    std::vector<double> profile(std::max(queries, keys));
    std::size_t counted = 0;
    for (std::size_t i = 0; i < queries; ++i) {
        const std::size_t allowed = allowedKeys(mask, i, queries, keys);
        if (!counts(rows, i) || allowed == 0)
            continue;
        ++counted;
        for (std::size_t j = 0; j < keys; ++j)
            if (mask.allowed(i, j, queries, keys))
                profile[apart(i, j)] += 1.0 / static_cast<double>(allowed);
    }
    divide(profile, counted);
    return profile;
}

std::vector<double> cumulative(std::span<const double> profile)
{
    std::vector<double> sums(profile.size());
    std::partial_sum(profile.begin(), profile.end(), sums.begin());
    return sums;
}

double meanOfProfile(std::span<const double> profile)
{
    double mean = 0.0;
    for (std::size_t distance = 0; distance < profile.size(); ++distance)
        mean += static_cast<double>(distance) * profile[distance];
    return mean;
}

}  // namespace ketscope
