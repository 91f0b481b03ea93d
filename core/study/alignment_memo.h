// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <mutex>

namespace ketscope {

struct Comparison;
struct AlignmentMaps;
struct SanityCheck;
struct Relevance;
struct TokenFlow;

// The maps that were made last, kept as long as what they are made of stays: every figure of a page asks for the same
// ones. May be asked from any thread.
class AlignmentMemo {
public:
    // As alignmentMaps().
    std::shared_ptr<const AlignmentMaps> of(const Comparison& comparison);

    // What runSanityCheck() gave last; null when that was for other traces or there was none.
    std::shared_ptr<const SanityCheck> sanity(const Comparison& comparison);
    void keep(std::shared_ptr<const SanityCheck> check);

    // What runRelevance() gave last, likewise.
    std::shared_ptr<const Relevance> relevance(const Comparison& comparison);
    void keep(std::shared_ptr<const Relevance> relevance);

    // The flow that was kept last, whatever it is of (token_flow.h); null before any.
    std::shared_ptr<const TokenFlow> flow();
    void keep(std::shared_ptr<const TokenFlow> flow);

private:
    std::mutex m_mutex;
    std::shared_ptr<const AlignmentMaps> m_last;
    std::shared_ptr<const SanityCheck> m_check;
    std::shared_ptr<const Relevance> m_relevance;
    std::shared_ptr<const TokenFlow> m_flow;
};

}  // namespace ketscope
