// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/concentration.h"

#include "core/measures/measures.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace ketscope {

namespace {

constexpr std::size_t kFewWeights = 64;  // below that, comparing is faster than counting

// Sorts weights that are finite and not negative, whose bits have the order of their values: by counting, a byte at a
// time.
void sortWeights(std::vector<float>& weights)
{
    if (weights.size() < kFewWeights) {
        std::ranges::sort(weights);
        return;
    }
    constexpr std::size_t kBytes = sizeof(std::uint32_t), kValues = 256;
    const auto byteOf = [](float weight, std::size_t byte) {
        return std::bit_cast<std::uint32_t>(weight + 0.0F) >> (8 * byte) & 0xFFU;  // +0 of −0
    };
    std::array<std::array<std::size_t, kValues>, kBytes> places{};
    for (const float weight : weights)
        for (std::size_t byte = 0; byte < kBytes; ++byte)
            ++places[byte][byteOf(weight, byte)];
    std::vector<float> next(weights.size());
    for (std::size_t byte = 0; byte < kBytes; ++byte) {
        std::exclusive_scan(places[byte].begin(), places[byte].end(), places[byte].begin(), std::size_t{0});
        for (const float weight : weights)
            next[places[byte][byteOf(weight, byte)]++] = weight;
        weights.swap(next);
    }
}

}  // namespace

double giniCoefficient(std::span<const float> row, std::size_t allowedKeys)
{
    std::vector<float> sorted(row.begin(), row.end());
    const bool valid = std::ranges::all_of(sorted, [](float x) { return std::isfinite(x) && x >= 0.0F; });
    const double sum = valid ? std::accumulate(sorted.begin(), sorted.end(), 0.0) : 0.0;
    if (!(sum > 0.0))
        return std::numeric_limits<double>::quiet_NaN();
    sortWeights(sorted);
    const std::size_t count = std::clamp<std::size_t>(allowedKeys, 1, sorted.size());
    const std::span<const float> seen = std::span(sorted).last(count);
    double weighted = 0.0;
    for (std::size_t k = 0; k < count; ++k)
        weighted +=
            (2.0 * static_cast<double>(k + 1) - static_cast<double>(count) - 1.0) * static_cast<double>(seen[k]);
    return weighted / (static_cast<double>(count) * sum);
}

double columnGini(MatrixView map, std::size_t key, const AttentionMask& mask)
{
    std::vector<float> column;
    std::size_t allowed = 0;
    for (std::size_t query = 0; query < map.rows; ++query) {
        column.push_back(map(query, key));
        allowed += mask.allowed(query, key, map.rows, map.columns) ? 1 : 0;
    }
    return giniCoefficient(column, allowed);
}

GiniMeans meanGini(MatrixView a, MatrixView b, const AttentionMask& mask, std::span<const std::uint8_t> rows)
{
    GiniMeans mean;
    const auto add = [](double gini, double& sum, std::size_t& count) {
        if (std::isnan(gini))
            return;
        sum += gini;
        ++count;
    };
    for (std::size_t query = 0; query < a.rows; ++query) {
        if (!rows.empty() && rows[query] == 0)
            continue;
        const std::size_t allowed = allowedKeys(mask, query, a.rows, a.columns);
        add(giniCoefficient(a.row(query), allowed), mean.a, mean.rowsA);
        add(giniCoefficient(b.row(query), allowed), mean.b, mean.rowsB);
    }
    mean.a /= static_cast<double>(mean.rowsA);
    mean.b /= static_cast<double>(mean.rowsB);
    return mean;
}

GiniMeans combine(std::span<const GiniMeans> parts)
{
    GiniMeans mean;
    for (const GiniMeans& part : parts) {
        mean.a += part.rowsA > 0 ? static_cast<double>(part.rowsA) * part.a : 0.0;
        mean.b += part.rowsB > 0 ? static_cast<double>(part.rowsB) * part.b : 0.0;
        mean.rowsA += part.rowsA;
        mean.rowsB += part.rowsB;
    }
    if (parts.empty())
        return mean;
    mean.a /= static_cast<double>(mean.rowsA);
    mean.b /= static_cast<double>(mean.rowsB);
    return mean;
}

}  // namespace ketscope
