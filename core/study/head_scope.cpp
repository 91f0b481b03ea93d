// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/head_scope.h"

#include "core/study/comparison.h"
#include "core/study/head_statistics.h"
#include "core/study/token_axis.h"

#include <algorithm>

namespace ketscope {

namespace {

bool isSpecial(const Comparison& comparison, TokenAxis axis, std::size_t index)
{
    const Token* token = axisToken(comparison.input, axis, index);
    return token != nullptr && token->special;
}

// Marks that leave nothing out are none.
std::vector<std::uint8_t> orNone(std::vector<std::uint8_t> marks)
{
    return std::ranges::find(marks, 0) == marks.end() ? std::vector<std::uint8_t>() : marks;
}

// Queries and keys of a stack whose maps are kept; 0 of one without any.
std::pair<std::size_t, std::size_t> sidesOf(const Comparison& comparison, std::size_t stack)
{
    for (const TensorPointer& layer : comparison.traces.at(0)->stacks.at(stack).attention)
        if (layer)
            return {layer->shape().at(1), layer->shape().at(2)};
    return {0, 0};
}

}  // namespace

HeadScope headScope(const Comparison& comparison, std::size_t stack, const ScopeView& view)
{
    const StackInfo& info = comparison.model.stacks.at(stack);
    const auto [queries, keys] = sidesOf(comparison, stack);
    const Selection& at = comparison.study.selection;
    HeadScope scope;
    scope.queries = view.padding ? std::vector<std::uint8_t>() : maskOf(comparison, stack)->queries;
    if (view.queries != ScopeView::Queries::All && scope.queries.empty())
        scope.queries.assign(queries, 1);
    if (view.queries == ScopeView::Queries::WithoutSpecial)
        for (std::size_t query = 0; query < queries; ++query)
            if (isSpecial(comparison, info.queries, query))
                scope.queries[query] = 0;
    if (view.queries == ScopeView::Queries::Selected && stack == at.stack)
        for (std::size_t query = 0; query < queries; ++query)
            scope.queries[query] = query == at.query ? 1 : 0;
    scope.queries = orNone(std::move(scope.queries));
    if (!view.specialKeys) {
        for (std::size_t key = 0; key < keys; ++key)
            scope.keys.push_back(isSpecial(comparison, info.keys, key) ? 0 : 1);
        scope.keys = orNone(std::move(scope.keys));
    }
    scope.signedDistance = view.signedDistance && info.queries == info.keys;
    return scope;
}

std::vector<std::string> describeScope(const Comparison& comparison, std::size_t stack, const ScopeView& view,
                                       bool distances)
{
    const HeadScope plain = headScope(comparison, stack, {}), scope = headScope(comparison, stack, view);
    std::vector<std::string> parts;
    if (view.queries == ScopeView::Queries::Selected && stack == comparison.study.selection.stack)
        parts.push_back("query " + std::to_string(comparison.study.selection.query) + " alone");
    else if (scope.queries != plain.queries && view.queries == ScopeView::Queries::WithoutSpecial)
        parts.emplace_back("queries without special tokens");
    if (!scope.keys.empty())
        parts.emplace_back("keys without special tokens, rows scaled to 1");
    if (view.padding && !plain.queries.empty() && view.queries != ScopeView::Queries::Selected)
        parts.emplace_back("padding counts");
    if (distances && scope.signedDistance)
        parts.emplace_back("signed distance j − i");
    return parts;
}

ScopedMap::ScopedMap(MatrixView map, const StackMask& mask, const HeadScope& scope)
    : m_rows(scope.queries), m_map(map), m_mask(mask.mask)
{
    if (scope.keys.empty())
        return;
    m_keys = scope.keys;
    for (std::size_t key = 0; key < m_keys.size() && !mask.keys.empty(); ++key)
        m_keys[key] &= mask.keys[key];
    m_mask.keyAllowed = m_keys;
    if (m_rows.empty())
        m_rows.assign(map.rows, 1);
    m_values.assign(map.rows * map.columns, 0.0F);
    for (std::size_t row = 0; row < map.rows; ++row) {
        double sum = 0.0;
        for (std::size_t key = 0; key < map.columns; ++key)
            sum += m_keys[key] != 0 ? static_cast<double>(map(row, key)) : 0.0;
        if (!(sum > 0.0)) {
            m_rows[row] = 0;
            continue;
        }
        for (std::size_t key = 0; key < map.columns; ++key)
            if (m_keys[key] != 0)
                m_values[row * map.columns + key] = static_cast<float>(static_cast<double>(map(row, key)) / sum);
    }
    m_map = MatrixView{m_values.data(), map.rows, map.columns};
}

}  // namespace ketscope
