// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

namespace ketscope::test {

struct Variant {
    std::string name;
    Parameters parameters;
};

// Gives the parents of a conditional parameter values under which it has a meaning.
inline void showParameter(Parameters& parameters, const Parameter& parameter)
{
    if (parameters.isShown(parameter))
        return;
    if (parameter.shownIf != nullptr && !parameter.shownIf(parameters)) {
        const std::string& words = parameter.shownIfWords;
        const std::size_t value = words.find('=') + 1;
        parameters.setText(words.substr(0, value - 1), words.substr(value, words.find(' ') - value));
        return showParameter(parameters, parameter);
    }
    const auto& all = parameters.definitions();
    showParameter(parameters, *std::ranges::find(all, parameter.shownWhen, &Parameter::id));
    parameters.setText(parameter.shownWhen, parameter.shownWhenIn.front());
}

inline std::vector<std::string> edgeValues(const Parameter& parameter)
{
    switch (parameter.kind) {
    case ParameterKind::Choice: return parameter.choices;
    case ParameterKind::Flag: return {"on", "off"};
    case ParameterKind::Integer:
    case ParameterKind::Real: break;
    }
    return {shortestNumber(parameter.minimum), shortestNumber(parameter.maximum)};
}

// All values, as one text.
inline std::string textOf(const Parameters& parameters)
{
    std::string text;
    for (const Parameter& parameter : parameters.definitions())
        text += parameter.id + "=" + parameters.text(parameter.id) + ",";
    return text;
}

// The defaults; every choice, both values of every flag and both ends of every range, one parameter at a time; and every
// choice together with every other choice. No combination twice.
inline std::vector<Variant> variantsOf(const Mechanism& mechanism)
{
    std::vector<Variant> variants{{"defaults", mechanism.defaults()}};
    std::set<std::string> known = {textOf(mechanism.defaults())};
    const auto add = [&](const Parameters& base, const Parameter& parameter, const std::string& before) {
        for (const std::string& value : edgeValues(parameter)) {
            Parameters changed = base;
            showParameter(changed, parameter);
            changed.setText(parameter.id, value);
            if (known.insert(textOf(changed)).second)
                variants.push_back({before + parameter.id + "=" + value, changed});
        }
    };
    const auto& definitions = mechanism.info().parameters;
    for (const Parameter& parameter : definitions)
        add(mechanism.defaults(), parameter, "");
    for (const Parameter& parameter : definitions)
        for (const std::string& choice : parameter.choices) {
            Parameters base = mechanism.defaults();
            showParameter(base, parameter);
            base.setText(parameter.id, choice);
            for (const Parameter& other : definitions)
                if (other.id != parameter.id && other.kind == ParameterKind::Choice && base.isShown(other))
                    add(base, other, parameter.id + "=" + choice + ",");
        }
    return variants;
}

inline std::vector<std::string> mechanismIds()
{
    std::vector<std::string> ids;
    for (const Mechanism* mechanism : mechanisms())
        ids.push_back(mechanism->info().id);
    return ids;
}

// A mechanism's id as the name of its instance of a test suite.
inline std::string nameOfInstance(const testing::TestParamInfo<std::string>& instance)
{
    std::string name = instance.param;
    std::ranges::replace(name, '-', '_');
    return name;
}

}  // namespace ketscope::test
