// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

// One search in the cumulative distribution for each shot.
void countByShots(std::span<const double> probabilities, std::uint64_t shots, RandomStream& stream,
                  std::span<std::uint64_t> counts)
{
    std::vector<double> cumulative(probabilities.begin(), probabilities.end());
    std::partial_sum(cumulative.begin(), cumulative.end(), cumulative.begin());
    const double total = cumulative.back();
    const auto last = std::ranges::lower_bound(cumulative, total);  // the last key that can be drawn
    for (std::uint64_t shot = 0; shot < shots; ++shot) {
        const auto key = std::upper_bound(cumulative.begin(), last, stream.uniform() * total);
        ++counts[static_cast<std::size_t>(key - cumulative.begin())];
    }
}

// One binomial for each key given what the keys before it took.
void countByKeys(std::span<const double> probabilities, std::uint64_t shots, RandomStream& stream,
                 std::span<std::uint64_t> counts)
{
    std::vector<double> rest(probabilities.begin(), probabilities.end());  // mass of a key and all after it
    std::partial_sum(rest.rbegin(), rest.rend(), rest.rbegin());
    for (std::size_t key = 0; key < counts.size() && shots > 0; ++key) {
        if (probabilities[key] > 0.0)
            counts[key] = stream.binomial(shots, std::min(1.0, probabilities[key] / rest[key]));
        shots -= counts[key];
    }
}

std::size_t outcomeAt(std::span<const std::uint32_t> order, std::size_t place)
{
    return order.empty() ? place : order[place];
}

// S·F after every place. Exactly S from the last possible outcome on: rounding must not lose the last draw.
std::vector<double> quantileEdges(std::span<const double> probabilities, std::uint64_t shots,
                                  std::span<const std::uint32_t> order)
{
    std::vector<double> edges(probabilities.size());
    double cumulative = 0.0;
    for (std::size_t place = 0; place < edges.size(); ++place)
        edges[place] = cumulative += probabilities[outcomeAt(order, place)];
    const auto all = static_cast<double>(shots);
    for (double& edge : edges)
        edge = edge == cumulative ? all : edge / cumulative * all;
    return edges;
}

}  // namespace

std::vector<std::uint64_t> independentCounts(std::span<const double> probabilities, std::uint64_t shots,
                                             RandomStream& stream)
{
    std::vector<std::uint64_t> counts(probabilities.size(), 0);
    // A binomial costs about as much as two or three searches.
    if (shots <= 2 * probabilities.size())
        countByShots(probabilities, shots, stream, counts);
    else
        countByKeys(probabilities, shots, stream, counts);
    return counts;
}

// A range that lies inside one outcome needs no draw.
std::vector<std::uint64_t> stratifiedCounts(std::span<const double> probabilities, std::uint64_t shots,
                                            RandomStream& stream, std::span<const std::uint32_t> order)
{
    const std::vector<double> edges = quantileEdges(probabilities, shots, order);
    std::vector<std::uint64_t> counts(probabilities.size(), 0);
    double before = 0.0;
    double drawn = -1.0;  // the last range with an edge inside
    for (std::size_t place = 0; place < edges.size(); ++place) {
        const double whole = std::floor(edges[place]) - std::ceil(before);
        if (whole > 0.0)
            counts[outcomeAt(order, place)] += static_cast<std::uint64_t>(whole);
        const double range = std::floor(edges[place]);
        if (range != edges[place] && range != drawn) {
            drawn = range;
            const auto found = std::ranges::upper_bound(edges, range + stream.uniform());
            ++counts[outcomeAt(order, static_cast<std::size_t>(found - edges.begin()))];
        }
        before = edges[place];
    }
    return counts;
}

std::vector<std::uint64_t> systematicCounts(std::span<const double> probabilities, std::uint64_t shots, double offset,
                                            std::span<const std::uint32_t> order)
{
    const std::vector<double> edges = quantileEdges(probabilities, shots, order);
    std::vector<std::uint64_t> counts(probabilities.size(), 0);
    std::uint64_t before = 0;  // draws at quantiles below the edge
    for (std::size_t place = 0; place < edges.size(); ++place) {
        const bool all = edges[place] == static_cast<double>(shots);
        const double reached = std::max(std::ceil(edges[place] - offset), 0.0);
        const std::uint64_t below = all ? shots : static_cast<std::uint64_t>(reached);
        counts[outcomeAt(order, place)] = below - before;
        before = below;
    }
    return counts;
}

std::vector<double> stratifiedVariances(std::span<const double> probabilities, std::uint64_t shots,
                                        std::span<const std::uint32_t> order)
{
    const std::vector<double> edges = quantileEdges(probabilities, shots, order);
    const double square = static_cast<double>(shots) * static_cast<double>(shots);
    std::vector<double> variances(probabilities.size());
    double a = 0.0;
    for (std::size_t place = 0; place < edges.size(); ++place) {
        const double b = edges[place];
        const double g = b - a;
        const double first = std::ceil(a) - a;
        const double last = b - std::floor(b);
        const bool inside = std::floor(a) == std::floor(b);
        variances[outcomeAt(order, place)] =
            (inside ? g * (1.0 - g) : first * (1.0 - first) + last * (1.0 - last)) / square;
        a = b;
    }
    return variances;
}

std::vector<double> systematicVariances(std::span<const double> probabilities, std::uint64_t shots)
{
    const double total = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
    const auto count = static_cast<double>(shots);
    std::vector<double> variances;
    for (const double p : probabilities) {
        const double expected = count * p / total;
        const double fraction = expected - std::floor(expected);
        variances.push_back(fraction * (1.0 - fraction) / (count * count));
    }
    return variances;
}

}  // namespace ketscope
