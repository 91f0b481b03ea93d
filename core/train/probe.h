// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"
#include "core/train/training_data.h"

namespace ketscope {

// An example with the names of its tokens and patches, as a study's input is.
EncodedInput namedExample(const Example& example, const ModelInfo& model, const Tokenizer& tokenizer);

// What a model that is being trained makes of one input: a comparison of one trace that is called `title`, with every
// map. It cannot be run again. Throws Error: Input for an input that the model does not take, Cancelled.
ComparisonPointer lookAt(const Model& model, const EncodedInput& input, const std::string& title, Monitor& monitor);

// One run that a recipe file tells of: its recipe, or one of the variants of a series.
struct RecipeChoice {
    std::filesystem::path file;
    std::string variant;  // its id; empty = the file has none
    std::string title;
};
// In the file's order. Throws Error (Input) for a file that is none.
std::vector<RecipeChoice> recipesIn(const std::filesystem::path& file);
// Those in samples/recipes, by their files' names. Throws as samplesFolder().
std::vector<RecipeChoice> bundledRecipes();

}  // namespace ketscope
