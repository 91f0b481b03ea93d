// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/measures.h"
#include "core/study/alignment_stacks.h"
#include "core/study/token_axis.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ketscope {

namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kLargest = 5;

// The selected stack's axes, in the order in which the direction asks for them: where words are, where patches are.
struct Axes {
    TokenAxis words;
    TokenAxis patches;
    std::size_t Selection::*word;
    std::size_t Selection::*patch;
};

Axes axesOf(const StackInfo& stack, bool fromPatches)
{
    if (fromPatches)
        return {stack.keys, stack.queries, &Selection::key, &Selection::query};
    return {stack.queries, stack.keys, &Selection::query, &Selection::key};
}

std::optional<std::size_t> wordAt(const Comparison& comparison, TokenAxis axis, std::size_t index)
{
    return axis != TokenAxis::Image && index < comparison.input.tokens.size() ? std::optional(index) : std::nullopt;
}

std::optional<std::size_t> selectedWord(const Comparison& comparison, bool fromPatches)
{
    const Selection& at = comparison.study.selection;
    const Axes axes = axesOf(comparison.model.stacks.at(at.stack), fromPatches);
    const auto first = wordAt(comparison, axes.words, at.*axes.word);
    return first ? first : wordAt(comparison, axes.patches, at.*axes.patch);
}

std::optional<std::size_t> selectedPatch(const Comparison& comparison, bool fromPatches)
{
    const Selection& at = comparison.study.selection;
    const Axes axes = axesOf(comparison.model.stacks.at(at.stack), fromPatches);
    const auto first = axisPatch(comparison.input, axes.patches, at.*axes.patch);
    return first ? first : axisPatch(comparison.input, axes.words, at.*axes.word);
}

std::size_t firstWord(const Comparison& comparison)
{
    const auto& tokens = comparison.input.tokens;
    const auto found =
        std::ranges::find_if(tokens, [](const Token& token) { return !token.special && !token.padding; });
    return found == tokens.end() ? 0 : static_cast<std::size_t>(found - tokens.begin());
}

std::vector<std::size_t> focusTokens(const Comparison& comparison, const AlignmentSource& source)
{
    if (!source.perToken)
        return {0};
    std::vector<std::size_t> tokens = comparison.study.view.alignment.tokens;
    const auto& all = comparison.input.tokens;
    std::erase_if(tokens, [&](std::size_t token) { return token >= all.size() || all[token].padding; });
    const auto selected = selectedWord(comparison, source.fromPatches);
    if (tokens.empty() || (selected && tokens.front() != *selected))
        tokens = {selected.value_or(firstWord(comparison))};
    return tokens;
}

// Over the values that are there: their mean, or of links the largest.
double gathered(const std::vector<float>& values, bool sparse)
{
    double result = sparse ? kUndefined : 0.0;
    for (const float value : values) {
        if (!sparse)
            result += static_cast<double>(value) / static_cast<double>(values.size());
        else if (!std::isnan(value) && !(static_cast<double>(value) <= result))
            result = static_cast<double>(value);
    }
    return result;
}

}  // namespace

AlignmentFocus focusOf(const Comparison& comparison, const AlignmentSource& source)
{
    AlignmentFocus focus;
    focus.tokens = focusTokens(comparison, source);
    const PatchGrid grid = {comparison.input.patches->rows(), comparison.input.patches->columns()};
    PatchRegion region = comparison.study.view.alignment.region;
    region.row = std::min(region.row, grid.rows - 1);
    region.column = std::min(region.column, grid.columns - 1);
    region.rows = std::min(region.rows, grid.rows - region.row);
    region.columns = std::min(region.columns, grid.columns - region.column);
    const auto selected = selectedPatch(comparison, source.fromPatches);
    focus.patch = selected.value_or(region.row * grid.columns + region.column);
    const std::size_t row = focus.patch / grid.columns, column = focus.patch % grid.columns;
    focus.region = region.contains(row, column) ? region : PatchRegion{row, column, 1, 1};
    return focus;
}

