// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/scope_view.h"

#include "core/attention/mask.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ketscope {

struct Comparison;
struct StackMask;

// The same for the tokens of one stack: equal where it makes no difference there.
struct HeadScope {
    std::vector<std::uint8_t> queries;  // (n): 0 = does not count; empty = all
    std::vector<std::uint8_t> keys;     // (m): 0 = left out; empty = none is
    bool signedDistance = false;

    auto operator<=>(const HeadScope&) const = default;
};

// A selected query is that of the study's selection, where the stack is the selected one.
HeadScope headScope(const Comparison& comparison, std::size_t stack, const ScopeView& view);

// What of `view` changes numbers of that stack, as parts of a sentence: "queries without special tokens". `distances`:
// whether they are distances too.
std::vector<std::string> describeScope(const Comparison& comparison, std::size_t stack, const ScopeView& view,
                                       bool distances);

// A head's map inside a scope: keys that are left out are 0 and not allowed, every row is divided by the sum of the others,
// and rows that give these nothing do not count. Looks into what it is made of.
class ScopedMap {
public:
    ScopedMap(MatrixView map, const StackMask& mask, const HeadScope& scope);
    ScopedMap(const ScopedMap&) = delete;
    ScopedMap& operator=(const ScopedMap&) = delete;

    MatrixView map() const { return m_map; }
    const AttentionMask& mask() const { return m_mask; }
    std::span<const std::uint8_t> rows() const { return m_rows; }

private:
    std::vector<float> m_values;
    std::vector<std::uint8_t> m_keys;
    std::vector<std::uint8_t> m_rows;
    MatrixView m_map;
    AttentionMask m_mask;
};

}  // namespace ketscope
