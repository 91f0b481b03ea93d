// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/input_options.h"

#include "app/cli/paths.h"
#include "core/base/error.h"

#include <CLI/CLI.hpp>
#include <charconv>

namespace ketscope {

namespace {

// "101,7,102". Throws Error (Input) naming `option` and the part that is no number from 0 to `maximum`.
template <typename Number> std::vector<Number> parseNumbers(std::string_view text, const char* option, long maximum)
{
    std::vector<Number> numbers;
    for (std::size_t begin = 0; !text.empty() && begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string part(text.substr(begin, end - begin));
        long value = -1;
        const auto result = std::from_chars(part.data(), part.data() + part.size(), value);
        if (result.ec != std::errc() || result.ptr != part.data() + part.size() || value < 0 || value > maximum)
            refuse({option, "whole numbers from 0 to " + std::to_string(maximum) + " with commas between them",
                    "\"" + part + "\"", "Example: " + std::string(option) + " 1,0,1"});
        numbers.push_back(static_cast<Number>(value));
        begin = end + 1;
    }
    return numbers;
}

// Every architecture of this version reads text alone.
void refuseImages(const InputOptions& options)
{
    for (const auto& [option, value] : {std::pair("--image", options.image), {"--pixel-values", options.pixelValues}})
        if (!value.empty())
            refuse({option, "an input that the model reads", "an image, and the model reads text only",
                    "Give --text or --token-ids."});
}

}  // namespace

void addInputOptions(CLI::App& command, InputOptions& options)
{
    command.add_option("MODEL", options.model, "Model folder")->required();
    command.add_option("--text", options.text, "Text");
    command.add_option("--text-pair", options.pair, "Second text")->needs("--text");
    command.add_option("--token-ids", options.tokenIds, "Token ids instead of text: 101,7,102")->excludes("--text");
    command.add_option("--attention-mask", options.attentionMask, "1 = token, 0 = padding, one for each id")
        ->needs("--token-ids");
    command.add_option("--token-type-ids", options.tokenTypes, "0 or 1, one for each id")->needs("--token-ids");
    command.add_option("--image", options.image, "Image, for models that read one");
    command.add_option("--pixel-values", options.pixelValues, "Prepared pixels (.npy), for models that read an image");
}

Study studyOf(const InputOptions& options, std::uint64_t seed)
{
    requireModelFolder(options.model);
    refuseImages(options);
    Study study;
    study.modelPath = options.model;
    study.seed = seed;
    study.input.text = options.text;
    study.input.textPair = options.pair;
    study.input.tokenIds =
        parseNumbers<std::int32_t>(options.tokenIds, "--token-ids", std::numeric_limits<std::int32_t>::max());
    study.input.attentionMask = parseNumbers<std::uint8_t>(options.attentionMask, "--attention-mask", 1);
    study.input.tokenTypes = parseNumbers<std::int32_t>(options.tokenTypes, "--token-type-ids", 1);
    if (!study.input.text && study.input.tokenIds.empty())
        refuse({"input", "a text or token ids", "none", "Give --text or --token-ids."});
    return study;
}

}  // namespace ketscope
