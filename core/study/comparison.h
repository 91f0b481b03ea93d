// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/model.h"
#include "core/models/trace.h"
#include "core/study/alignment_memo.h"
#include "core/study/head_statistics.h"
#include "core/study/study.h"

#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace ketscope {

// A model with its tokenizer, open and ready to run.
struct LoadedModel {
    std::unique_ptr<Model> model;
    std::unique_ptr<Tokenizer> tokenizer;  // null when the folder has none
    std::string weightsSha256;             // of the weight files' bytes in order of file name, hex
    // What the last axis of "logits" counts: class labels, or the readable pieces of the vocabulary. May be null.
    std::shared_ptr<const std::vector<std::string>> outputLabels;
};

// Opens a model folder: headers, tokenizer, weights. Throws Error.
std::shared_ptr<const LoadedModel> loadModel(const std::filesystem::path& folder, Monitor& monitor);

// "RFF kernel" and "m 128 · σ 1".
struct TraceTitle {
    std::string title;
    std::string detail;
};

struct SelectedHead;
class HeadMemo;
// selected_head.h
std::shared_ptr<HeadMemo> newHeadMemo();
struct Sweep;
struct RepeatRecord;  // repeat_record.h

// Immutable results of a study: trace 0 is A (exact softmax), 1 is B, 2 is C, …
struct Comparison {
    Study study;
    ModelInfo model;
    std::string weightsSha256;
    EncodedInput input;
    std::vector<std::shared_ptr<const Trace>> traces;
    std::vector<std::shared_ptr<const HeadPlan>> plans;  // one for each trace; null = not known
    std::vector<TraceTitle> recordedTitles;  // one for each trace of a file that another program wrote; else empty
    std::shared_ptr<const std::vector<std::string>> outputLabels;  // as LoadedModel::outputLabels
    std::shared_ptr<const Sweep>
        sweep;  // the last one, perhaps of an earlier input (see sweepIsCurrent); null before any
    // Shared by copies and by the runs that follow: most of their traces are the same.
    std::shared_ptr<StatisticsMemo> statistics = std::make_shared<StatisticsMemo>();
    std::shared_ptr<AlignmentMemo> alignments = std::make_shared<AlignmentMemo>();
    // The model that can run again, for figures that need queries and keys, which no trace keeps. Null = it is not here.
    std::shared_ptr<const LoadedModel> loaded = {};
    std::shared_ptr<HeadMemo> heads = newHeadMemo();  // what was recorded, shared as `statistics` is
    std::shared_ptr<const SelectedHead> selectedHead =
        {};  // of study.selection, see selected_head.h; null = not recorded
    // What is known of the repeats of its traces beyond the traces themselves; null = nothing.
    std::shared_ptr<const RepeatRecord> repeats = {};
};

using ComparisonPointer = std::shared_ptr<const Comparison>;

// Runs what is not already in `previous`: the baseline is reused when model and input are the same, layers before a
// candidate's first patched one come from the baseline, and a candidate whose plan and seed did not change is kept.
// `threads` 0 = one per core. Throws Error, before anything is computed when it does not fit into memory; nothing partial
// is returned.
ComparisonPointer runStudy(const Study& study, const LoadedModel& model, const ComparisonPointer& previous, int threads,
                           Monitor& monitor);

// The traces of `like` on another input: same model, plans and kept layers. Throws as runStudy(), and Error (Input)
// where a plan is not known.
ComparisonPointer runAgain(const Comparison& like, EncodedInput input, const LoadedModel& model, int threads,
                           Monitor& monitor);

// `selection` moved inside the stacks, layers, heads and tokens that the comparison has, and to a layer whose maps it has.
Selection clamped(Selection selection, const Comparison& comparison);

// Whether a trace's head may differ from A's: its plan patches the head, or the plan is not known, as with attention captured
// elsewhere.
bool mayDiffer(const Comparison& comparison, std::size_t trace, std::size_t stack, std::size_t layer, std::size_t head);
bool planIsKnown(const Comparison& comparison, std::size_t trace);

// "A", "B", "C", …
std::string traceTag(std::size_t index);
// Exact softmax for the baseline, else the mechanism of the plan with its parameters, or how many it mixes.
TraceTitle traceTitle(const Comparison& comparison, std::size_t trace);

// One row of the outputs, for every trace: class probabilities, or the next or masked tokens. `probability[t]` belongs to
// trace t; rows are ordered by the baseline's probability.
struct OutputRow {
    std::string label;
    std::vector<double> probability;
    std::vector<std::size_t> rank = {};  // 1 = the trace's most probable answer; equal ones in the order of the model's
    std::vector<double> error = {};      // one standard error of each probability, see output_errors.h; NaN = not known
};
struct OutputTable {
    std::string title;  // "class", "next token", "[MASK] at 4"; empty when the model has no output
    std::vector<OutputRow> rows;
    std::size_t known = 0;  // answers that there are, with those that have no row
    bool exclusive = true;  // whether all answers together have probability 1
    std::vector<double> rest =
        {};  // probability of the answers without a row, one for each trace; 0 when not exclusive
    std::vector<double> restError = {};  // as OutputRow::error
};
// Whether the model answers something and the run kept it.
bool hasAnswers(const Comparison& comparison);
// The baseline's first `maximumRows` answers, and the first answer of every other trace.
OutputTable outputTable(const Comparison& comparison, std::size_t maximumRows = 5);

// One standard error of each number of an OutputChange, see output_errors.h; NaN = not known.
struct OutputChangeErrors {
    double kl = std::numeric_limits<double>::quiet_NaN();
    double jensenShannon = std::numeric_limits<double>::quiet_NaN();
    double totalVariation = std::numeric_limits<double>::quiet_NaN();
    double topOfA = std::numeric_limits<double>::quiet_NaN();
    double margin = std::numeric_limits<double>::quiet_NaN();
};

// A candidate's answers against A's. KL(A‖B) and JS in nats, total variation ½Σ|p − q|; NaN where the answers are no
// distribution. The margin is the most probable answer's probability less the second's.
struct OutputChange {
    double kl = 0.0;
    double jensenShannon = 0.0;
    double totalVariation = 0.0;
    std::string top;  // the candidate's first answer
    bool topChanged = false;
    double topOfA = 0.0;  // probability that the candidate gives A's first answer
    double margin = 0.0;
    OutputChangeErrors error = {};
};
// One for each trace, A against itself first; empty when the model has no output.
std::vector<OutputChange> outputChanges(const Comparison& comparison);

// A number that the model gives for image and text and that is no probability: a matching score, a cosine. One value for
// each trace.
struct OutputScore {
    std::string title;
    std::vector<double> values;
    std::vector<double> errors = {};  // as OutputRow::error
};
std::vector<OutputScore> outputScores(const Comparison& comparison);

}  // namespace ketscope
