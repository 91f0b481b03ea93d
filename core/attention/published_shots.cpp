// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/published_shots.h"

#include "core/attention/sampling.h"
#include "core/attention/top_keys.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

// softmax over the k largest alone.
std::vector<double> truncated(std::span<const double> p, std::size_t k)
{
    const auto top = largestOf(p, k);
    std::vector<double> result(p.size(), 0.0);
    for (std::size_t j = 0; j < p.size(); ++j)
        result[j] = top[j] != 0 ? p[j] : 0.0;
    const double mass = std::accumulate(result.begin(), result.end(), 0.0);
    for (double& x : result)
        x = mass > 0.0 ? x / mass : 0.0;
    return result;
}

Estimate blank(const RowOutcomes& row) { return {std::vector<double>(row.probabilities.size(), 0.0), {}, {}, 0.0}; }

}  // namespace

Estimate drawStratifiedAsPublished(const RowOutcomes& row, const ShotSettings&, std::uint64_t shots,
                                   RandomStream& stream)
{
    struct Stratum {
        double low;
        double high;
        double share;
    };
    constexpr std::array<Stratum, 3> strata = {
        {{kHighMass, 2.0, 0.6}, {kMediumMass, kHighMass, 0.3}, {0.0, kMediumMass, 0.1}}};
    Estimate estimate = blank(row);
    for (const auto& [low, high, share] : strata) {
        std::vector<double> inside(row.probabilities.begin(), row.probabilities.end());
        for (double& p : inside)
            p = p >= low && p < high ? p : 0.0;
        const auto members =
            static_cast<std::uint64_t>(std::ranges::count_if(inside, [](double p) { return p > 0.0; }));
        const auto draws = static_cast<std::uint64_t>(share * static_cast<double>(shots));
        if (draws == 0 || members < draws)
            continue;
        const auto counts = independentCounts(inside, draws, stream);
        for (std::size_t j = 0; j < counts.size(); ++j)
            estimate.weights[j] += counts[j] > 0 ? share / static_cast<double>(draws) : 0.0;
        estimate.shots += static_cast<double>(draws);
    }
    return estimate;
}

Estimate drawHybridAsPublished(const RowOutcomes& row, const ShotSettings&, std::uint64_t shots, RandomStream& stream)
{
    const std::span<const double> p = row.probabilities;
    const auto support = static_cast<std::size_t>(std::ranges::count_if(p, [](double x) { return x > 0.0; }));
    const auto top = largestOf(p, (support + 1) / 2);
    std::vector<double> tail(p.begin(), p.end());
    for (std::size_t j = 0; j < p.size(); ++j)
        if (top[j] != 0)
            tail[j] = 0.0;
    Estimate estimate{truncated(p, (support + 1) / 2), {}, {}, 0.0};
    if (std::ranges::all_of(tail, [](double x) { return x == 0.0; }))
        return estimate;
    const std::uint64_t draws = std::max<std::uint64_t>(shots / 4, 1);
    const auto counts = independentCounts(tail, draws, stream);
    for (std::size_t j = 0; j < p.size(); ++j)
        estimate.weights[j] = 0.5 * (estimate.weights[j] + static_cast<double>(counts[j]) / static_cast<double>(draws));
    estimate.shots = static_cast<double>(draws);
    return estimate;
}

Estimate drawNoisyAmplitudesAsPublished(const RowOutcomes& row, const ShotSettings& settings, std::uint64_t shots,
                                        RandomStream& stream)
{
    std::vector<double> mixed(row.probabilities.begin(), row.probabilities.end());
    const auto possible = static_cast<double>(std::ranges::count_if(mixed, [](double p) { return p > 0.0; }));
    double sum = 0.0;
    for (double& p : mixed) {
        const double amplitude =
            (1.0 - settings.amplitudeNoise) * std::sqrt(p) + settings.amplitudeNoise / std::max(possible, 1.0);
        p = p > 0.0 ? amplitude * amplitude : 0.0;
        sum += p;
    }
    for (double& p : mixed)
        p = sum > 0.0 ? p / sum : 0.0;
    RowOutcomes outcomes = row;
    outcomes.probabilities = mixed;
    Estimate estimate = drawNaive(outcomes, settings, shots, stream);
    return {std::move(estimate.weights), {}, {}, estimate.shots};
}

std::uint64_t adaptiveCountAsPublished(std::uint64_t shots, double meanNormalizedEntropy)
{
    const double count = std::floor(static_cast<double>(shots) * (0.5 + meanNormalizedEntropy));
    return static_cast<std::uint64_t>(std::clamp(count, 4.0, std::max(4.0, 2.0 * static_cast<double>(shots))));
}

Estimate drawAdaptiveAsPublished(const RowOutcomes& row, const ShotSettings& settings, std::uint64_t shots,
                                 RandomStream& stream)
{
    const std::span<const double> p = row.probabilities;
    const double normalized = p.size() > 1 ? entropyOf(p) / std::log(static_cast<double>(p.size())) : 0.0;
    std::uint64_t draws = shots;
    if (normalized > 0.8)
        draws = std::clamp<std::uint64_t>(2 * shots, 1, std::max<std::size_t>(p.size() / 2, 1));
    Estimate estimate = normalized < 0.3 ? Estimate{truncated(p, std::max<std::size_t>(shots / 2, 4)), {}, {}, 0.0}
                                         : drawNaive(row, settings, draws, stream);
    estimate.variances.clear();
    estimate.parts.clear();
    return estimate;
}

}  // namespace ketscope
