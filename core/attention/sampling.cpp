// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ketscope {

// One binomial for each key given what the keys before it took.
std::vector<std::uint64_t> independentCounts(std::span<const float> probabilities, std::uint64_t shots,
                                             RandomStream& stream)
{
    std::vector<double> rest(probabilities.begin(), probabilities.end());  // mass of a key and all after it
    std::partial_sum(rest.rbegin(), rest.rend(), rest.rbegin());
    std::vector<std::uint64_t> counts(probabilities.size(), 0);
    for (std::size_t key = 0; key < counts.size() && shots > 0; ++key) {
        if (probabilities[key] > 0.0F)
            counts[key] = stream.binomial(shots, std::min(1.0, probabilities[key] / rest[key]));
        shots -= counts[key];
    }
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
