// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/interval.h"
#include "core/train/evaluation.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ketscope {

// One model of a training study.
struct StudyRun {
    std::string variant;
    std::string title;
    std::uint64_t seed = 0;
    bool asPublished = false;    // some head reproduces published code, faults included
    bool seesFuture = false;     // some head of a causal stack lets later tokens in
    std::size_t parameters = 0;  // trained numbers
    std::vector<Figures> figures;
};

// How long a step of a variant takes, as it is trained or with something else changed; all taken one after the other.
struct StudyStepTime {
    std::string variant;
    std::string id;         // "gates"
    std::string title;      // "gate by gate"
    std::size_t steps = 0;  // measured
    double seconds = 0.0;   // their median, wall time
};

// A measured property of a variant's models, with its 95 % interval.
struct StudyFigure {
    std::string variant;  // empty: of the model that training starts from, with exact attention
    std::string stage;    // "unpatched", "patched": before training, "trained"
    std::string id;       // "accuracy", "accuracy_difference"
    std::string title;
    std::string unit;
    std::string scope;
    Interval value;
};

// What comes out of a series of recipes: comparison.json.
struct StudyResults {
    std::string id;  // of the series: "qisa-study"
    std::string title;
    std::string objective;
    std::size_t steps = 0;
    std::size_t batch = 0;
    std::vector<std::string> data;  // files that were trained on; empty: generated
    std::string baseline;           // the variant that others are compared with
    bool complete = false;          // every variant with every seed is there
    std::vector<StudyRun> runs;     // in the order of the recipe
    std::vector<StudyStepTime> times;
    std::vector<StudyFigure> figures;
};

Json toJson(const StudyResults& results);
// Throws Error (Input) naming the field that is missing or wrong.
StudyResults studyResultsFromJson(const Json& json, const std::string& where);

// A variant's runs, in the order of their seeds in the recipe.
std::vector<const StudyRun*> runsOf(const StudyResults& results, const std::string& variant);
// The ids of the variants that have a run, in order.
std::vector<std::string> variantsOf(const StudyResults& results);
// Mean and interval over a variant's seeds of a number of its set `set`; of one seed no interval, all NaN without a run.
Interval overSeeds(const StudyResults& results, const std::string& variant, double Figures::*value,
                   std::size_t set = 0);
// The same of its difference from the baseline with the same seed.
Interval lessBaseline(const StudyResults& results, const std::string& variant, double Figures::*value,
                      std::size_t set = 0);
// A figure of a variant; null where there is none.
const StudyFigure* figureOf(const StudyResults& results, const std::string& variant, const std::string& stage,
                            const std::string& id);

// A line for each run: variant, title, seed, as published, sees the future, parameters, steps, loss (nats),
// accuracy and F1 of each set, loss of the first set less the baseline's, and the times of a step.
std::string comparisonCsv(const StudyResults& results);
// A line for each position of a block, a column for each run: loss in nats on the first set. Empty where there is none.
std::string positionsCsv(const StudyResults& results);
// A line for each figure: variant, stage, figure, title, unit, scope, mean, low, high.
std::string figuresCsv(const StudyResults& results);

// "800 steps of 32, seed 0, tinyshakespeare.txt": how a variant was trained.
std::string trainingScope(const StudyResults& results, const std::string& variant);

}  // namespace ketscope
