// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/pair_merging.h"

#include <queue>

namespace ketscope {

namespace {

struct Candidate {
    MergeResult result;
    std::int32_t left = 0;
    std::int32_t right = 0;
    std::uint32_t atoms = 0;  // of both, when they were proposed
    // The queue gives the greatest first: lowest rank, then leftmost.
    bool operator<(const Candidate& other) const
    {
        return result.rank != other.result.rank ? result.rank > other.result.rank : left > other.left;
    }
};

class Merging {
public:
    Merging(std::vector<MergeSymbol>& symbols, const MergeRule& rule) : m_symbols(symbols), m_rule(rule) {}

    void run()
    {
        for (std::size_t i = 0; i + 1 < m_symbols.size(); ++i)
            propose(static_cast<std::int32_t>(i));
        while (!m_queue.empty()) {
            const Candidate best = m_queue.top();
            m_queue.pop();
            if (isCurrent(best))
                join(best);
        }
    }

private:
    MergeSymbol& at(std::int32_t index) { return m_symbols[static_cast<std::size_t>(index)]; }

    void propose(std::int32_t left)
    {
        if (left < 0 || at(left).next < 0)
            return;
        const std::int32_t right = at(left).next;
        if (const auto result = m_rule.find(at(left), at(right)))
            m_queue.push({*result, left, right, at(left).atoms + at(right).atoms});
    }

    // False when one of the two has grown or gone since they were proposed.
    bool isCurrent(const Candidate& candidate)
    {
        const MergeSymbol& left = at(candidate.left);
        return left.atoms > 0 && left.next == candidate.right
               && left.atoms + at(candidate.right).atoms == candidate.atoms;
    }

    void join(const Candidate& candidate)
    {
        MergeSymbol& left = at(candidate.left);
        MergeSymbol& right = at(candidate.right);
        left.id = candidate.result.id;
        left.atoms += right.atoms;
        left.next = right.next;
        right.atoms = 0;
        if (left.next >= 0)
            at(left.next).previous = candidate.left;
        propose(left.previous);
        propose(candidate.left);
    }

    std::vector<MergeSymbol>& m_symbols;
    const MergeRule& m_rule;
    std::priority_queue<Candidate> m_queue;
};

}  // namespace

std::vector<MergeSymbol> makeSymbols(const std::vector<std::int32_t>& ids)
{
    std::vector<MergeSymbol> symbols;
    symbols.reserve(ids.size());
    const auto count = static_cast<std::int32_t>(ids.size());
    for (std::int32_t i = 0; i < count; ++i)
        symbols.push_back(
            {ids[static_cast<std::size_t>(i)], static_cast<std::uint32_t>(i), 1, i - 1, i + 1 < count ? i + 1 : -1});
    return symbols;
}

void mergePairs(std::vector<MergeSymbol>& symbols, const MergeRule& rule) { Merging(symbols, rule).run(); }

}  // namespace ketscope
