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
};
constexpr Property kProperties[] = {
    {"row_stochastic", "rows sum to one", &MechanismProperties::rowStochastic},
    {"causal_safe", "causal", &MechanismProperties::causalSafe},
    {"sampled", "sampled", &MechanismProperties::sampled},
    {"random_features", "random features", &MechanismProperties::randomFeatures},
    {"signed_weights", "signed weights", &MechanismProperties::signedWeights},
    {"gives_standard_error", "gives standard errors", &MechanismProperties::givesStandardError},
};

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

std::string mechanismText(const Mechanism& mechanism)
{
    const MechanismInfo& info = mechanism.info();
    std::vector<std::string> properties;
    for (const Property& property : kProperties)
        if (info.properties.*property.member)
            properties.emplace_back(property.text);
    std::string text = info.id + ": " + info.title + "\n  " + info.formula + "\n  " + joined(properties, " · ") + "\n";
    if (info.parameters.empty())
        return text;
    const Parameters defaults = mechanism.defaults();
    std::vector<TableRow> rows = {{"", "parameter", "default", "range", "meaning"}};
    for (const Parameter& parameter : info.parameters)
        rows.push_back({"", parameter.id, defaults.text(parameter.id), rangeText(parameter), parameter.title});
    return text + formatTable(rows, 5);
}

Json parameterJson(const Parameter& parameter, const Parameters& defaults)
{
    Json json = {
        {"id", parameter.id},     {"title", parameter.title},         {"symbol", parameter.symbol},
        {"help", parameter.help}, {"kind", kindName(parameter.kind)}, {"default", defaults.text(parameter.id)}};
    if (parameter.kind == ParameterKind::Choice)
        json["choices"] = parameter.choices;
    if (parameter.kind == ParameterKind::Integer || parameter.kind == ParameterKind::Real) {
        json["minimum"] = parameter.minimum;
        json["maximum"] = parameter.maximum;
        json["logarithmic"] = parameter.logarithmic;
    }
    if (!parameter.shownWhen.empty())
        json["meaningful_when"] = {{"parameter", parameter.shownWhen}, {"is_one_of", parameter.shownWhenIn}};
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
