// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/comparison.h"

#include "core/base/error.h"
#include "core/study/comparison_run.h"
#include "core/study/repeat_record.h"

#include <algorithm>

namespace ketscope {

ComparisonPointer runStudy(const Study& study, const LoadedModel& model, const ComparisonPointer& previous, int threads,
                           Monitor& monitor)
{
    ComparisonRun run(study, model, previous, threads);
    for (std::size_t trace = 0; trace < run.traces(); ++trace) {
        const auto known = run.known(trace);
        PartMonitor share = run.share(trace, monitor);
        run.take(known ? known : run.compute(trace, *run.comparison().plans[trace], share));
    }
    return run.result();
}

ComparisonPointer runAgain(const Comparison& like, EncodedInput input, const LoadedModel& model, int threads,
                           Monitor& monitor)
{
    for (const auto& plan : like.plans)
        if (!plan)
            refuse({"attention that was captured", "a plan that can be run", "none", "Run a model instead."});
    ComparisonRun run(like, std::move(input), model, threads);
    for (std::size_t trace = 0; trace < run.traces(); ++trace) {
        PartMonitor share = run.share(trace, monitor);
        run.take(run.compute(trace, *run.comparison().plans[trace], share));
    }
    return run.result();
}

namespace {

// The layer closest to `layer` whose maps were kept; the lower one of two.
std::size_t nearestKept(const std::vector<TensorPointer>& maps, std::size_t layer)
{
    for (std::size_t distance = 0; distance < maps.size(); ++distance) {
        if (distance <= layer && maps.at(layer - distance))
            return layer - distance;
        if (layer + distance < maps.size() && maps[layer + distance])
            return layer + distance;
    }
    return layer;
}

}  // namespace

Selection clamped(Selection selection, const Comparison& comparison)
{
    const auto inside = [](std::size_t& index, std::size_t count) {
        index = count == 0 ? 0 : std::min(index, count - 1);
    };
    const std::vector<StackInfo>& stacks = comparison.model.stacks;
    inside(selection.stack, stacks.size());
    inside(selection.layer, stacks.empty() ? 0 : stacks[selection.stack].layers);
    inside(selection.head, stacks.empty() ? 0 : stacks[selection.stack].heads);
    const bool run = !comparison.traces.empty() && !stacks.empty();
    if (run)
        selection.layer = nearestKept(comparison.traces.front()->stacks.at(selection.stack).attention, selection.layer);
    const TensorPointer map =
        run ? comparison.traces.front()->stacks.at(selection.stack).attention.at(selection.layer) : nullptr;
    inside(selection.query, map ? map->shape().at(1) : comparison.input.tokens.size());
    inside(selection.key, map ? map->shape().at(2) : comparison.input.tokens.size());
    return selection;
}

bool planIsKnown(const Comparison& comparison, std::size_t trace)
{
    return trace < comparison.plans.size() && comparison.plans[trace] != nullptr;
}

bool mayDiffer(const Comparison& comparison, std::size_t trace, std::size_t stack, std::size_t layer, std::size_t head)
{
    return trace > 0 && (!planIsKnown(comparison, trace) || comparison.plans[trace]->isPatched(stack, layer, head));
}

std::string traceTag(std::size_t index)
{
    return index < 26 ? std::string(1, static_cast<char>('A' + index)) : std::to_string(index + 1);
}

namespace {

// One parameter in a title: numbers always, choices and flags only when they are not as usual, and so counts that usually
// are at their least, such as one repeat.
std::string parameterText(const Parameters& parameters, const Parameter& parameter)
{
    const double value = parameters.real(parameter.id);
    const bool usual = value == parameter.initial;
    switch (parameter.kind) {
    case ParameterKind::Choice: {
        const auto choice = static_cast<std::size_t>(value);
        const std::string named =
            parameter.choices[choice] == "none" ? parameter.title + ": none" : parameter.choiceTitles[choice];
        return usual ? "" : named;
    }
    case ParameterKind::Flag: return usual ? "" : value != 0.0 ? parameter.title : "not: " + parameter.title;
    case ParameterKind::Integer:
        if (usual && value == parameter.minimum)
            return "";
        break;
    case ParameterKind::Real: break;
    }
    return (parameter.symbol.empty() ? parameter.title : parameter.symbol) + " " + parameters.text(parameter.id);
}

// `repeats` in place of the parameter of that name; empty = as that one is.
std::string parameterList(const Parameters& parameters, const std::string& repeats = {})
{
    std::string list;
    for (const Parameter& parameter : parameters.definitions()) {
        if (!parameters.isShown(parameter))
            continue;
        const std::string text =
            parameter.id == "repeats" && !repeats.empty() ? repeats : parameterText(parameters, parameter);
        if (!text.empty())
            list += (list.empty() ? "" : " · ") + text;
    }
    return list;
}

}  // namespace

TraceTitle traceTitle(const Comparison& comparison, std::size_t trace)
{
    if (trace < comparison.recordedTitles.size())
        return comparison.recordedTitles[trace];
    const auto own = comparison.model.stacks.empty() ? nullptr : comparison.model.stacks.front().own;
    const auto hasOwn = [](const StackInfo& stack) { return !stack.ownHeads.empty(); };
    const bool mixed = std::ranges::any_of(comparison.model.stacks, hasOwn);
    const std::string unpatched = mixed ? "As trained" : own ? own->mechanism->info().shortTitle : "Exact softmax";
    if (trace == 0 || trace > comparison.study.candidates.size())
        return {unpatched, own && !mixed ? parameterList(own->parameters) : ""};
    const std::vector<PlanEntry>& entries = comparison.study.candidates[trace - 1].entries;
    if (entries.empty())
        return {unpatched, "no head patched"};
    const std::string stage = stageText(comparison, trace);
    if (entries.size() > 1)
        return {"Mixed plan", std::to_string(entries.size()) + " entries" + (stage.empty() ? "" : " · " + stage)};
    const PlanEntry& entry = entries.front();
    const std::string mark = publishedFaults(entry.parameters).empty() ? "" : " (as published)";
    return {entry.mechanism->info().shortTitle + mark, parameterList(entry.parameters, stage)};
}

}  // namespace ketscope
