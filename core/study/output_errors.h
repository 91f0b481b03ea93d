// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <functional>
#include <span>

namespace ketscope {

// How well a candidate's outputs are known whose weights are a mean over R draws: the standard error of every number f that
// follows from its outputs, by the delete-a-group jackknife. The draws are parted into G = min(R, 10) groups; for each group
// the model runs with heads that average the draws of the other groups only, which gives f₁ … f_G, and
//     SE² = (G − 1)/G · Σ (f_g − f̄)².
// That is the error of the number that is shown, the output of the mean weights, not of a mean of outputs. For a linear f and
// groups of one draw it is the standard error of a mean, s/√R. Quenouille, "Notes on bias in estimation", Biometrika 43
// (1956); Tukey, Ann. Math. Stat. 29, 614 (1958); Efron, The Jackknife, the Bootstrap and Other Resampling Plans (1982).

//
// It takes the remaining draws for the same in every pass. Random features are. Shots of a layer after another patched one
// are not quite: their counts jump where that layer's weights moved a little, which adds to the spread of f_g. Where several
// layers that follow each other are known through shots the error errs on the large side, in SE² by G − 1 times at the very
// most; on the small sentiment sample with shots in all six layers 1.3 times with 256 shots, 2 to 3 times with 32.

inline constexpr std::uint64_t kMostGroups = 10;

// SE from f without each group; NaN for fewer than two.
double jackknifeError(std::span<const double> leftOut);

// G of a plan; 0 where something that is left to chance has a single draw, of whose error nothing is known, or nothing is.
std::uint64_t jackknifeGroups(const Plan& plan);

// Whether errors of a whole candidate's outputs can be known and were not looked for.
bool lacksOutputErrors(const Comparison& comparison);
// The comparison with what they need: the passes of TraceRepeats::leftOut for each of these candidates, resumed at its first
// patched layer. Where they do not fit into memory TraceRepeats::noErrors says so. The same for any number of threads, see
// runStudy. Throws Error (Cancelled).
ComparisonPointer withOutputErrors(const ComparisonPointer& comparison, const LoadedModel& model, int threads,
                                   Monitor& monitor);

bool hasOutputErrors(const Comparison& comparison, std::size_t trace);
// One SE for each trace of numbers that follow from outputs, one for each trace; NaN = not known.
std::vector<double> outputErrors(const Comparison& comparison,
                                 const std::function<std::vector<double>(const Comparison&)>& numbers);

}  // namespace ketscope
