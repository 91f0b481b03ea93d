// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/config.h"

#include "core/attention/parameter.h"
#include "core/base/error.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

std::string shown(const Json& value)
{
    return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace), 60);
}

}  // namespace

Config::Config(const ModelFiles& files) : Config(files.config, files.configFile().string()) {}

Config::Config(std::shared_ptr<const Json> json, std::string where) : m_json(std::move(json)), m_where(std::move(where))
{
    if (!m_json->is_object())
        refuse({m_where, "an object", m_json->type_name(), "Check the file or download the model again."});
}

const Json* Config::find(std::string_view key) const
{
    const auto found = m_json->find(key);
    return found == m_json->end() || found->is_null() ? nullptr : &*found;
}

std::optional<Config> Config::member(std::string_view key) const
{
    const Json* value = find(key);
    if (value == nullptr)
        return std::nullopt;
    return Config(std::shared_ptr<const Json>(m_json, value), m_where + ": " + std::string(key));
}

Config Config::section(std::string_view key) const
{
    const auto found = member(key);
    return found ? *found : Config(std::make_shared<const Json>(Json::object()), m_where + ": " + std::string(key));
}

bool Config::has(std::string_view key) const { return find(key) != nullptr; }

void Config::refuseKey(std::string_view key, const std::string& expected, const std::string& found,
                       const std::string& remedy) const
{
    refuse({m_where + ": " + std::string(key), expected, found, remedy});
}

std::size_t Config::count(std::string_view key, std::size_t byDefault, std::size_t most) const
{
    const Json* value = find(key);
    if (value == nullptr)
        return byDefault;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() < 1 || value->get<std::uint64_t>() > most)
        refuseKey(key, "a whole number from 1 to " + std::to_string(most), shown(*value));
    return value->get<std::size_t>();
}

std::int64_t Config::wholeNumber(std::string_view key, std::int64_t byDefault) const
{
    const Json* value = find(key);
    if (value == nullptr)
        return byDefault;
    const bool inRange = value->is_number_integer()
                         && (!value->is_number_unsigned() || value->get<std::uint64_t>() <= kMostRows)
                         && value->get<std::int64_t>() >= -static_cast<std::int64_t>(kMostRows);
    if (!inRange)
        refuseKey(key, "a whole number", shown(*value));
    return value->get<std::int64_t>();
}

std::map<std::string, std::string> Config::values(std::string_view key) const
{
    std::map<std::string, std::string> values;
    const Config object = section(key);
    for (const auto& [name, value] : object.m_json->items()) {
        if (!value.is_string() && !value.is_number())
            refuseKey(key, "texts and numbers", shown(value));
        values[name] = value.is_string() ? value.get<std::string>() : value.dump();
    }
    return values;
}

std::pair<std::size_t, std::size_t> Config::sides(std::string_view key, std::size_t byDefault, std::size_t most) const
{
    const Json* value = find(key);
    if (value == nullptr || !value->is_array()) {
        const std::size_t side = count(key, byDefault, most);
        return {side, side};
    }
    const auto fits = [most](const Json& side) {
        return side.is_number_unsigned() && side.get<std::uint64_t>() >= 1 && side.get<std::uint64_t>() <= most;
    };
    if (value->size() != 2 || !fits(value->at(0)) || !fits(value->at(1)))
        refuseKey(key, "height and width, whole numbers from 1 to " + std::to_string(most), shown(*value));
    return {value->at(0).get<std::size_t>(), value->at(1).get<std::size_t>()};
}

double Config::positive(std::string_view key, double byDefault) const
{
    const Json* value = find(key);
    if (value == nullptr)
        return byDefault;
    if (!value->is_number() || !(value->get<double>() > 0.0) || !std::isfinite(value->get<double>()))
        refuseKey(key, "a number greater than 0", shown(*value));
    return value->get<double>();
}

bool Config::flag(std::string_view key, bool byDefault) const
{
    const Json* value = find(key);
    if (value == nullptr)
        return byDefault;
    if (!value->is_boolean())
        refuseKey(key, "true or false", shown(*value));
    return value->get<bool>();
}

std::string Config::text(std::string_view key, std::string_view byDefault) const
{
    const Json* value = find(key);
    if (value == nullptr)
        return std::string(byDefault);
    if (!value->is_string())
        refuseKey(key, "a text", shown(*value));
    return value->get<std::string>();
}

Activation Config::activation(std::string_view key, std::string_view byDefault) const
{
    const std::string name = text(key, byDefault);
    const auto found = activationNamed(name);
    if (!found)
        refuseKey(key, "gelu, gelu_new, gelu_pytorch_tanh, quick_gelu, relu, silu, swish or tanh",
                  "\"" + printable(name, 60) + "\"", "Models with this activation are not supported.");
    return *found;
}

std::vector<std::string> Config::labels() const
{
    const Json* value = find("id2label");
    if (value == nullptr)
        return {};
    if (!value->is_object())
        refuseKey("id2label", "an object", value->type_name());
    std::vector<std::string> labels;
    for (std::size_t index = 0; index < value->size(); ++index) {
        const auto label = value->find(std::to_string(index));
        if (label == value->end() || !label->is_string())
            refuseKey("id2label", "a text for label " + std::to_string(index),
                      label == value->end() ? "none" : shown(*label));
        labels.push_back(printable(label->get<std::string>()));
    }
    return labels;
}

std::string Config::className() const
{
    const Json* value = find("architectures");
    if (value == nullptr || !value->is_array() || value->empty() || !value->front().is_string())
        return {};
    return printable(value->front().get<std::string>(), 80);
}

std::size_t Config::headSize(std::string_view widthKey, std::size_t width, std::string_view headsKey,
                             std::size_t heads) const
{
    if (width % heads != 0)
        refuseKey(headsKey, "a divisor of " + std::string(widthKey) + " = " + std::to_string(width),
                  std::to_string(heads));
    return width / heads;
}

bool Config::isFalse(std::string_view key) const
{
    const Json* value = find(key);
    return value != nullptr && value->is_boolean() && !value->get<bool>();
}

void Config::requireOff(std::string_view key, const std::string& reason) const
{
    if (flag(key, false))
        refuseKey(key, "false", "true", reason);
}

StackInfo readEncoderSizes(const Config& config, const UsualSizes& usual)
{
    StackInfo stack;
    stack.layers = config.count("num_hidden_layers", usual.layers, kMostLayers);
    stack.heads = config.count("num_attention_heads", usual.heads, kMostHeads);
    stack.width = config.count("hidden_size", usual.width, kMostWidth);
    stack.headSize = config.headSize("hidden_size", stack.width, "num_attention_heads", stack.heads);
    stack.feedForwardSize = config.count("intermediate_size", usual.feedForward, kMostWidth);
    return stack;
}

StackInfo readDecoderSizes(const Config& config)
{
    StackInfo stack;
    stack.name = "text";
    stack.layers = config.count("n_layer", 12, kMostLayers);
    stack.heads = config.count("n_head", 12, kMostHeads);
    stack.width = config.count("n_embd", 768, kMostWidth);
    stack.headSize = config.headSize("n_embd", stack.width, "n_head", stack.heads);
    stack.feedForwardSize = 4 * stack.width;
    stack.causal = true;
    return stack;
}

std::string modelTypeOf(const Json& config)
{
    if (!config.is_object())
        return {};
    const auto type = config.find("model_type");
    return type != config.end() && type->is_string() ? type->get<std::string>() : std::string();
}

}  // namespace ketscope
