// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace ketscope {

inline constexpr std::int32_t kNoPiece = -1;

// A run of a word's atoms (characters or bytes) that has become one piece, or is not one (kNoPiece).
struct MergeSymbol {
    std::int32_t id = kNoPiece;
    std::uint32_t first = 0;  // atom
    std::uint32_t atoms = 1;  // 0 once it is part of the symbol before it
    std::int32_t previous = -1;
    std::int32_t next = -1;
};

struct MergeResult {
    std::uint32_t rank = 0;
    std::int32_t id = 0;
};

// Which neighbours may become one piece, and how soon: lower ranks first, the leftmost of equal ones.
class MergeRule {
public:
    virtual ~MergeRule() = default;
    virtual std::optional<MergeResult> find(const MergeSymbol& left, const MergeSymbol& right) const = 0;
};

// Links one symbol for each id, in order.
std::vector<MergeSymbol> makeSymbols(const std::vector<std::int32_t>& ids);

// Merges the pair of lowest rank until none is left (Sennrich et al. 2016): O(n log n), because a queue replaces the
// search. Every merge leaves one symbol fewer, so it ends whatever the rule says. The symbols that remain are those that
// a walk along `next` from the first one meets.
void mergePairs(std::vector<MergeSymbol>& symbols, const MergeRule& rule);

}  // namespace ketscope
