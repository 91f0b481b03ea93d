// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/input_options.h"

#include "app/cli/figures.h"
#include "app/cli/paths.h"
#include "core/base/error.h"
#include "core/study/samples.h"
#include "viz/picture.h"

#include <CLI/CLI.hpp>
#include <charconv>

namespace ketscope {

namespace {

// The parts between commas.
std::vector<std::string> partsOf(const std::string& text)
{
    std::vector<std::string> parts;
    for (std::size_t begin = 0; !text.empty() && begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

// "101,7,102". Throws Error (Input) naming `option` and the part that is no number from 0 to `maximum`.
template <typename Number> std::vector<Number> parseNumbers(const std::string& text, const char* option, long maximum)
{
    std::vector<Number> numbers;
    for (const std::string& part : partsOf(text)) {
        long value = -1;
        const auto result = std::from_chars(part.data(), part.data() + part.size(), value);
        if (result.ec != std::errc() || result.ptr != part.data() + part.size() || value < 0 || value > maximum)
            refuse({option, "whole numbers from 0 to " + std::to_string(maximum) + " with commas between them",
                    "\"" + part + "\"", "Example: " + std::string(option) + " 1,0,1"});
        numbers.push_back(static_cast<Number>(value));
    }
    return numbers;
}

std::string trimmed(const std::string& text)
{
    const std::size_t begin = text.find_first_not_of(' ');
    return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

Input inputOf(const InputOptions& options)
{
    Input input;
    input.text = options.text;
    input.textPair = options.pair;
    for (const std::string& label : partsOf(options.labels))
        input.labels.push_back(trimmed(label));
    if (!options.labelTemplate.empty())
        input.labelTemplate = options.labelTemplate;
    input.tokenIds =
        parseNumbers<std::int32_t>(options.tokenIds, "--token-ids", std::numeric_limits<std::int32_t>::max());
    input.attentionMask = parseNumbers<std::uint8_t>(options.attentionMask, "--attention-mask", 1);
    input.tokenTypes = parseNumbers<std::int32_t>(options.tokenTypes, "--token-type-ids", 1);
    if (!options.image.empty())
        input.image = PictureInput{options.image, nullptr};
    input.pixelValues = options.pixelValues;
    return input;
}

}  // namespace

void addInputOptions(CLI::App& command, InputOptions& options)
{
    command.add_option("MODEL", options.model, "Model folder or GGUF file")->required();
    command.add_option("--text", options.text, "Text");
    command.add_option("--text-pair", options.pair, "Second text")->needs("--text");
    command.add_option("--labels", options.labels, "Texts that the image is held against: \"a cat,a dog\"")
        ->excludes("--text");
    command
        .add_option("--label-template", options.labelTemplate,
                    "What each label becomes: \"a photo of {}\" (default {})")
        ->needs("--labels");
    command.add_option("--token-ids", options.tokenIds, "Token ids instead of text: 101,7,102")
        ->excludes("--text", "--labels");
    command.add_option("--attention-mask", options.attentionMask, "1 = token, 0 = padding, one for each id")
        ->needs("--token-ids");
    command.add_option("--token-type-ids", options.tokenTypes, "0 or 1, one for each id")->needs("--token-ids");
    command.add_option("--image", options.image, "Picture: PNG, JPEG, WebP, BMP, TIFF");
    command
        .add_option("--pixel-values", options.pixelValues, "Prepared pixels (.npy, float32, 3 × h × w) instead of it")
        ->excludes("--image");
}

Study studyOf(const InputOptions& options, std::uint64_t seed)
{
    requireModel(options.model);
    Study study;
    study.input = inputOf(options);
    if (study.input == Input{}) {
        const std::optional<Sample> sample = sampleAt(options.model);
        if (!sample)
            refuse({"input", "a text, token ids or an image", "none", "Give --text, --token-ids or --image."});
        study = sample->study;
    }
    study.modelPath = options.model;
    study.seed = seed;
    if (!study.input.image)
        return study;
    const OffscreenGui gui;  // decoders are plugins, which want an application
    return withPicture(std::move(study));
}

}  // namespace ketscope