Selection withToken(const Comparison& comparison, const AlignmentSource& source, Selection selection, std::size_t token)
{
    const auto& stacks = comparison.model.stacks;
    selection.stack = source.stack.value_or(selection.stack);
    const Axes axes = axesOf(stacks.at(selection.stack), source.fromPatches);
    if (!wordAt(comparison, axes.words, token))
        return comparison.study.selection;
    selection.*axes.word = token;
    return selection;
}

Selection withPatch(const Comparison& comparison, const AlignmentSource& source, Selection selection, std::size_t patch)
{
    const auto& stacks = comparison.model.stacks;
    selection.stack = source.stack.value_or(selection.stack);
    const Axes axes = axesOf(stacks.at(selection.stack), source.fromPatches);
    if (axes.patches == TokenAxis::Text)
        return comparison.study.selection;
    selection.*axes.patch = firstPatch(comparison, axes.patches) + patch;
    if (source.stack && !source.perToken)  // the class token looks
        selection.*axes.word = 0;
    return selection;
}

Pointed inSelectedStack(const Comparison& comparison, const AlignmentSource& source, Pointed pointed)
{
    const std::size_t stack = comparison.study.selection.stack;
    const StackInfo& info = comparison.model.stacks.at(stack);
    const bool sameStack = source.stack.value_or(stack) == stack;
    // The side of a word or patch: its own where the axes are different ones, the one that is asked for in a joint stack.
    const Axes axes = axesOf(info, source.fromPatches);
    const auto set = [&](std::size_t Selection::*side, std::size_t index) {
        (side == &Selection::query ? pointed.query : pointed.key) = index;
    };
    if (pointed.token && source.perToken && sameStack && wordAt(comparison, axes.words, *pointed.token))
        set(axes.word, *pointed.token);
    if (pointed.patch && sameStack && axes.patches != TokenAxis::Text)
        set(axes.patch, firstPatch(comparison, axes.patches) + *pointed.patch);
    return pointed;
}

std::vector<float> valuesOfTokens(const AlignmentMaps& maps, std::size_t trace, const AlignmentFocus& focus)
{
    const MatrixView values = maps.traces.at(trace)->values.matrix();
    std::vector<float> result;
    for (std::size_t patch = 0; patch < values.columns; ++patch) {
        std::vector<float> each;
        for (const std::size_t token : focus.tokens)
            each.push_back(values(token, patch));
        result.push_back(static_cast<float>(gathered(each, maps.source.method->sparse)));
    }
    return result;
}

std::vector<double> valuesOfRegion(const AlignmentMaps& maps, std::size_t trace, const AlignmentFocus& focus)
{
    const MatrixView values = maps.traces.at(trace)->values.matrix();
    const PatchRegion& region = focus.region;
    std::vector<double> result;
    for (std::size_t token = 0; token < values.rows; ++token) {
        std::vector<float> each;
        for (std::size_t row = region.row; row < region.row + region.rows; ++row)
            for (std::size_t column = region.column; column < region.column + region.columns; ++column)
                each.push_back(values(token, row * maps.grid.columns + column));
        result.push_back(gathered(each, maps.source.method->sparse));
    }
    return result;
}

AlignmentNumbers compareAlignment(const AlignmentMaps& maps, const AlignmentFocus& focus, std::size_t baseline,
                                  std::size_t trace)
{
    const std::vector<float> a = valuesOfTokens(maps, baseline, focus), b = valuesOfTokens(maps, trace, focus);
    const bool distribution = !maps.source.method->similarity;
    AlignmentNumbers numbers;
    numbers.kl = distribution ? klDivergence(a, b) : kUndefined;
    numbers.jensenShannon = distribution ? jensenShannon(a, b) : kUndefined;
    numbers.maximumDifference = maps.source.method->sparse ? kUndefined : maximumDifference(a, b);
    numbers.largestPatches = std::min(kLargest, a.size());
    numbers.sharedPatches = maps.source.method->sparse ? 0 : sharedLargest(a, b, kLargest);
    return numbers;
}

double alignmentDistance(const AlignmentSource& source, std::span<const float> a, std::span<const float> b)
{
    if (source.method->sparse)
        return kUndefined;
    return source.method->similarity ? maximumDifference(a, b) : jensenShannon(a, b);
}

}  // namespace ketscope
