// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

namespace ketscope {

// Whether `study` differs from what `last` was run with in nothing but the plan of candidate `trace` (1, 2, …), so that
// its heads can be run one at a time: same model, input, seed, kept layers and other candidates, and the selected layer
// was kept.
bool canRunHeadAlone(const Comparison& last, const Study& study, std::size_t trace);

struct HeadAnew {
    ComparisonPointer comparison;
    // Whether another value of the same parameter takes as long: not where what the head is given was computed first and
    // is kept for that.
    bool typical = true;
};

// `last` as `study` has it, with the selected head of candidate `trace` run anew: its map, standard errors and
// diagnostics. What the head is given is kept with the run; only where the plan changes what comes before it are the layers
// before it computed. Everything after it, all other heads, hidden states and outputs are still those of `last`. For while
// a slider moves, canRunHeadAlone() given. Throws as runStudy().
HeadAnew withHeadAnew(const ComparisonPointer& last, const Study& study, std::size_t trace, const LoadedModel& model,
                      int threads, Monitor& monitor);

}  // namespace ketscope
