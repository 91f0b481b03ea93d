// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <functional>

namespace ketscope {

inline constexpr double kLongRun = 0.5;  // seconds of a candidate, from which on it is run in stages

// As runStudy, whose result it gives bit for bit, but a candidate with more than three repeats that would take long, as its
// first two tell, is run with its first 2, 4, 8, … repeats before all of them, which takes at most twice the time. `finished`
// is told each such stage on the calling thread: the traces before it, the stage in place of the candidate
// (repeat_record.h), and those after it as far as they are known already. A candidate of which `previous` has a stage goes on
// after it.
ComparisonPointer runInStages(const Study& study, const LoadedModel& model, const ComparisonPointer& previous,
                              int threads, Monitor& monitor,
                              const std::function<void(const ComparisonPointer&)>& finished, double longRun = kLongRun);

}  // namespace ketscope
