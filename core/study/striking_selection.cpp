// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/striking_selection.h"

#include "core/study/summary.h"
#include "core/study/token_axis.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace ketscope {

namespace {

MatrixView mapOf(const Comparison& comparison, std::size_t trace, const Selection& at)
{
    return comparison.traces.at(trace)->stacks.at(at.stack).attention.at(at.layer)->matrix({at.head});
}

// Not special, not punctuation.
bool isWord(const Token* token)
{
    if (token == nullptr || token->special)
        return false;
    const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0; };
    return std::ranges::any_of(token->piece, letter);
}

float columnMean(MatrixView map, std::size_t column)
{
    float sum = 0.0F;
    for (std::size_t row = 0; row < map.rows; ++row)
        sum += map(row, column);
    return sum / static_cast<float>(map.rows);
}

}  // namespace

Selection strikingSelection(const Comparison& comparison)
{
    Selection best = clamped(comparison.study.selection, comparison);
    float largest = -1.0F;
    Selection at;
    const std::size_t candidate = std::min<std::size_t>(1, comparison.traces.size() - 1);
    for (const HeadSummary& head : summarizeHeads(comparison, candidate)) {
        at.stack = head.stack;
        at.layer = head.layer;
        at.head = head.head;
        const MatrixView a = mapOf(comparison, 0, at);
        const MatrixView b = mapOf(comparison, candidate, at);
        const StackInfo& stack = comparison.model.stacks[head.stack];
        const auto word = [&](TokenAxis axis, std::size_t index) {
            return isWord(axisToken(comparison.input, axis, index));
        };
        for (at.key = 0; at.key < a.columns; ++at.key) {
            const float usual = columnMean(a, at.key);
            for (at.query = 0; at.query < a.rows; ++at.query) {
                const float weight = a(at.query, at.key);
                const float score = std::min(std::abs(weight - b(at.query, at.key)), weight - usual);
                if (!word(stack.queries, at.query) || !word(stack.keys, at.key) || !(score > largest))
                    continue;
                largest = score;
                best = at;
            }
        }
    }
    return best;
}

}  // namespace ketscope
