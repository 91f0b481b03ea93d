// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/gradients.h"
#include "core/study/comparison.h"

namespace ketscope {

// Gradient × attention relevance of every trace, for what A answers.
struct Relevance {
    GradientTarget target;
    std::string answer;  // "“match”", "image–text score"
    // Of each trace and stack: of a stack whose tokens look at themselves, how much each counts for each (n, n); of
    // cross-attention, how much each key token counts for each query token (n, m).
    std::vector<std::vector<TensorPointer>> traces;
    std::vector<std::shared_ptr<const Trace>> of;
};

// Why there can be none, as one sentence; empty = runRelevance() can make it. Cheap enough for the GUI thread.
std::string relevanceObstacle(const Comparison& comparison);

// A pass forwards and backwards for each trace. All layers take part, except that of two towers only the last ones do,
// as published. Throws Error: Input with relevanceObstacle() or when it does not fit into memory; Cancelled.
std::shared_ptr<const Relevance> runRelevance(const Comparison& comparison, const LoadedModel& model, int threads,
                                              Monitor& monitor);

// Makes with comparison.loaded what alignmentDelay() says is missing and keeps it for the figures; nothing where
// nothing is.
void computeRelevance(const Comparison& comparison, int threads, Monitor& monitor);

}  // namespace ketscope
