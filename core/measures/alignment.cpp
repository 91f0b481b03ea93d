// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/alignment.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

bool counts(std::span<const std::uint8_t> rows, std::size_t row) { return rows.empty() || rows[row] != 0; }

double length(std::span<const float> row)
{
    return std::sqrt(
        std::accumulate(row.begin(), row.end(), 0.0, [](double sum, float x) { return sum + double(x) * double(x); }));
}

std::vector<std::size_t> largestFirst(std::span<const float> values, std::size_t count)
{
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t i) { return values[i]; });
    order.resize(std::min(count, order.size()));
    return order;
}

}  // namespace

Tensor reducedBlock(std::span<const MatrixView> maps, const MapBlock& block, bool largest)
{
    Tensor result({block.queries, block.keys});
    for (std::size_t row = 0; row < block.queries; ++row) {
        std::vector<double> sum(block.keys, 0.0);
        for (std::size_t map = 0; map < maps.size(); ++map) {
            const auto weights = maps[map].row(block.firstQuery + row);
            const double rest = block.without ? 1.0 - static_cast<double>(weights[*block.without]) : 1.0;
            for (std::size_t key = 0; key < block.keys; ++key) {
                const double weight =
                    rest > 0.0 ? static_cast<double>(weights[block.firstKey + key]) / rest : kUndefined;
                const bool first = map == 0 || std::isnan(weight);
                sum[key] = !largest ? sum[key] + weight : first ? weight : std::max(sum[key], weight);
            }
        }
        for (std::size_t key = 0; key < block.keys; ++key)
            result.matrix()(row, key) =
                static_cast<float>(largest ? sum[key] : sum[key] / static_cast<double>(maps.size()));
    }
    return result;
}

std::vector<double> massOnBlock(std::span<const MatrixView> maps, const MapBlock& block)
{
    std::vector<double> mass(block.queries, 0.0);
    for (const MatrixView& map : maps)
        for (std::size_t row = 0; row < block.queries; ++row)
            for (const float weight : map.row(block.firstQuery + row).subspan(block.firstKey, block.keys))
                mass[row] += static_cast<double>(weight) / static_cast<double>(maps.size());
    return mass;
}

Tensor cosines(MatrixView a, MatrixView b)
{
    Tensor result({a.rows, b.rows});
    for (std::size_t i = 0; i < a.rows; ++i) {
        for (std::size_t j = 0; j < b.rows; ++j) {
            const auto x = a.row(i), y = b.row(j);
            const double product = std::inner_product(x.begin(), x.end(), y.begin(), 0.0, std::plus<>(),
                                                      [](float p, float q) { return double(p) * double(q); });
            const double lengths = length(x) * length(y);
            result.matrix()(i, j) = static_cast<float>(lengths > 0.0 ? product / lengths : 0.0);
        }
    }
    return result;
}

LateInteraction lateInteraction(MatrixView values, std::span<const std::uint8_t> rows)
{
    LateInteraction found;
    found.bestPatch.assign(values.rows, 0);
    found.bestToken.assign(values.columns, values.rows);
    std::size_t tokens = 0;
    for (std::size_t token = 0; token < values.rows; ++token) {
        const auto row = values.row(token);
        const auto best = std::ranges::max_element(row);
        found.bestPatch[token] = static_cast<std::size_t>(best - row.begin());
        if (!counts(rows, token))
            continue;
        found.textScore += static_cast<double>(*best);
        ++tokens;
        for (std::size_t patch = 0; patch < values.columns; ++patch) {
            std::size_t& known = found.bestToken[patch];
            if (known == values.rows || values(token, patch) > values(known, patch))
                known = token;
        }
    }
    found.textScore /= static_cast<double>(tokens);
    for (std::size_t patch = 0; patch < values.columns; ++patch)
        found.imageScore += static_cast<double>(values(found.bestToken[patch], patch));
    found.imageScore /= static_cast<double>(values.columns);
    return found;
}

std::vector<std::pair<std::size_t, std::size_t>> mutualBest(const LateInteraction& links,
                                                            std::span<const std::uint8_t> rows)
{
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t token = 0; token < links.bestPatch.size(); ++token)
        if (counts(rows, token) && links.bestToken[links.bestPatch[token]] == token)
            pairs.emplace_back(token, links.bestPatch[token]);
    return pairs;
}

std::size_t sharedLargest(std::span<const float> a, std::span<const float> b, std::size_t count)
{
    const std::vector<std::size_t> first = largestFirst(a, count), second = largestFirst(b, count);
    return static_cast<std::size_t>(
        std::ranges::count_if(first, [&](std::size_t i) { return std::ranges::find(second, i) != second.end(); }));
}

double boxMass(std::span<const float> weights, std::span<const double> shares)
{
    double all = 0.0, inside = 0.0;
    for (std::size_t patch = 0; patch < weights.size(); ++patch) {
        const auto weight = static_cast<double>(weights[patch]);
        if (!(weight >= 0.0))
            return kUndefined;
        all += weight;
        inside += weight * shares[patch];
    }
    return all > 0.0 ? inside / all : kUndefined;
}

bool pointsInto(std::span<const float> values, std::span<const std::uint8_t> inside)
{
    return inside[static_cast<std::size_t>(std::ranges::max_element(values) - values.begin())] != 0;
}

}  // namespace ketscope
