// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_file_model.h"

#include "core/study/plan.h"

#include "core/base/error.h"

#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

// What a stack's heads run unpatched, as a SPEC; empty = exact softmax.
std::string ownToText(const std::shared_ptr<const HeadAssignment>& own)
{
    if (!own)
        return "";
    PlanEntry entry;
    entry.mechanism = own->mechanism;
    entry.parameters = own->parameters;
    return formatSpec(entry);
}

// The same of single heads.
std::vector<std::string> ownHeadsToTexts(const StackInfo& stack)
{
    std::vector<std::string> texts;
    std::ranges::transform(stack.ownHeads, std::back_inserter(texts), ownToText);
    return texts;
}

}  // namespace

Json modelToJson(const ModelInfo& model)
{
    Json stacks = Json::array();
    for (const StackInfo& stack : model.stacks)
        stacks.push_back({{"name", stack.name},
                          {"layers", stack.layers},
                          {"heads", stack.heads},
                          {"head_size", stack.headSize},
                          {"width", stack.width},
                          {"causal", stack.causal},
                          {"queries", axisName(stack.queries)},
                          {"keys", axisName(stack.keys)},
                          {"key_value_heads", stack.keyValueHeads},
                          {"feed_forward_size", stack.feedForwardSize},
                          {"own", ownToText(stack.own)},
                          {"own_heads", ownHeadsToTexts(stack)}});
    Json json = {{"architecture", model.architecture},
                 {"title", model.title},
                 {"stacks", stacks},
                 {"vocabulary_size", model.vocabularySize},
                 {"maximum_positions", model.maximumPositions},
                 {"parameters", model.parameterCount},
                 {"weights_type", model.weightsType},
                 {"task", taskName(model.task)},
                 {"labels", model.labels},
                 {"uses_token_types", model.usesTokenTypes},
                 {"warnings", model.warnings}};
    if (model.image)
        json["image"] = {{"channels", model.image->channels},
                         {"height", model.image->height},
                         {"width", model.image->width},
                         {"patch_height", model.image->patchHeight},
                         {"patch_width", model.image->patchWidth},
                         {"any_size", model.image->anySize}};
    return json;
}

namespace {

std::shared_ptr<const HeadAssignment> ownFromText(const std::string& spec)
{
    if (spec.empty())
        return nullptr;
    const PlanEntry entry = parseSpec(spec);
    return std::make_shared<const HeadAssignment>(HeadAssignment{entry.mechanism, entry.parameters});
}

std::vector<std::shared_ptr<const HeadAssignment>> ownHeadsFromTexts(const std::vector<std::string>& specs,
                                                                     const Json& stack)
{
    std::vector<std::shared_ptr<const HeadAssignment>> heads;
    if (specs.size() == stack.at("layers").get<std::size_t>() * stack.at("heads").get<std::size_t>())
        std::ranges::transform(specs, std::back_inserter(heads), ownFromText);
    return heads;
}

StackInfo stackFromJson(const Json& json)
{
    return {.name = json.at("name"),
            .layers = json.at("layers"),
            .heads = json.at("heads"),
            .headSize = json.at("head_size"),
            .width = json.at("width"),
            .causal = json.at("causal"),
            .queries = axisNamed(json.value("queries", "text")).value_or(TokenAxis::Text),
            .keys = axisNamed(json.value("keys", "text")).value_or(TokenAxis::Text),
            .keyValueHeads = json.value("key_value_heads", std::size_t{0}),
            .feedForwardSize = json.value("feed_forward_size", std::size_t{0}),
            .own = ownFromText(json.value("own", "")),
            .ownHeads = ownHeadsFromTexts(json.value("own_heads", std::vector<std::string>()), json)};
}

ImageInfo imageFromJson(const Json& json)
{
    return {.channels = json.at("channels"),
            .height = json.at("height"),
            .width = json.at("width"),
            .patchHeight = json.at("patch_height"),
            .patchWidth = json.at("patch_width"),
            .anySize = json.at("any_size")};
}

}  // namespace

ModelInfo modelFromJson(const Json& json, const std::string& where)
{
    ModelInfo model;
    try {
        for (const Json& stack : json.at("stacks"))
            model.stacks.push_back(stackFromJson(stack));
        model.architecture = json.at("architecture");
        model.title = json.at("title");
        model.vocabularySize = json.at("vocabulary_size");
        model.maximumPositions = json.at("maximum_positions");
        model.parameterCount = json.at("parameters");
        model.weightsType = json.at("weights_type");
        model.labels = json.at("labels").get<std::vector<std::string>>();
        model.usesTokenTypes = json.at("uses_token_types");
        model.warnings = json.at("warnings").get<std::vector<std::string>>();
        model.task = taskNamed(json.at("task").get<std::string>()).value_or(Task::None);
        if (json.contains("image"))
            model.image = imageFromJson(json.at("image"));
    } catch (const Json::exception& error) {
        refuse({where, "a description of the model", printable(error.what()), "The file is damaged."});
    }
    return model;
}

}  // namespace ketscope
