// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "core/attention/mechanism.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

struct Property {
    const char* id;
    const char* text;
    bool MechanismProperties::*member;
    bool saidWhen = true;  // the value that is worth a word
};
constexpr Property kProperties[] = {
    {"row_stochastic", "rows sum to one", &MechanismProperties::rowStochastic},
    {"causal_safe", "causal", &MechanismProperties::causalSafe},
    {"sampled", "sampled", &MechanismProperties::sampled},
    {"random_features", "random features", &MechanismProperties::randomFeatures},
    {"signed_weights", "signed weights", &MechanismProperties::signedWeights},
    {"gives_standard_error", "gives standard errors", &MechanismProperties::givesStandardError},
    {"linear_time", "output in linear time", &MechanismProperties::linearTime},
    {"uses_key_order", "depends on the order of keys", &MechanismProperties::usesKeyOrder},
    {"weighs_values", "makes its own values", &MechanismProperties::weighsValues, false},
    {"cross_attention", "no cross-attention", &MechanismProperties::crossAttention, false},
};

const char* gradientName(GradientKind kind)
{
    switch (kind) {
    case GradientKind::None: return "none";
    case GradientKind::Exact: return "exact";
    case GradientKind::Expected: return "expected";
    case GradientKind::StraightThrough: return "straight-through";
    case GradientKind::ScoreFunction: return "score-function";
    }
    return "";
}

const char* kindName(ParameterKind kind)
{
    switch (kind) {
    case ParameterKind::Integer: return "integer";
    case ParameterKind::Real: return "real";
    case ParameterKind::Choice: return "choice";
    case ParameterKind::Flag: return "flag";
    }
    return "";
}

std::string rangeText(const Parameter& parameter)
{
    if (parameter.kind == ParameterKind::Choice)
        return joined(parameter.choices, ", ");
    if (parameter.kind == ParameterKind::Flag)
        return "on, off";
    return shortestNumber(parameter.minimum) + " … " + shortestNumber(parameter.maximum);
}

// The choices that reproduce published code, with what is wrong with each.
std::string faultsText(const MechanismInfo& info)
{
    std::string text;
    for (const Parameter& parameter : info.parameters)
        for (std::size_t i = 0; i < parameter.choiceFaults.size(); ++i)
            if (!parameter.choiceFaults[i].empty())
                text += "  as published: " + parameter.id + "=" + parameter.choices[i] + ": "
                        + parameter.choiceFaults[i] + "\n";
    return text;
}

std::vector<TableRow> parameterRows(const Mechanism& mechanism)
{
    const Parameters defaults = mechanism.defaults();
    std::vector<TableRow> rows = {{"", "parameter", "default", "range", "meaning"}};
    for (const Parameter& parameter : mechanism.info().parameters) {
        const std::string group = parameter.group.empty() ? "" : parameter.group + ": ";
        rows.push_back({"", parameter.id, defaults.text(parameter.id), rangeText(parameter), group + parameter.title});
    }
    return rows;
}

std::string mechanismText(const Mechanism& mechanism)
{
    const MechanismInfo& info = mechanism.info();
    std::vector<std::string> properties;
    for (const Property& property : kProperties)
        if (info.properties.*property.member == property.saidWhen)
            properties.emplace_back(property.text);
    if (info.properties.gradient != GradientKind::None)
        properties.push_back(std::string("gradient: ") + gradientName(info.properties.gradient));
    std::string text = info.id + ": " + info.title + "\n  " + info.formula + "\n  " + joined(properties, " · ") + "\n";
    if (!info.parameters.empty())
        text += formatTable(parameterRows(mechanism), 5);
    return text + faultsText(info);
}

Json parameterJson(const Parameter& parameter, const Parameters& defaults)
{
    Json json = {
        {"id", parameter.id},     {"title", parameter.title},         {"symbol", parameter.symbol},
        {"help", parameter.help}, {"kind", kindName(parameter.kind)}, {"default", defaults.text(parameter.id)}};
    json["group"] = parameter.group;
    if (parameter.kind == ParameterKind::Choice)
        json["choices"] = parameter.choices;
    for (std::size_t i = 0; i < parameter.choiceFaults.size(); ++i)
        if (!parameter.choiceFaults[i].empty())
            json["as_published"][parameter.choices[i]] = parameter.choiceFaults[i];
    if (parameter.kind == ParameterKind::Integer || parameter.kind == ParameterKind::Real) {
        json["minimum"] = parameter.minimum;
        json["maximum"] = parameter.maximum;
        json["logarithmic"] = parameter.logarithmic;
    }
    if (!parameter.shownWhen.empty())
        json["meaningful_when"] = {{"parameter", parameter.shownWhen}, {"is_one_of", parameter.shownWhenIn}};
    if (parameter.shownIf != nullptr)
        json["meaningful_if"] = parameter.shownIfWords;
    json["causal_only"] = parameter.causalOnly;
    return json;
}

Json mechanismJson(const Mechanism& mechanism)
{
    const MechanismInfo& info = mechanism.info();
    const Parameters defaults = mechanism.defaults();
    Json parameters = Json::array();
    for (const Parameter& parameter : info.parameters)
        parameters.push_back(parameterJson(parameter, defaults));
    Json properties;
    for (const Property& property : kProperties)
        properties[property.id] = info.properties.*property.member;
    properties["gradient"] = gradientName(info.properties.gradient);
    return {{"id", info.id},         {"title", info.title},      {"formula", info.formula}, {"summary", info.summary},
            {"source", info.source}, {"parameters", parameters}, {"properties", properties}};
}

void listMechanisms(const CommonOptions& options)
{
    if (options.json) {
        Json list = Json::array();
        for (const Mechanism* mechanism : mechanisms())
            list.push_back(mechanismJson(*mechanism));
        printJson(list);
        return;
    }
    std::string text;
    for (const Mechanism* mechanism : mechanisms())
        text += (text.empty() ? "" : "\n") + mechanismText(*mechanism);
    std::cout << text;
}

}  // namespace

void addMechanisms(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("mechanisms", "List the mechanisms, their parameters and properties");
    const auto options = std::make_shared<CommonOptions>();
    addCommonOptions(*command, *options);
    command->callback([options] { listMechanisms(*options); });
}

}  // namespace ketscope
