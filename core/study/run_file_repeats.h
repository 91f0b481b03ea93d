// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/hdf5.h"
#include "core/study/repeat_record.h"

namespace ketscope {

// What a run file has of a candidate with repeats, beside its arrays in /traces/<tag>; other programs may leave it out:
//   plan_asked                             attribute, JSON: the plan of which this trace is a stage
//   repeats/stages (S)                     repeats of each stage that ran
//   repeats/<stack>/maximum_standard_error (S, L, H): the largest standard error of each head
//   outputs_left_out/<name> (G, …)         outputs without each group of draws, see output_errors.h
//   outputs_standard_error/<name> (…)      one standard error of each output, of the same passes
void writeRepeats(Hdf5File& file, const std::string& path, const Comparison& comparison, std::size_t trace);

// The same of a trace whose arrays are read and whose plan is `plan`; none where the file has nothing of it. Throws Error
// (Input) where it does not fit them.
std::optional<TraceRepeats> readRepeats(const Hdf5File& file, const std::string& fileName, const std::string& path,
                                        const std::shared_ptr<const Trace>& trace, const Plan& plan);

}  // namespace ketscope
