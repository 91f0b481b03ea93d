// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/distance.h"

#include "core/measures/measures.h"

#include <algorithm>
#include <cmath>
#include <limits>
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

std::size_t bin(const PatchPlaces& places, PatchDistance distance, std::size_t a, std::size_t b)
{
    return static_cast<std::size_t>(std::lround(patchDistance(places, distance, a, b)));
}

// As long as the grid's largest distance needs: the first patch and the last are that far apart.
std::vector<double> blankProfile(const PatchPlaces& places, PatchDistance distance)
{
    return std::vector<double>(places.patches == 0 ? 0 : bin(places, distance, 0, places.patches - 1) + 1);
}

double massOnPatches(MatrixView map, const PatchPlaces& places, std::size_t patch)
{
    double sum = 0.0;
    for (std::size_t b = 0; b < places.patches; ++b)
        sum += static_cast<double>(map(places.first + patch, places.first + b));
    return sum;
}

// Calls `use(a, b, share)` with what share of a's weight on patches b has, for every counted row a that has any; returns how
// many those are.
template <typename Use>
std::size_t eachShare(MatrixView map, const PatchPlaces& places, std::span<const std::uint8_t> rows, const Use& use)
{
    std::size_t counted = 0;
    for (std::size_t a = 0; a < places.patches; ++a) {
        const double sum = counts(rows, places.first + a) ? massOnPatches(map, places, a) : 0.0;
        if (!(sum > 0.0))
            continue;
        ++counted;
        for (std::size_t b = 0; b < places.patches; ++b)
            use(a, b, static_cast<double>(map(places.first + a, places.first + b)) / sum);
    }
    return counted;
}

}  // namespace

namespace {

// Adds each weight to the bin of its distance; `bin(i, j)` is below `bins`.
template <typename Bin>
std::vector<double> profileOf(MatrixView map, std::size_t bins, std::span<const std::uint8_t> rows, const Bin& bin)
{
    std::vector<double> profile(bins);
    std::size_t counted = 0;
    for (std::size_t i = 0; i < map.rows; ++i) {
        if (!counts(rows, i))
            continue;
        ++counted;
        for (std::size_t j = 0; j < map.columns; ++j)
            profile[bin(i, j)] += static_cast<double>(map(i, j));
    }
    divide(profile, counted);
    return profile;
}

template <typename Bin>
std::vector<double> uniformProfileOf(const AttentionMask& mask, std::size_t queries, std::size_t keys, std::size_t bins,
                                     std::span<const std::uint8_t> rows, const Bin& bin)
{
    std::vector<double> profile(bins);
    std::size_t counted = 0;
    for (std::size_t i = 0; i < queries; ++i) {
        const std::size_t allowed = allowedKeys(mask, i, queries, keys);
        if (!counts(rows, i) || allowed == 0)
            continue;
        ++counted;
        for (std::size_t j = 0; j < keys; ++j)
            if (mask.allowed(i, j, queries, keys))
                profile[bin(i, j)] += 1.0 / static_cast<double>(allowed);
    }
    divide(profile, counted);
    return profile;
}

// δ + n − 1.
auto signedBin(std::size_t queries)
{
    return [queries](std::size_t i, std::size_t j) { return j + queries - 1 - i; };
}

}  // namespace

std::vector<double> distanceProfile(MatrixView map, std::span<const std::uint8_t> rows)
{
    return profileOf(map, std::max(map.rows, map.columns), rows, apart);
}

std::vector<double> uniformDistanceProfile(const AttentionMask& mask, std::size_t queries, std::size_t keys,
                                           std::span<const std::uint8_t> rows)
{
    return uniformProfileOf(mask, queries, keys, std::max(queries, keys), rows, apart);
}

std::vector<double> signedDistanceProfile(MatrixView map, std::span<const std::uint8_t> rows)
{
    return profileOf(map, map.rows + map.columns - 1, rows, signedBin(map.rows));
}

std::vector<double> uniformSignedDistanceProfile(const AttentionMask& mask, std::size_t queries, std::size_t keys,
                                                 std::span<const std::uint8_t> rows)
{
    return uniformProfileOf(mask, queries, keys, queries + keys - 1, rows, signedBin(queries));
}

double patchDistance(const PatchPlaces& places, PatchDistance distance, std::size_t a, std::size_t b)
{
    const auto rows = static_cast<double>(apart(a / places.columns, b / places.columns));
    const auto columns = static_cast<double>(apart(a % places.columns, b % places.columns));
    switch (distance) {
    case PatchDistance::Rows: return rows;
    case PatchDistance::Columns: return columns;
    case PatchDistance::Euclidean: break;
    }
    return std::hypot(rows, columns);
}

std::vector<double> patchDistanceProfile(MatrixView map, const PatchPlaces& places, PatchDistance distance,
                                         std::span<const std::uint8_t> rows)
{
    std::vector<double> profile = blankProfile(places, distance);
    const std::size_t counted = eachShare(map, places, rows, [&](std::size_t a, std::size_t b, double share) {
        profile[bin(places, distance, a, b)] += share;
    });
    divide(profile, counted);
    return profile;
}

std::vector<double> uniformPatchDistanceProfile(const PatchPlaces& places, PatchDistance distance)
{
    std::vector<double> profile = blankProfile(places, distance);
    for (std::size_t a = 0; a < places.patches; ++a)
        for (std::size_t b = 0; b < places.patches; ++b)
            profile[bin(places, distance, a, b)] += 1.0 / static_cast<double>(places.patches);
    divide(profile, places.patches);
    return profile;
}

double meanPatchDistance(MatrixView map, const PatchPlaces& places, PatchDistance distance,
                         std::span<const std::uint8_t> rows)
{
    double mean = 0.0;
    const std::size_t counted = eachShare(map, places, rows, [&](std::size_t a, std::size_t b, double share) {
        mean += patchDistance(places, distance, a, b) * share;
    });
    return counted > 0 ? mean / static_cast<double>(counted) : std::numeric_limits<double>::quiet_NaN();
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
