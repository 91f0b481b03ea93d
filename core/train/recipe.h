// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"
#include "core/formats/tensor_archive.h"
#include "core/nn/dropout.h"
#include "core/study/plan.h"
#include "core/train/initial_weights.h"
#include "core/train/optimizer.h"

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

namespace ketscope {

enum class Objective {
    LanguageModelling,   // the next token, at every position
    Classification,      // a text's label
    Contrast,            // which text belongs to which image, within a batch
    Matching,            // whether a text belongs to an image, against texts that are wrong in one respect
    ContrastAndMatching  // the sum of both, as BLIP is trained (Li et al., ICML 2022), without its language modelling
};
std::string_view objectiveName(Objective objective);  // "language-modelling"

// One file with labelled texts, a line each, or, for language modelling, with a text.
struct DataSource {
    std::filesystem::path file;
    std::string licence;
    std::string origin;  // where it comes from: a citation or an address
    struct Part {
        std::string member;  // of a ZIP archive; ending with a slash: all files in a folder; empty: the file itself
        std::int32_t label = -1;  // −1: each line ends with a tab and its label
    };
    std::vector<Part> parts;
    std::string comment;     // lines that begin with this are no texts; empty: all are
    bool held = false;       // texts are held back from it for validation and the test
    bool testOnly = false;   // of another kind than what is trained on: for a test alone
    double share = 1.0;      // how often it is drawn from, at first
    double lastShare = 1.0;  // and at the end
    double trust = 1.0;      // the label's share in what is learned of a text; naive Bayes has the rest
    double counts = 1.0;     // how much each text counts in naive Bayes
};

// Everything that a training run is made from. Paths are absolute.
struct Recipe {
    std::filesystem::path file;
    Json json;  // what it was read from, with its seed: two runs of equal ones give equal models
    std::string title;
    Json config;                        // of the model
    std::filesystem::path filesFolder;  // whose tokenizer and processor files the model gets
    std::filesystem::path startFolder;  // a model to start from; empty = new weights
    Deviations deviations;              // of new weights
    Plan plan;
    std::vector<std::string> trainedParameters;  // real parameters of mechanisms that are trained too
    Objective objective = Objective::LanguageModelling;
    double lateInteraction = 0.0;   // weight of the contrast by words and patches beside that of whole texts and images
    std::size_t matchingFrom = 0;   // of contrast and matching: steps before it are of contrast alone,
    std::size_t contrastUntil = 0;  // and from this one on of matching alone; 0 = none
    // Tensors whose names begin with one of these, from a step on.
    struct Part {
        std::vector<std::string> tensors;
        std::size_t from = 0;

        bool has(std::string_view name) const;
    };
    Part frozen;                      // stay as they are
    Part renewed;                     // are drawn anew at that step
    std::vector<DataSource> sources;  // empty: generated scenes
    double validationShare = 0.1;     // of a text: its end
    std::size_t heldForValidation = 0;
    std::size_t heldForTest = 0;
    // Which texts of the source they are, from 0: those for validation and then those for the test; empty = drawn by the seed.
    std::vector<std::size_t> heldTexts;
    double trueWeight = 1.0;  // of a true text's loss beside that of each false one, in matching
    // Scenes are drawn whose captions name one object alone: at steps from `from` on, before `until`; afterwards for
    // a share of the examples besides those where it comes so.
    struct OneObject {
        std::size_t from = 0;
        std::size_t until = 0;
        double afterwards = 0.0;
    };
    OneObject oneObject;
    std::size_t otherCaptions = 0;  // of other scenes, as false texts of matching besides the hard ones
    std::size_t batch = 16;
    std::size_t length = 0;  // tokens of an example of language modelling; 0 = what the model has positions for
    Schedule schedule;
    AdamW optimizer;
    double average = 0.0;  // decay of the moving average of the weights that is the trained model; 0 = the last weights
    double clip = 1.0;
    Dropout dropout;
    // Of classification: a share of a text's tokens is hidden, and their words are guessed besides, which has this weight
    // at first and at the end (Devlin et al., NAACL 2019: masked language modelling).
    struct MaskedWords {
        double share = 0.0;  // 0 = none
        double weight = 1.0;
        double lastWeight = 1.0;
    };
    MaskedWords maskedWords;
    double tokenDropout = 0.0;  // of classification: the share of a text's tokens that a training step does not see
    // Of classification: what words say of the classes by naive Bayes, from the texts that are trained on.
    struct WordEvidence {
        bool counted = false;
        // New embeddings of tokens begin this far, for each nat of evidence (one at most), along one direction for each class.
        double embeddings = 0.0;
    };
    WordEvidence wordEvidence;
    // What is trained first and begun with: this recipe with changes. Null = nothing.
    std::shared_ptr<const Recipe> pretraining;
    std::uint64_t seed = 0;
    std::size_t validateEvery = 100;      // steps
    std::size_t validationExamples = 64;  // at those steps; at the end all of them count
    std::size_t checkpointEvery = 100;
    DataType weightsType = DataType::F32;
};

// Reads a recipe; see samples/recipes/README.md for its keys. Files of data that are not where it says are looked for in
// `dataFolder` by their names. Throws Error (Input) for a key that is missing, unknown or out of range.
Recipe readRecipe(const std::filesystem::path& file, const std::filesystem::path& dataFolder = {});
// The same of a recipe's content, which stands in `file` or is made from what stands there.
Recipe recipeFromJson(Json json, const std::filesystem::path& file, const std::filesystem::path& dataFolder = {});

}  // namespace ketscope
