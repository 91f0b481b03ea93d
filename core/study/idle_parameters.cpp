// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/idle_parameters.h"

#include <algorithm>
#include <utility>

namespace ketscope {

namespace {

// The outermost parameter whose condition does not hold; null where all do.
const Parameter* unmet(const Parameters& parameters, const Parameter& parameter)
{
    if (parameters.isShown(parameter))
        return nullptr;
    const auto& all = parameters.definitions();
    const auto parent = std::ranges::find(all, parameter.shownWhen, &Parameter::id);
    const Parameter* const outer = parent == all.end() ? nullptr : unmet(parameters, *parent);
    return outer == nullptr ? &parameter : outer;
}

}  // namespace

std::string missingCondition(const Parameters& parameters, const Parameter& parameter)
{
    const Parameter* const of = unmet(parameters, parameter);
    if (of == nullptr)
        return "";
    if (of->shownIf != nullptr && !of->shownIf(parameters))
        return of->shownIfWords;
    std::string text = of->shownWhen + "=" + of->shownWhenIn.front();
    for (std::size_t i = 1; i < of->shownWhenIn.size(); ++i)
        text += (i + 1 == of->shownWhenIn.size() ? " or " : ", ") + of->shownWhenIn[i];
    return text;
}

std::string missingCondition(const PlanEntry& entry, const Parameter& parameter, const ModelInfo& model)
{
    const std::string missing = missingCondition(entry.parameters, parameter);
    if (!missing.empty() || !parameter.causalOnly)
        return missing;
    const bool causal = std::ranges::any_of(model.stacks, [&](const StackInfo& stack) {
        return stack.causal && (entry.stack.empty() || entry.stack == stack.name);
    });
    return causal ? "" : "a causal mask, which this model does not have";
}

std::vector<std::string> idleChanges(const PlanEntry& entry, const ModelInfo& model)
{
    const Parameters defaults = entry.mechanism->defaults();
    std::vector<std::pair<std::string, std::string>> byCondition;  // ids of parameters, in their order
    std::vector<bool> several;
    for (const Parameter& parameter : entry.parameters.definitions()) {
        const std::string missing = missingCondition(entry, parameter, model);
        if (missing.empty() || entry.parameters.real(parameter.id) == defaults.real(parameter.id))
            continue;
        const auto known = std::ranges::find(byCondition, missing, &std::pair<std::string, std::string>::first);
        if (known == byCondition.end()) {
            byCondition.emplace_back(missing, parameter.id);
            several.push_back(false);
        } else {
            known->second += ", " + parameter.id;
            several[static_cast<std::size_t>(known - byCondition.begin())] = true;
        }
    }
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < byCondition.size(); ++i)
        lines.push_back(entry.mechanism->info().id + ": " + byCondition[i].second
                        + (several[i] ? " change" : " changes") + " nothing without " + byCondition[i].first + ".");
    return lines;
}

std::vector<std::string> idleChanges(const std::vector<Plan>& plans, const ModelInfo& model)
{
    std::vector<std::string> lines;
    for (const Plan& plan : plans)
        for (const PlanEntry& entry : plan.entries)
            for (std::string& line : idleChanges(entry, model))
                if (std::ranges::find(lines, line) == lines.end())
                    lines.push_back(std::move(line));
    return lines;
}

}  // namespace ketscope
