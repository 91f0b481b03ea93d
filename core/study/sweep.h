// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/interval.h"
#include "core/study/comparison.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

// One parameter and the values that it takes, as Parameters::setText reads them.
struct SweepAxis {
    std::string parameter;
    std::vector<std::string> values;

    bool operator==(const SweepAxis&) const = default;
};

// "shots=16,64,256". Throws Error (Input).
SweepAxis parseAxis(std::string_view text);

// What is measured in a sweep.
struct SweepMeasure {
    std::string id;     // "output_error": the name in files
    std::string title;  // "Relative error of the output"
    std::string unit;   // "nats"; empty for a plain number
};

// In the order of SweepRow::measures. Errors, entropies and cost are those of the patched heads, all of them together,
// each given what it is given in the exact model; queries that are padding do not count: weight_error ‖P̂ − P‖/‖P‖ ·
// weight_variation mean of ½‖p̂ − p‖₁ · weight_divergence mean of KL(p‖p̂) as klDivergence has it,
// weight_jensen_shannon mean of JS(p, p̂), both NaN for rows that are no distribution · weight_maximum the largest |p̂
// − p| · standard_error the largest that the mechanism gives for a weight, NaN where it gives none · output_error ‖Ĥ −
// H‖/‖H‖ · entropy and entropy_corrected, mean over queries (corrected where the mechanism itself corrects it for its
// shots) · flops · seconds, of one thread · shots. The last two are of the whole model: probability_of_top, of the
// exact model's first answer (class or token), and output_divergence KL(exact‖swept) of the distribution of answers;
// NaN for a model without answers.
const std::vector<SweepMeasure>& sweepMeasures();
// The place of a measure in that order. Throws Error (Input) listing the known ids.
std::size_t sweepMeasureIndex(std::string_view id);

// A mechanism on some heads of a model, with every combination of the axes' values, each with seeds `study.seed`,
// `study.seed` + 1, … (a combination that leaves nothing to chance: once).
struct SweepRequest {
    Study study;  // model, input, seed; its candidates are not looked at
    PlanEntry candidate;
    std::vector<SweepAxis> axes;
    std::size_t seeds = 10;
    bool wholeModel = true;  // false: what is measured of the whole model is left out (NaN), the rest is quicker
};

struct SweepRow {
    std::string label;                // "exact", "uniform", "zero" (no output at all), or "swept"
    std::vector<std::string> values;  // one for each axis; empty for the baselines
    std::size_t runs = 1;
    bool published = false;          // reproduces published code, faults included: not to be ranked
    std::vector<Interval> measures;  // NaN where there is none
};

struct Sweep {
    SweepRequest request;
    ModelInfo model;
    std::string weightsSha256;
    std::string question;        // "class", "next token"; empty when the model gives no answer
    std::string topAnswer;       // of the exact model
    std::vector<SweepRow> rows;  // the three baselines, then the combinations, the last axis fastest
    bool ofStages = false;       // rows are the stages of one run, see sweepOfStages; those still to come are not there
};

inline constexpr std::size_t kMaximumCombinations = 10000;
inline constexpr std::size_t kMaximumSeeds = 10000;

// The exact model's run is taken from `previous` where it is of the same model and input; null = it is run. Throws
// Error: Input for an unknown parameter, a value out of range, a parameter that has no meaning in any combination, too
// many combinations, or a plan that patches no head; Cancelled.
Sweep runSweep(const SweepRequest& request, const LoadedModel& model, int threads, Monitor& monitor,
               const ComparisonPointer& previous = nullptr);

// How the largest standard error of the selected head fell from stage to stage of a trace with repeats
// (repeat_record.h), as a sweep over "repeats" as far as those asked for, without other measures. Null where the trace ran
// in fewer than two stages and is whole, or nothing is known of the head's errors.
std::shared_ptr<const Sweep> sweepOfStages(const Comparison& comparison, std::size_t trace);

// `entry` on the selected head alone, whatever heads it is for.
PlanEntry onSelectedHead(PlanEntry entry, const Selection& selection, const ModelInfo& model);
// The numeric parameters that have a meaning with the others as they are, in the mechanism's order: the first is its
// main one.
std::vector<const Parameter*> numericParameters(const Parameters& parameters);
// How many repeats or shots bring a standard error of `now`, found with `count` of them, down to `target` > 0 where it
// falls as 1/√count: ⌈count (now/target)²⌉, at least 1.
double countForError(double count, double now, double target);

// Whether a sweep is of the model, input, seed and candidate that `study` has now; the parameters that were varied may
// differ.
bool sweepIsCurrent(const Sweep& sweep, const Study& study);

// Values to try for one parameter, in order, at most `most` (a choice: all of its own): powers of two around the
// present value for counts on a logarithmic scale, three a decade for real ones, else even steps over the whole range.
// The present value is always among them.
std::vector<std::string> automaticValues(const Parameters& parameters, const Parameter& parameter,
                                         std::size_t most = 8);

// The table as CSV (RFC 4180, one line for each row, columns measure_mean, measure_low, measure_high, empty = none), or
// as HDF5: /rows/{label,runs,published}, /axes/<parameter>, /request/<axis number> (the values asked for) and
// /measures/<id> (rows, 3) = mean, low, high, in single precision; by the suffix .csv or .h5. Written beside the target
// and renamed when complete. Throws Error (Failure).
void writeSweep(const Sweep& sweep, const std::filesystem::path& file);
// Reads such an .h5 back; of the model only title and path. A measure that the file does not have is NaN. Throws Error
// (Input) for anything that writeSweep cannot have written.
Sweep readSweep(const std::filesystem::path& file);
// Whether a file says that it is one; false for what cannot be opened.
bool isSweepFile(const std::filesystem::path& file);
// A sweep alone, as figures take it: a comparison without traces.
ComparisonPointer sweepComparison(std::shared_ptr<const Sweep> sweep);

}  // namespace ketscope
