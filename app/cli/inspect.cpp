// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/angle_report.h"
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/paths.h"
#include "app/cli/report.h"
#include "core/base/error.h"
#include "core/formats/gguf.h"
#include "core/image/processor.h"
#include "core/models/tensor_types.h"
#include "core/study/captured_attention.h"
#include "core/study/joined_runs.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

struct InspectOptions {
    CommonOptions common;
    std::string path;
    std::string angles;
    int bits = 8;
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

// The tensors as the files name them.
const TensorArchive& storedTensors(const ModelFiles& files)
{
    return files.gguf ? static_cast<const TensorArchive&>(*files.gguf) : *files.weights;
}

Json typesJson(const std::vector<TypeShare>& types)
{
    Json json = Json::array();
    for (const TypeShare& share : types)
        json.push_back({{"type", dataTypeName(share.type)},
                        {"tensors", share.tensors},
                        {"parameters", share.elements},
                        {"bytes", share.bytes}});
    return json;
}

Json filesJson(const ModelFiles& files)
{
    Json kinds = Json::object();
    for (const TensorKind& kind : tensorKinds(storedTensors(files)))
        kinds[kind.name] = typesJson(kind.types);
    Json json = {{"format", "safetensors"}, {"tensor_types", typesJson(typesOf(*files.weights))}, {"tensors", kinds}};
    if (files.gguf) {
        json["format"] = "gguf";
        json["gguf"] = {{"version", files.gguf->version()},
                        {"alignment", files.gguf->alignment()},
                        {"name", files.gguf->metadata().text("general.name").value_or("")}};
    }
    return json;
}

// "Q4_K × 6, F32 × 3".
std::string typesText(const std::vector<TypeShare>& types)
{
    std::vector<std::string> parts;
    for (const TypeShare& share : types)
        parts.push_back(std::string(dataTypeName(share.type)) + " × " + std::to_string(share.tensors));
    return joined(parts, ", ");
}

std::string weightsText(const std::vector<TypeShare>& types)
{
    std::uint64_t bytes = 0;
    std::uint64_t elements = 0;
    for (const TypeShare& share : types) {
        bytes += share.bytes;
        elements += share.elements;
    }
    const double bits = 8.0 * static_cast<double>(bytes) / static_cast<double>(std::max<std::uint64_t>(elements, 1));
    return typesText(types) + " tensors, " + groupedNumber(bytes) + " bytes, " + fixedNumber(bits, 2)
           + " bits a parameter";
}

// What is in the files, for a model of more than one number type kind by kind.
std::vector<TableRow> fileRows(const ModelFiles& files)
{
    const std::vector<TypeShare> types = typesOf(*files.weights);
    std::vector<TableRow> rows;
    if (files.gguf)
        rows.push_back({"Format", "GGUF version " + std::to_string(files.gguf->version()) + ", alignment "
                                      + std::to_string(files.gguf->alignment())});
    rows.push_back({"Weights", weightsText(types)});
    if (types.size() > 1)
        for (const TensorKind& kind : tensorKinds(storedTensors(files)))
            rows.push_back({"Tensors", printable(kind.name, 80) + ": " + typesText(kind.types)});
    return rows;
}

Json modelJson(const ModelFiles& files, const ModelInfo& info, const Tokenizer* tokenizer)
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
    json.update(filesJson(files));
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

std::string modelText(const ModelFiles& files, const ModelInfo& info, const Tokenizer* tokenizer)
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
    std::ranges::move(fileRows(files), std::back_inserter(rows));
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
    requireModel(options.path);
    const ModelFiles files = openModelFiles(options.path);
    if (!options.angles.empty())
        return printAngles(storedTensors(files), options.angles, options.bits, options.common.json);
    const ModelInfo info = architectureOf(files).describe(files);
    const std::unique_ptr<Tokenizer> tokenizer = openTokenizer(options.path);
    if (options.common.json)
        printJson(modelJson(files, info, tokenizer.get()));
    else
        std::cout << modelText(files, info, tokenizer.get());
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
        json["selection"] = toJson(comparison->study.selection);
        json["perspective"] = comparison->study.perspective;
        printJson(json);
    } else {
        std::cout << comparisonText(*comparison);
        printNotices(comparisonNotices(*comparison), options.common.quiet);
    }
}

void inspectJoinedRuns(const InspectOptions& options)
{
    ConsoleMonitor monitor(options.common.quiet);
    const std::vector<JoinedRun> runs = readJoinedRuns(options.path, monitor);
    if (options.common.json) {
        Json list = Json::array();
        for (const JoinedRun& each : runs) {
            Json json = runJson(*each.run);
            json["name"] = each.name;
            list.push_back(std::move(json));
        }
        return printJson({{"kind", "runs"}, {"path", options.path}, {"runs", list}});
    }
    std::cout << runs.size() << (runs.size() == 1 ? " run\n" : " runs\n");
    for (const JoinedRun& each : runs)
        std::cout << "\nRun     " << printable(each.name, 80) << "\n" << runText(*each.run);
}

}  // namespace

void addInspect(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("inspect", "Say what is in a model or a run file");
    const auto options = std::make_shared<InspectOptions>();
    command
        ->add_option(
            "MODEL", options->path,
            "Model folder or GGUF file, a run file or several joined ones, or captured attention (.h5, .ket, .npz, "
            ".npy)")
        ->required();
    CLI::Option* angles = command->add_option(
        "--angles", options->angles, "A weight matrix of the model as rotation angles: how many, and with what error");
    command->add_option("--bits", options->bits, "Bits of an angle (default 8)")->needs(angles);
    addCommonOptions(*command, options->common);
    command->callback([options] {
        if (!options->angles.empty())
            requireModel(options->path);
        if (isJoinedRuns(options->path))
            inspectJoinedRuns(*options);
        else if (kindOfPath(options->path) == PathKind::RunFile)
            inspectRunFile(*options);
        else
            inspectModel(*options);
    });
}

}  // namespace ketscope
