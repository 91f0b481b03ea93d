// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/hidden_similarity.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ketscope {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

VectorSimilarity meanOver(const std::vector<VectorSimilarity>& tokens, std::span<const std::uint8_t> counted)
{
    VectorSimilarity mean;
    double count = 0.0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (!counted.empty() && counted[i] == 0)
            continue;
        mean.cosine += tokens[i].cosine;
        mean.relativeError += tokens[i].relativeError;
        count += 1.0;
    }
    return count > 0.0 ? VectorSimilarity{mean.cosine / count, mean.relativeError / count}
                       : VectorSimilarity{kNone, kNone};
}

std::vector<std::uint8_t> countedTokens(const Comparison& comparison, std::size_t stack, std::size_t tokens)
{
    return axisMask(comparison.input.model, comparison.model.stacks.at(stack).queries, tokens);
}

}  // namespace

std::optional<std::size_t> hiddenStack(const Comparison& comparison, std::size_t stack)
{
    const auto keepsHidden = [&](std::size_t candidate) {
        return std::ranges::none_of(comparison.traces,
                                    [&](const auto& trace) { return trace->stacks.at(candidate).hidden.empty(); });
    };
    if (keepsHidden(stack))
        return stack;
    const auto& stacks = comparison.model.stacks;
    for (std::size_t other = 0; other < stacks.size(); ++other)
        if (stacks[other].queries == stacks[stack].queries && stacks[other].layers == stacks[stack].layers
            && keepsHidden(other))
            return other;
    return std::nullopt;
}

VectorSimilarity similarity(std::span<const float> a, std::span<const float> b)
{
    if (a.empty() || a.size() != b.size())
        return {kNone, kNone};
    double aa = 0.0, bb = 0.0, ab = 0.0, apart = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double x = a[i], y = b[i];
        aa += x * x;
        bb += y * y;
        ab += x * y;
        apart += (y - x) * (y - x);
    }
    // 0/0 = NaN: a zero vector has no direction.
    return {ab / std::sqrt(aa * bb), aa > 0.0 ? std::sqrt(apart / aa) : kNone};
}

std::vector<VectorSimilarity> hiddenByToken(const Comparison& comparison, std::size_t trace, std::size_t stack,
                                            std::size_t hidden)
{
    const auto& a = comparison.traces.at(0)->stacks.at(stack).hidden;
    const auto& b = comparison.traces.at(trace)->stacks.at(stack).hidden;
    std::vector<VectorSimilarity> tokens;
    if (hidden >= a.size() || hidden >= b.size() || !a[hidden] || !b[hidden]
        || a[hidden]->shape() != b[hidden]->shape())
        return tokens;
    const MatrixView before = a[hidden]->matrix(), after = b[hidden]->matrix();
    const std::vector<std::uint8_t> counted = countedTokens(comparison, stack, before.rows);
    for (std::size_t row = 0; row < before.rows; ++row)
        tokens.push_back(counted.empty() || counted[row] != 0 ? similarity(before.row(row), after.row(row))
                                                              : VectorSimilarity{kNone, kNone});
    return tokens;
}

std::vector<VectorSimilarity> hiddenByLayer(const Comparison& comparison, std::size_t trace, std::size_t stack)
{
    std::vector<VectorSimilarity> layers;
    for (std::size_t hidden = 0; hidden < comparison.traces.at(0)->stacks.at(stack).hidden.size(); ++hidden) {
        const std::vector<VectorSimilarity> tokens = hiddenByToken(comparison, trace, stack, hidden);
        layers.push_back(meanOver(tokens, countedTokens(comparison, stack, tokens.size())));
    }
    return layers;
}

std::vector<PooledSimilarity> pooledSimilarities(const Comparison& comparison)
{
    std::vector<PooledSimilarity> all;
    for (const char* name : {"pooled", "text_embeds", "image_embeds"}) {
        PooledSimilarity found{name, {}};
        const auto& baseline = comparison.traces.at(0)->outputs;
        const auto a = baseline.find(name);
        for (const auto& trace : comparison.traces) {
            const auto b = trace->outputs.find(name);
            if (a != baseline.end() && b != trace->outputs.end())
                found.traces.push_back(similarity(a->second->values(), b->second->values()));
        }
        if (found.traces.size() == comparison.traces.size())
            all.push_back(std::move(found));
    }
    return all;
}

}  // namespace ketscope
