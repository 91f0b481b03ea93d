// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/study_results.h"
#include "core/train/recipe_series.h"

namespace ketscope {

struct SeriesOptions {
    std::vector<std::string> variants = {};  // ids of those to train now; empty = all
    std::size_t stopAfter = 0;  // steps of this call, then a checkpoint and Error (Cancelled); 0 = no limit
};

// Trains every variant with every seed, each in a folder of its own inside `folder` as train() does, takes the times of
// steps, evaluates what the recipe wants evaluated and writes, after each run and at the end,
//   comparison.json  all results, with those of earlier calls
//   comparison.csv   comparisonCsv()
//   positions.csv    positionsCsv(), of language modelling
//   figures.csv      figuresCsv(), where models are evaluated
// A run that is complete is not run again, one that was stopped goes on. Throws Error as train(), and Input for a variant that
// the series has not or an evaluation that cannot be made.
StudyResults trainSeries(const RecipeSeries& series, const std::filesystem::path& folder, const SeriesOptions& options,
                         Monitor& monitor);

}  // namespace ketscope
