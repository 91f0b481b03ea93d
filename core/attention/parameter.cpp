// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/parameter.h"

#include "core/base/error.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace ketscope {

namespace {

std::string rangeOf(const Parameter& parameter)
{
    switch (parameter.kind) {
    case ParameterKind::Choice: {
        std::string list;
        for (const std::string& choice : parameter.choices)
            list += (list.empty() ? "" : ", ") + choice;
        return "one of " + list;
    }
    case ParameterKind::Flag: return "on or off";
    case ParameterKind::Integer:
    case ParameterKind::Real: break;
    }
    return std::string(parameter.kind == ParameterKind::Integer ? "a whole number" : "a number") + " from "
           + shortestNumber(parameter.minimum) + " to " + shortestNumber(parameter.maximum);
}

[[noreturn]] void refuseValue(const Parameter& parameter, const std::string& found)
{
    refuse({"parameter " + parameter.id, rangeOf(parameter), "\"" + found + "\"", ""});
}

}  // namespace

std::string shortestNumber(double value)
{
    char text[40];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return {text, end};
}

Parameters::Parameters(const std::vector<Parameter>& definitions) : m_definitions(&definitions)
{
    for (const Parameter& parameter : definitions)
        m_values[parameter.id] = parameter.initial;
}

const Parameter& Parameters::definition(std::string_view id) const
{
    std::string known;
    for (const Parameter& parameter : *m_definitions) {
        if (parameter.id == id)
            return parameter;
        known += (known.empty() ? "" : ", ") + parameter.id;
    }
    refuse({"parameters", known.empty() ? "none" : "one of " + known, "\"" + std::string(id) + "\"", ""});
}

double Parameters::real(std::string_view id) const
{
    definition(id);
    return m_values.find(id)->second;
}

std::int64_t Parameters::integer(std::string_view id) const { return static_cast<std::int64_t>(real(id)); }

const std::string& Parameters::choice(std::string_view id) const
{
    return definition(id).choices[static_cast<std::size_t>(integer(id))];
}

bool Parameters::flag(std::string_view id) const { return real(id) != 0.0; }

void Parameters::set(std::string_view id, double value)
{
    const Parameter& parameter = definition(id);
    const bool choice = parameter.kind == ParameterKind::Choice;
    const double low = choice || parameter.kind == ParameterKind::Flag ? 0.0 : parameter.minimum;
    const double high = choice                                  ? static_cast<double>(parameter.choices.size()) - 1.0
                        : parameter.kind == ParameterKind::Flag ? 1.0
                                                                : parameter.maximum;
    const bool whole = parameter.kind == ParameterKind::Real || value == std::floor(value);
    if (!(value >= low && value <= high) || !whole)
        refuseValue(parameter, shortestNumber(value));
    m_values[parameter.id] = value;
}

void Parameters::setText(std::string_view id, std::string_view text)
{
    const Parameter& parameter = definition(id);
    if (parameter.kind == ParameterKind::Choice) {
        const auto found = std::ranges::find(parameter.choices, text);
        if (found == parameter.choices.end())
            refuseValue(parameter, std::string(text));
        return set(id, static_cast<double>(found - parameter.choices.begin()));
    }
    if (parameter.kind == ParameterKind::Flag) {
        if (text != "on" && text != "off")
            refuseValue(parameter, std::string(text));
        return set(id, text == "on" ? 1.0 : 0.0);
    }
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        refuseValue(parameter, std::string(text));
    set(id, value);
}

std::string Parameters::text(std::string_view id) const
{
    const Parameter& parameter = definition(id);
    if (parameter.kind == ParameterKind::Choice)
        return choice(id);
    if (parameter.kind == ParameterKind::Flag)
        return flag(id) ? "on" : "off";
    return shortestNumber(real(id));
}

bool Parameters::isShown(const Parameter& parameter) const
{
    if (parameter.shownIf != nullptr && !parameter.shownIf(*this))
        return false;
    if (parameter.shownWhen.empty())
        return true;
    return std::ranges::find(parameter.shownWhenIn, text(parameter.shownWhen)) != parameter.shownWhenIn.end()
           && isShown(definition(parameter.shownWhen));
}

}  // namespace ketscope
