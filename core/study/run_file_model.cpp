// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_file_model.h"

#include "core/base/error.h"

#include <nlohmann/json.hpp>

namespace ketscope {

Json modelToJson(const ModelInfo& model)
{
    Json stacks = Json::array();
    for (const StackInfo& stack : model.stacks)
        stacks.push_back({{"name", stack.name},
                          {"layers", stack.layers},
                          {"heads", stack.heads},
                          {"head_size", stack.headSize},
                          {"width", stack.width},
                          {"causal", stack.causal}});
    return {{"architecture", model.architecture},
            {"title", model.title},
            {"stacks", stacks},
            {"vocabulary_size", model.vocabularySize},
            {"maximum_positions", model.maximumPositions},
            {"feed_forward_size", model.feedForwardSize},
            {"parameters", model.parameterCount},
            {"weights_type", model.weightsType},
            {"task", taskName(model.task)},
            {"labels", model.labels},
            {"uses_token_types", model.usesTokenTypes},
            {"warnings", model.warnings}};
}

ModelInfo modelFromJson(const Json& json, const std::string& where)
{
    ModelInfo model;
    try {
        for (const Json& stack : json.at("stacks"))
            model.stacks.push_back({stack.at("name"), stack.at("layers"), stack.at("heads"), stack.at("head_size"),
                                    stack.at("width"), stack.at("causal")});
        model.architecture = json.at("architecture");
        model.title = json.at("title");
        model.vocabularySize = json.at("vocabulary_size");
        model.maximumPositions = json.at("maximum_positions");
        model.feedForwardSize = json.at("feed_forward_size");
        model.parameterCount = json.at("parameters");
        model.weightsType = json.at("weights_type");
        model.labels = json.at("labels").get<std::vector<std::string>>();
        model.usesTokenTypes = json.at("uses_token_types");
        model.warnings = json.at("warnings").get<std::vector<std::string>>();
        for (const Task task :
             {Task::None, Task::SequenceClassification, Task::MaskedLanguageModelling, Task::CausalLanguageModelling})
            if (json.at("task") == taskName(task))
                model.task = task;
    } catch (const Json::exception& error) {
        refuse({where, "a description of the model", printable(error.what()), "The file is damaged."});
    }
    return model;
}

}  // namespace ketscope
