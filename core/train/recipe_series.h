// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/recipe.h"

#include <optional>

namespace ketscope {

// One of several recipes that differ in what is studied and in nothing else.
struct RecipeVariant {
    std::string id;     // "v3-direct": also the name of its folder
    std::string title;  // "Version 3, direct rule with trained bandwidth"
    std::vector<std::uint64_t> seeds;
    Recipe recipe;                     // with the first of them
    std::filesystem::path dataFolder;  // where files are looked for that are not where the recipe says

    Recipe withSeed(std::uint64_t seed) const;
    // Of the folder of a run, inside that of the series: "v1", or "v1-3" where there are several seeds.
    std::string folderOf(std::uint64_t seed) const;
};

// How long a step takes when something else is changed that leaves the loss alone.
struct StepTiming {
    std::string id;     // "gates"
    std::string title;  // "gate by gate"
    std::size_t steps = 0;
    std::vector<std::pair<std::size_t, Recipe>> recipes;  // number of the variant, its changed recipe
};

// What is asked of every model that classifies texts, when it is trained.
struct AfterTraining {
    std::string texts;                       // name of a set of the recipe's data
    bool patched = false;                    // also of the model that training starts from, with the variant's plan
    std::vector<std::string> perturbations;  // "dropout:p=0.05", see perturbation.h
    std::size_t perturbedTexts = 0;          // the first so many
    std::vector<std::size_t> mapLayers;      // whose entropy and distance are measured; empty = none's
    std::size_t mapTexts = 0;
    Json json;  // what it was read from
};

struct RecipeSeries {
    std::filesystem::path file;
    std::string id;  // the file's name without its end
    std::string title;
    std::vector<RecipeVariant> variants;
    std::size_t baseline = 0;  // the variant that the others are compared with
    std::vector<StepTiming> timings;
    std::optional<AfterTraining> after;
};

// What is given in place of what the file says.
struct RecipeChanges {
    std::optional<std::uint64_t> seed;
    std::optional<std::size_t> steps;

    // A recipe's, or a series', content with them.
    void apply(Json& json) const;
};

// Whether a recipe's content is that of a series: it has "variants".
bool isSeries(const Json& json);

// Reads a recipe with "variants": each is the recipe with a merge patch (RFC 7386) of some of its keys. All have the same
// objective, data, batches, steps and seeds. Throws Error (Input) as readRecipe(), and for a variant that is wrong.
RecipeSeries seriesFromJson(Json json, const std::filesystem::path& file, const std::filesystem::path& dataFolder = {});

}  // namespace ketscope
