// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

// One search in the cumulative distribution for each shot.
void countByShots(std::span<const float> probabilities, std::uint64_t shots, RandomStream& stream,
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
void countByKeys(std::span<const float> probabilities, std::uint64_t shots, RandomStream& stream,
                 std::span<std::uint64_t> counts)
{
    std::vector<double> rest(probabilities.begin(), probabilities.end());  // mass of a key and all after it
    std::partial_sum(rest.rbegin(), rest.rend(), rest.rbegin());
    for (std::size_t key = 0; key < counts.size() && shots > 0; ++key) {
        if (probabilities[key] > 0.0F)
            counts[key] = stream.binomial(shots, std::min(1.0, probabilities[key] / rest[key]));
        shots -= counts[key];
    }
}

}  // namespace

std::vector<std::uint64_t> independentCounts(std::span<const float> probabilities, std::uint64_t shots,
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

std::vector<std::uint64_t> systematicCounts(std::span<const float> probabilities, std::uint64_t shots, double offset)
{
    const double total = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
    std::vector<std::uint64_t> counts(probabilities.size(), 0);
    double cumulative = 0.0;
    std::uint64_t before = 0;  // draws at quantiles below the cumulative mass
    for (std::size_t key = 0; key < counts.size(); ++key) {
        cumulative += probabilities[key];
        const double reached = std::ceil(cumulative / total * static_cast<double>(shots) - offset);
        const bool all = cumulative == total;  // said exactly: rounding must not lose the last draw
        const auto below = all ? shots : static_cast<std::uint64_t>(std::max(reached, 0.0));
        counts[key] = below - before;
        before = below;
    }
    return counts;
}

}  // namespace ketscope
