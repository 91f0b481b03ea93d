// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/model.h"
#include "core/text/labelled_texts.h"
#include "core/train/recipe.h"

namespace ketscope {

// What a model is given once, and the right answers: of every token, of the text, or of the texts. −1 = not asked.
struct Example {
    ModelInput input;
    std::vector<std::int32_t> targets;
    std::vector<std::size_t> hidden = {};      // tokens whose words are guessed besides,
    std::vector<std::int32_t> hiddenIds = {};  // which are these
    std::vector<double> weights = {};          // of the targets' losses in training; empty: all 1
    // Of one question: how probable each answer is, in place of the target; empty: that is certain.
    std::vector<float> shares = {};
};

// A part of the examples that is never trained on.
struct ExampleSet {
    std::string name;  // "validation", "test", "uci_yelp_labelled.txt"
    std::size_t count = 0;
    std::function<Example(std::size_t)> at;
};

// The examples of a recipe. Immutable; safe from any thread.
class TrainingData {
public:
    virtual ~TrainingData() = default;

    // Example `index` of the batch of `step`, by the recipe's seed.
    virtual Example draw(std::size_t step, std::size_t index) const = 0;
    // The first is the one for validation.
    virtual std::vector<ExampleSet> sets() const = 0;
    // What each token says of a text's class by naive Bayes, nats (vocabulary, classes); empty: nothing was counted.
    virtual Tensor tokenEvidence() const { return {}; }
};

// Throws Error (Input) for data that cannot be read or that the model cannot learn from; Cancelled.
std::unique_ptr<TrainingData> openTrainingData(const Recipe& recipe, const ModelInfo& model,
                                               const Monitor& monitor = Monitor());

// Each kind of data.
std::unique_ptr<TrainingData> openTextData(const Recipe& recipe, const ModelInfo& model, const Tokenizer& tokenizer);
std::unique_ptr<TrainingData> openLabelledData(const Recipe& recipe, const ModelInfo& model,
                                               std::shared_ptr<const Tokenizer> tokenizer, const Monitor& monitor);
std::unique_ptr<TrainingData> openSceneData(const Recipe& recipe, const ModelInfo& model,
                                            std::shared_ptr<const Tokenizer> tokenizer);

// The labelled texts that a recipe of classification does not train on, by the names of its sets, with this recipe's seed.
struct TextSet {
    std::string name;
    std::vector<LabelledText> texts;
};
std::vector<TextSet> heldTexts(const Recipe& recipe, const std::vector<std::string>& classes);

// A text as the model's own files say, cut to its length.
TextInput encodedText(const std::string& text, const Tokenizer& tokenizer, const ModelInfo& model);
// The texts of a part of a source: its members' contents, or the file's. Bytes that are not UTF-8 are read as
// Windows-1252, as old corpora are.
std::vector<std::string> readPart(const DataSource& source, const DataSource::Part& part);

}  // namespace ketscope
