// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/evaluation.h"
#include "core/tasks/study_results.h"
#include "core/train/recipe_series.h"

namespace ketscope {

// A model of a series that is trained.
struct TrainedFolder {
    std::size_t variant = 0;
    std::uint64_t seed = 0;
    std::filesystem::path folder;
};

// Throws Error (Input) for a set of texts that the recipe has not or a perturbation that is none.
void checkAfterTraining(const AfterTraining& after, const Recipe& recipe);

// What the series' evaluation finds: of the model that training starts from ("unpatched"), of it with each variant's plan
// ("patched") and of the trained models ("trained"): accuracy and F1 with 95 % intervals and what they gain on the model
// unpatched and on the baseline variant equally trained, accuracy lost to changes of the texts, entropy and distance of the
// maps. Answers are kept beside the models (after.json, before.json, before.<variant>.json): what is known is not run again.
// Throws Error as evaluateTexts().
std::vector<StudyFigure> evaluateTrained(const RecipeSeries& series, const std::vector<TrainedFolder>& folders,
                                         const std::filesystem::path& folder, Monitor& monitor);

// What was found of one model, or of a variant's models.
struct ObservedModel {
    std::vector<TextAnswers> answers;  // one for each seed
    struct Change {
        std::size_t changed = 0;         // texts that it makes others of
        std::vector<double> lost;        // of those: right before less right after
        std::vector<double> flips;       // 1 where the answer is another
        std::vector<double> divergence;  // of the maps, nats
    };
    std::vector<Change> changes;
    std::vector<double> entropy;   // nats, of the layers asked for, text by text
    std::vector<double> distance;  // tokens
};

// The seeds of a variant as one: all answers, and the means of the rest.
ObservedModel mergedModels(const std::vector<ObservedModel>& seeds);

// Figures of `model` on texts. `other` is what it is compared with, null for nothing; `of` says what that is ("exact attention
// equally trained"), `suffix` ends the ids of the differences.
struct ComparedWith {
    const ObservedModel* other = nullptr;
    std::string of;
    std::string suffix;
};
std::vector<StudyFigure> figuresOf(const ObservedModel& model, const std::vector<LabelledText>& texts,
                                   const std::vector<std::string>& classes, const AfterTraining& after,
                                   const std::vector<ComparedWith>& comparisons);

}  // namespace ketscope
