// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/own_heads.h"

#include "core/base/error.h"
#include "core/formats/json_fields.h"

#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr const char* kKnown[] = {"stack", "layer", "head", "mechanism", "parameters"};

StackInfo& stackNamed(ModelInfo& info, const std::string& name, const std::string& where)
{
    for (StackInfo& stack : info.stacks)
        if (stack.name == name)
            return stack;
    refuse({where, "a stack of this model", "\"" + printable(name, 40) + "\"", ""});
}

Parameters parametersOf(const Mechanism& mechanism, const JsonFields& fields, const std::string& where)
{
    Parameters parameters = mechanism.defaults();
    if (!fields.has("parameters"))
        return parameters;
    const Json& values = fields.at("parameters");
    if (!values.is_object())
        refuse({where + ", \"parameters\"", "an object", values.type_name(), ""});
    for (const auto& [id, value] : values.items())
        parameters.setText(id, value.is_string() ? value.get<std::string>() : value.dump());
    return parameters;
}

// What the weights hold for one head: tensors, and real parameters, which are set.
std::shared_ptr<const TrainedHead> trainedOf(const ModelFiles& files, const std::string& prefix, HeadAssignment& what)
{
    auto trained = std::make_shared<TrainedHead>();
    for (const TensorEntry& entry : files.weights->entries()) {
        if (!entry.name.starts_with(prefix))
            continue;
        const std::string name = entry.name.substr(prefix.size());
        const std::vector<std::size_t> shape(entry.shape.begin(), entry.shape.end());
        trained->places[name] = {entry.name, shape};
        Tensor values(shape);
        files.weights->read(entry, 0, values.values());
        const auto& definitions = what.parameters.definitions();
        const auto real = std::ranges::find(definitions, name, &Parameter::id);
        // The nearest float32 of a bound may lie just beyond it.
        if (real != definitions.end())
            what.parameters.set(name,
                                std::clamp(static_cast<double>(values.values().front()), real->minimum, real->maximum));
        else
            trained->tensors[name] = std::make_shared<const Tensor>(std::move(values));
    }
    return trained->places.empty() ? nullptr : trained;
}

void readHead(const ModelFiles& files, const Json& json, const std::string& where, ModelInfo& info)
{
    const JsonFields fields(json, where);
    for (const auto& [key, value] : json.items())
        if (std::ranges::find(kKnown, key) == std::end(kKnown))
            refuse(
                {where, "the keys stack, layer, head, mechanism and parameters", "\"" + printable(key, 40) + "\"", ""});
    StackInfo& stack = stackNamed(info, fields.text("stack"), where);
    const auto layer = fields.whole<std::size_t>("layer"), head = fields.whole<std::size_t>("head");
    if (layer >= stack.layers || head >= stack.heads)
        refuse({where, "a layer and a head of the " + stack.name + " stack",
                "layer " + std::to_string(layer) + ", head " + std::to_string(head), ""});
    const Mechanism& which = mechanism(fields.text("mechanism"));
    auto what = std::make_shared<HeadAssignment>(HeadAssignment{&which, parametersOf(which, fields, where)});
    what->trained = trainedOf(files, ownHeadTensor(stack.name, layer, head, ""), *what);
    stack.ownHeads.resize(stack.layers * stack.heads);
    stack.ownHeads[layer * stack.heads + head] = std::move(what);
}

}  // namespace

std::string ownHeadTensor(const std::string& stack, std::size_t layer, std::size_t head, std::string_view name)
{
    return std::string(kOwnHeads) + stack + "." + std::to_string(layer) + "." + std::to_string(head) + "."
           + std::string(name);
}

void readOwnHeads(const ModelFiles& files, ModelInfo& info)
{
    if (!files.config->is_object() || !files.config->contains(kOwnHeadsKey))
        return;
    const std::string where = files.configFile().string() + ": " + kOwnHeadsKey;
    const Json& list = files.config->at(kOwnHeadsKey);
    if (!list.is_array())
        refuse({where, "a list", list.type_name(), ""});
    for (const Json& head : list)
        readHead(files, head, where, info);
}

Json ownHeadsJson(const HeadPlan& plan, const ModelInfo& model)
{
    Json list = Json::array();
    for (std::size_t stack = 0; stack < model.stacks.size(); ++stack)
        for (std::size_t layer = 0; layer < model.stacks[stack].layers; ++layer)
            for (std::size_t head = 0; head < model.stacks[stack].heads; ++head) {
                if (!plan.isPatched(stack, layer, head))
                    continue;
                const HeadAssignment& what = plan.at(stack, layer, head);
                Json parameters = Json::object();
                const Parameters usual = what.mechanism->defaults();
                for (const Parameter& each : what.parameters.definitions())
                    if (what.parameters.text(each.id) != usual.text(each.id))
                        parameters[each.id] = what.parameters.text(each.id);
                list.push_back({{"stack", model.stacks[stack].name},
                                {"layer", layer},
                                {"head", head},
                                {"mechanism", what.mechanism->info().id},
                                {"parameters", std::move(parameters)}});
            }
    return list;
}

}  // namespace ketscope
