// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/memory_archive.h"
#include "core/train/evaluation.h"
#include "core/train/recipe.h"

namespace ketscope {

// One step of a run, a line of its curve.
struct CurvePoint {
    std::size_t step = 0;  // from 1
    double rate = 0.0;
    double loss = 0.0;          // of its batch, before the step, nats per question
    double gradientNorm = 0.0;  // before clipping
    std::optional<Figures> validation = {};
};

struct TrainingResult {
    std::size_t parameters = 0;    // numbers that were trained
    double secondsPerStep = 0.0;   // of a call's steps, without validation; 0 when there were none
    std::vector<Figures> figures;  // of the model as it is saved, on whole sets
};

// What is about to be trained, as it is then: a recipe's model, or its pretraining before it.
struct TrainingStart {
    const Recipe& recipe;
    const std::filesystem::path& folder;  // of the run
    const Model& model;
    const TrainingData& data;
};

struct TrainingOptions {
    std::size_t stopAfter = 0;  // steps of this call, then a checkpoint and Error (Cancelled); 0 = no limit
    // Told of every step, and may look at the model as it was before it.
    std::function<void(const CurvePoint&, const Model&)> watch = {};
    // Told before the first step of this call; of a pretraining, and then of what follows it.
    std::function<void(const TrainingStart&)> begin = {};
};

// Inside the folder of a run: that of its pretraining.
inline constexpr const char* kPretrainingFolder = "pretraining";

// Runs a recipe in `folder`, which is made, or goes on with what it finds there from the same recipe: an interrupted run
// that is gone on with gives the same bits as one that was not. Leaves
//   recipe.json             the recipe
//   checkpoint.safetensors  weights and the optimiser's state, every so many steps and when the run is stopped
//   curve.csv               one line for each step, up to the last checkpoint
//   config.json, model.safetensors, tokenizer and processor files: the model, when all steps are done
//   positions.csv           of language modelling: the loss at each position of a block
//   result.json             the figures
//   pretraining/            where a recipe has one: its run, which comes first
// Every file appears whole or not at all. Throws Error: Input for a recipe or a folder that cannot be used, Failure when
// files cannot be written or the loss is no number, Cancelled after a checkpoint of the last whole step.
TrainingResult train(const Recipe& recipe, const std::filesystem::path& folder, const TrainingOptions& options,
                     Monitor& monitor);

// The result of a run of this recipe that is complete in `folder`; nothing where there is none. Throws Error (Input) where
// another recipe's run is in it or its files are damaged.
std::optional<TrainingResult> finishedRun(const Recipe& recipe, const std::filesystem::path& folder);

// How long each of the first `steps` steps takes, after one that does not count; wall time in seconds. Leaves no files.
std::vector<double> stepSeconds(const Recipe& recipe, std::size_t steps, Monitor& monitor);

}  // namespace ketscope
