// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/sanity_check.h"

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/models/heads.h"
#include "core/study/relevance.h"

#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

enum Purpose : std::uint16_t { kOrder = 1, kNoise = 2 };
constexpr std::uint32_t kMostTries = 64;

// Where each word goes; specials and padding stay. Empty when no order differs.
std::vector<std::size_t> otherOrder(const EncodedInput& input, std::uint64_t seed)
{
    std::vector<std::size_t> words;
    for (std::size_t token = 0; token < input.tokens.size(); ++token)
        if (!input.tokens[token].special && !input.tokens[token].padding)
            words.push_back(token);
    for (std::uint32_t attempt = 0; attempt < kMostTries; ++attempt) {
        RandomStream random({seed}, attempt, kOrder);
        std::vector<std::size_t> to = words;
        for (std::size_t i = to.size(); i > 1; --i)
            std::swap(to[i - 1], to[static_cast<std::size_t>(random.uniform() * static_cast<double>(i))]);
        bool differs = false;
        for (std::size_t i = 0; i < words.size(); ++i)
            differs = differs || input.tokens[words[i]].id != input.tokens[to[i]].id;
        if (!differs)
            continue;
        std::vector<std::size_t> places(input.tokens.size());
        std::iota(places.begin(), places.end(), std::size_t{0});
        for (std::size_t i = 0; i < words.size(); ++i)
            places[words[i]] = to[i];
        return places;
    }
    return {};
}

EncodedInput reordered(const EncodedInput& input, const std::vector<std::size_t>& places)
{
    EncodedInput other = input;
    for (std::size_t token = 0; token < places.size(); ++token) {
        other.tokens[places[token]] = input.tokens[token];
        other.model.tokenIds[places[token]] = input.model.tokenIds[token];
    }
    return other;
}

// Normal noise with the mean and deviation of each channel.
EncodedInput withNoise(const EncodedInput& input, std::uint64_t seed)
{
    const Tensor& pixels = *input.model.image.pixels;
    auto noise = std::make_shared<Tensor>(pixels.shape());
    const std::size_t channels = pixels.shape()[0], each = pixels.size() / channels;
    for (std::size_t channel = 0; channel < channels; ++channel) {
        double mean = 0.0, squares = 0.0;
        for (std::size_t i = 0; i < each; ++i) {
            const auto value = static_cast<double>(pixels.values()[channel * each + i]);
            mean += value / static_cast<double>(each);
            squares += value * value / static_cast<double>(each);
        }
        const double deviation = std::sqrt(std::max(0.0, squares - mean * mean));
        RandomStream random({seed}, static_cast<std::uint32_t>(channel), kNoise);
        for (std::size_t i = 0; i < each; ++i)
            noise->values()[channel * each + i] = static_cast<float>(mean + deviation * random.normal());
    }
    EncodedInput other = input;
    other.model.image.pixels = std::move(noise);
    other.picture = nullptr;
    return other;
}

}  // namespace

std::shared_ptr<const SanityCheck> runSanityCheck(const Comparison& comparison, const LoadedModel& model, int threads,
                                                  Monitor& monitor)
{
    auto check = std::make_shared<SanityCheck>();
    check->of = comparison.traces;
    std::vector<std::size_t> same(comparison.input.tokens.size());
    std::iota(same.begin(), same.end(), std::size_t{0});
    const std::vector<std::size_t> places = otherOrder(comparison.input, comparison.study.seed);
    const std::size_t runs = places.empty() ? 1 : 2;
    if (!places.empty())
        check->runs.push_back(
            {"shuffled caption",
             runAgain(comparison, reordered(comparison.input, places), model, threads, *partOf(monitor, 0, runs)),
             places});
    check->runs.push_back({"noise image",
                           runAgain(comparison, withNoise(comparison.input, comparison.study.seed), model, threads,
                                    *partOf(monitor, runs - 1, runs)),
                           same});
    for (const SanityRun& run : check->runs)
        if (comparison.alignments->relevance(comparison))
            run.comparison->alignments->keep(runRelevance(*run.comparison, model, threads, monitor));
    return check;
}

Comparison shownAs(const SanityRun& run, const Comparison& comparison)
{
    Comparison other = *run.comparison;
    other.study.view = comparison.study.view;
    other.study.selection = comparison.study.selection;
    other.loaded = comparison.loaded;
    return other;
}

std::optional<double> meanDistance(const SanityRun& run, const Comparison& comparison)
{
    const Comparison other = shownAs(run, comparison);
    if (!alignmentDelay(comparison).empty() || !alignmentDelay(other).empty())
        return std::nullopt;
    const auto maps = comparison.alignments->of(comparison), others = other.alignments->of(other);
    const MatrixView own = maps->traces.front()->values.matrix(), theirs = others->traces.front()->values.matrix();
    double sum = 0.0;
    std::size_t count = 0;
    for (std::size_t row = 0; row < own.rows; ++row)
        if (maps->rows.at(row) != 0) {
            sum += alignmentDistance(maps->source, own.row(row),
                                     theirs.row(maps->source.perToken ? run.tokenAt.at(row) : 0));
            ++count;
        }
    return sum / static_cast<double>(std::max<std::size_t>(count, 1));
}

std::shared_ptr<const SanityCheck> AlignmentMemo::sanity(const Comparison& comparison)
{
    const std::scoped_lock lock(m_mutex);
    return m_check && m_check->of == comparison.traces ? m_check : nullptr;
}

void AlignmentMemo::keep(std::shared_ptr<const SanityCheck> check)
{
    const std::scoped_lock lock(m_mutex);
    m_check = std::move(check);
}

}  // namespace ketscope
