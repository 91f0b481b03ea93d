// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/paths.h"
#include "app/cli/report.h"
#include "core/base/error.h"
#include "core/image/processor.h"
#include "core/study/captured_attention.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

struct InspectOptions {
    CommonOptions common;
    std::string path;
};

// How pictures are made ready, or why they cannot be.
std::string processorText(const ModelInfo& info)
{
    try {
        const std::optional<ImageProcessor> processor = openImageProcessor(info.path);
        return processor ? describe(*processor) : "none: give --pixel-values";
    } catch (const Error& error) {
        return std::string(error.what()) + " Or give --pixel-values.";
    }
}

Json modelJson(const ModelInfo& info, const Tokenizer* tokenizer)
{
    Json stacks = Json::array();
    for (const StackInfo& stack : info.stacks)
        stacks.push_back({{"name", stack.name},
                          {"layers", stack.layers},
                          {"heads", stack.heads},
                          {"head_size", stack.headSize},
                          {"hidden_size", stack.width},
                          {"causal", stack.causal},
                          {"queries", axisName(stack.queries)},
                          {"keys", axisName(stack.keys)},
                          {"key_value_heads", stack.keyValueHeads == 0 ? stack.heads : stack.keyValueHeads},
                          {"feed_forward_size", stack.feedForwardSize}});
    Json json = {{"kind", "model"},
                 {"path", info.path.string()},
                 {"architecture", info.architecture},
                 {"title", info.title},
                 {"stacks", stacks},
                 {"vocabulary_size", info.vocabularySize},
                 {"maximum_positions", info.maximumPositions},
                 {"parameters", info.parameterCount},
                 {"weights_type", info.weightsType},
                 {"task", taskName(info.task)},
                 {"labels", info.labels},
                 {"token_types", info.usesTokenTypes},
                 {"tokenizer", nullptr},
                 {"warnings", info.warnings}};
    if (info.image)
        json["image"] = {{"channels", info.image->channels},
                         {"height", info.image->height},
                         {"width", info.image->width},
                         {"patch_height", info.image->patchHeight},
                         {"patch_width", info.image->patchWidth},
                         {"any_size", info.image->anySize},
                         {"processor", processorText(info)}};
    if (tokenizer != nullptr)
        json["tokenizer"] = {{"kind", tokenizer->kind()}, {"vocabulary_size", tokenizer->vocabularySize()}};
    return json;
}

std::string describeImage(const ImageInfo& image)
{
    const auto sides = [](std::size_t height, std::size_t width) {
        return std::to_string(height) + " × " + std::to_string(width);
    };
    return sides(image.height, image.width) + (image.anySize ? " pixels or any other size" : " pixels")
           + ", patches of " + sides(image.patchHeight, image.patchWidth);
}

std::string modelText(const ModelInfo& info, const Tokenizer* tokenizer)
{
    std::vector<TableRow> rows = {{"Architecture", info.title + " (" + info.architecture + ")"}};
    for (const StackInfo& stack : info.stacks)
        rows.push_back({"Stack", describeStack(stack)});
    if (info.vocabularySize > 0) {
        rows.push_back({"Vocabulary", groupedNumber(info.vocabularySize) + " tokens"});
        rows.push_back({"Positions", groupedNumber(info.maximumPositions)});
    }
    if (info.image)
        rows.insert(rows.end(),
                    {{"Image", describeImage(*info.image)}, {"Processor", printable(processorText(info), 400)}});
    rows.push_back({"Task", std::string(taskName(info.task))});
    if (!info.labels.empty())
        rows.push_back({"Labels", printable(joined(info.labels, ", "), 400)});
    rows.push_back({"Parameters", groupedNumber(info.parameterCount)});
    rows.push_back({"Weights", info.weightsType});
    if (info.vocabularySize > 0)
        rows.push_back({"Tokenizer", tokenizer == nullptr
                                         ? "none: give --token-ids"
                                         : tokenizer->kind() + ", " + groupedNumber(tokenizer->vocabularySize())});
    for (const std::string& warning : info.warnings)
        rows.push_back({"Warning", printable(warning, 400)});
    return formatTable(rows, 2);
}

void inspectModel(const InspectOptions& options)
{
    requireModelFolder(options.path);
    const ModelFiles files = openModelFiles(options.path);
    const ModelInfo info = architectureOf(files).describe(files);
    const std::unique_ptr<Tokenizer> tokenizer = openTokenizer(options.path);
    if (options.common.json)
        printJson(modelJson(info, tokenizer.get()));
    else
        std::cout << modelText(info, tokenizer.get());
}

void inspectRunFile(const InspectOptions& options)
{
    ConsoleMonitor monitor(options.common.quiet);
    const ComparisonPointer comparison = readComparison(options.path, monitor);
    if (options.common.json) {
        Json json = comparisonJson(*comparison);
        json["kind"] = "run";
        json["captured"] = !comparison->recordedTitles.empty();
        json["path"] = options.path;
        printJson(json);
    } else {
        std::cout << comparisonText(*comparison);
        printNotices(comparisonNotices(*comparison), options.common.quiet);
    }
}

}  // namespace

void addInspect(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("inspect", "Say what is in a model folder or a run file");
    const auto options = std::make_shared<InspectOptions>();
    command
        ->add_option("MODEL", options->path,
                     "Model folder, or a run file or captured attention (.h5, .ket, .npz, .npy)")
        ->required();
    addCommonOptions(*command, options->common);
    command->callback([options] {
        if (kindOfPath(options->path) == PathKind::RunFile)
            inspectRunFile(*options);
        else
            inspectModel(*options);
    });
}

}  // namespace ketscope
