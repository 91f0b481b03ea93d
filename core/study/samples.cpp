// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/samples.h"

#include "core/base/error.h"

#include <cstdlib>
#include <utility>

namespace ketscope {

namespace fs = std::filesystem;

fs::path samplesFolder()
{
    const char* chosen = std::getenv("KETSCOPE_SAMPLES");
    if (chosen != nullptr && *chosen != '\0') {
        if (std::error_code ignored; !fs::is_directory(chosen, ignored))
            fail({chosen, "the samples folder that KETSCOPE_SAMPLES names", "no such folder",
                  "Correct the variable or unset it."});
        return chosen;
    }
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
    const fs::path installed = (program.parent_path() / KETSCOPE_INSTALLED_SAMPLES).lexically_normal();
    for (const fs::path& folder : {installed, fs::path(KETSCOPE_SOURCE_SAMPLES)})
        if (fs::is_directory(folder / "sentiment", ignored))
            return folder;
    fail({installed.string(), "the bundled samples", "no such folder",
          "Install Ketscope again, or name the folder in the variable KETSCOPE_SAMPLES."});
}

namespace {

Sample sentiment(const fs::path& folder)
{
    Study study;
    study.modelPath = (folder / "sentiment").string();
    study.input.text = "the film is not great, but its acting is surprisingly warm.";
    study.candidates.push_back({{parseSpec("rff@layers=4-5")}});
    study.selection = {.layer = 5, .query = 4, .key = 5};  // from "not" to "great"
    return {"sentiment", "Sentiment of a sentence (DistilBERT)",
            "How a random-feature kernel in the last two layers changes where “not” looks.", study};
}

Sample characters(const fs::path& folder)
{
    Study study;
    study.modelPath = (folder / "char-gpt").string();
    study.input.text = "ROMEO:\nIt is the east, and Juliet is the ";
    study.candidates.push_back({{parseSpec("rff@layers=2-3")}});
    study.selection = {.layer = 2, .head = 0, .query = 39, .key = 37};  // from "e" to the "t" of its word
    return {"char-gpt", "Shakespeare by character (GPT-2)",
            "A causal model: every character looks only back, and says which comes next.", study};
}

Study scene(const fs::path& folder, const std::string& model, const std::string& number)
{
    Study study;
    study.modelPath = (folder / model).string();
    study.input.image = PictureInput{(folder / "scenes" / ("scene-" + number + ".png")).string(), nullptr};
    return study;
}

Sample captions(const fs::path& folder)
{
    Study study = scene(folder, "shape-clip", "00");
    study.input.labels = {"a pink ring left of a red circle", "a pink ring left of a red triangle",
                          "an orange star left of a yellow star", "a red ring above a green circle"};
    study.candidates.push_back({{parseSpec("rff@stack=vision;layers=2-3")}});
    study.selection = {.stack = 1, .layer = 2, .head = 2, .query = 0, .key = 36};  // the ring's edge
    return {"shape-clip", "Shapes and captions (CLIP)",
            "Four captions held against one picture; which patches the picture’s own attention gathers.", study};
}

Sample matching(const fs::path& folder)
{
    Study study = scene(folder, "shape-blip", "10");
    study.input.text = "an orange triangle and a blue ring";
    study.candidates.push_back({{parseSpec("rff@stack=cross;layers=1-2")}});
    study.selection = {.stack = 2, .layer = 1, .head = 2, .query = 7, .key = 44};  // from "ring" to its edge
    return {"shape-blip", "Shapes: words over patches (BLIP)",
            "Cross-attention from every word of a caption to the patches of a picture.", study};
}

}  // namespace

std::vector<Sample> samples()
{
    const fs::path folder = samplesFolder();
    return {sentiment(folder), captions(folder), matching(folder), characters(folder)};
}

std::optional<Sample> sampleAt(const fs::path& folder)
{
    try {
        for (const Sample& sample : samples())
            if (std::error_code ignored; fs::equivalent(sample.study.modelPath, folder, ignored))
                return sample;
    } catch (const Error&) {  // no samples are installed
    }
    return std::nullopt;
}

Input fittedInput(Input input, const ModelInfo& model)
{
    const std::optional<Sample> own = sampleAt(model.path);
    if (own && input == Input{})
        return own->study.input;
    if (!model.image) {
        input.image.reset();
        input.pixelValues.clear();
    }
    if (!input.labels.empty() && !model.takesFurtherTexts)
        input.text = std::exchange(input.labels, {}).front();
    if (!model.usesTokenTypes)
        input.textPair.reset();
    if (model.vocabularySize == 0)
        input = {.image = input.image, .pixelValues = input.pixelValues};
    const Input scene = matching(samplesFolder()).study.input;
    if (model.image && !input.image && input.pixelValues.empty())
        input.image = scene.image;
    if (model.vocabularySize > 0 && !input.text && input.labels.empty() && input.tokenIds.empty())
        input.text = model.image ? scene.text : sampleStudy().input.text;
    return input;
}

Study sampleStudy() { return sentiment(samplesFolder()).study; }

Study pictureSample() { return matching(samplesFolder()).study; }

}  // namespace ketscope
