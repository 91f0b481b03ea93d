// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

namespace ketscope {

// Two traces of a comparison: Δ and every measure between two is `candidate` against `baseline`.
struct ComparedPair {
    std::size_t baseline = 0;
    std::size_t candidate = 0;

    bool operator==(const ComparedPair&) const = default;
};

// The one whose plan is looked at: the candidate, unless that is A.
inline std::size_t patcherOf(const ComparedPair& pair) { return pair.candidate > 0 ? pair.candidate : pair.baseline; }

// What the study's view says, where the comparison has those traces; else the first ones that it has. Both are 0 when there
// is only A. Every figure and table asks here.
ComparedPair comparedPair(const Comparison& comparison);

// "B,C": C against B; "all": every trace without Δ. Replaces what `view` says of them. Throws Error (Input) naming `where` for
// letters that a comparison of this many traces has not.
void readComparedTraces(std::string_view text, std::size_t traces, const std::string& where, ComparisonView& view);

// The traces that figures show, in order: the compared pair, or all of them.
std::vector<std::size_t> shownTraces(const Comparison& comparison);

// Whether figures show the difference of the pair beside its traces.
bool showsDifference(const Comparison& comparison);

// Whether a head may differ between the two: one of their plans patches it, or is not known.
bool mayDiffer(const Comparison& comparison, const ComparedPair& pair, std::size_t stack, std::size_t layer,
               std::size_t head);
// Whether the plans of both are known.
bool plansAreKnown(const Comparison& comparison, const ComparedPair& pair);

}  // namespace ketscope
