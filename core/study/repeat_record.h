// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <optional>

namespace ketscope {

// A candidate whose weights are a mean over repeats (core/attention/averaged_draws.h) may be run with its first 2, 4, 8, …
// repeats before all of them. Every such stage is a trace of its own, of a plan with so many repeats: Comparison::study and
// plans have that plan, never one with repeats that did not run.

// What remains of a stage.
struct RepeatStage {
    std::uint64_t repeats = 0;
    std::vector<TensorPointer>
        maximumError;  // of each stack (L, H): the largest SE of a head's weights, NaN = not known
};

// What is known of one trace's repeats.
struct TraceRepeats {
    std::shared_ptr<const Trace> trace;    // that it is of, whatever its place
    std::optional<Plan> asked = {};        // the plan with all repeats that the trace is a stage of; none = it is whole
    std::vector<RepeatStage> stages = {};  // that ran, in their order; the last one is the trace itself
    // Outputs, without stacks, of passes that left out one group of draws each, see output_errors.h; empty = not known.
    std::vector<std::shared_ptr<const Trace>> leftOut = {};
    std::string noErrors = {};  // why they are not known though they were wanted
};

struct RepeatRecord {
    std::vector<TraceRepeats> traces;
};

// Null where nothing is known.
const TraceRepeats* repeatsOf(const Comparison& comparison, std::size_t trace);
std::shared_ptr<const RepeatRecord> withRepeatsOf(const RepeatRecord* record, const TraceRepeats& repeats);
// What the record has of the comparison's traces, which are whole; null = nothing.
std::shared_ptr<const RepeatRecord> finishedRepeats(const Comparison& comparison);

// How many repeats a trace is the mean of, and how many it is to be of.
struct RepeatProgress {
    std::uint64_t done = 1;
    std::uint64_t asked = 1;

    bool isStage() const { return done < asked; }
};
// Of a trace of the comparison's candidate of that place, which may be the one that was asked for.
RepeatProgress repeatProgress(const Comparison& comparison, std::size_t trace);
// "8 of 32 repeats" of a stage; empty for whole traces.
std::string stageText(const Comparison& comparison, std::size_t trace);
// The first trace that is a stage; 0 = none.
std::size_t stagedTrace(const Comparison& comparison);
// The study with all the repeats that were asked for.
Study askedStudy(const Comparison& comparison);

// The most repeats of any entry; 1 where there are none.
std::uint64_t mostDraws(const Plan& plan);
// The fewest of those entries that leave something to chance; 0 where none does.
std::uint64_t leastDraws(const Plan& plan);
// The plan with `repeats` of them at most.
Plan withRepeats(Plan plan, std::uint64_t repeats);
RepeatStage stageOf(const Trace& trace, std::uint64_t repeats);

}  // namespace ketscope
