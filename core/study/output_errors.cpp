// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/output_errors.h"

#include "core/attention/left_out_draws.h"
#include "core/base/memory.h"
#include "core/base/parallel.h"
#include "core/study/comparison_run.h"
#include "core/study/repeat_record.h"
#include "core/study/run_memory.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

using KeptMaps = std::vector<std::vector<std::uint8_t>>;

KeptMaps noMaps(const ModelInfo& model)
{
    KeptMaps none;
    for (const StackInfo& stack : model.stacks)
        none.emplace_back(stack.layers, std::uint8_t{0});
    return none;
}

// A plan whose heads leave out one group of their draws, with the mechanisms that do.
struct LeftOutPlan {
    std::vector<std::unique_ptr<const Mechanism>> mechanisms;
    std::shared_ptr<const HeadPlan> plan;

    LeftOutPlan(Plan entries, const Comparison& comparison, std::uint64_t group, std::uint64_t groups)
    {
        for (PlanEntry& entry : entries.entries)
            if (drawsOf(*entry.mechanism, entry.parameters) > 1) {
                mechanisms.push_back(withoutDrawGroup(*entry.mechanism, group, groups));
                entry.mechanism = mechanisms.back().get();
            }
        plan = std::make_shared<const HeadPlan>(resolve(entries, comparison.model, comparison.study.seed));
    }
};

std::shared_ptr<const Trace> runLeftOut(const Comparison& comparison, std::size_t trace, const HeadPlan& plan,
                                        const Model& model, Monitor& monitor)
{
    ForwardRequest request{.input = &comparison.input.model, .plan = &plan};
    request.resumeFrom = comparison.traces[0].get();
    for (std::size_t stack = 0; stack < comparison.model.stacks.size(); ++stack)
        request.firstLayers.push_back(comparison.plans[trace]->firstPatchedLayer(stack));
    request.standardErrors = false;
    request.keepMaps = noMaps(comparison.model);
    auto outputs = std::make_shared<Trace>();
    outputs->outputs = model.forward(request, monitor).outputs;
    return outputs;
}

std::uint64_t memoryOf(const Comparison& comparison, std::size_t trace, std::uint64_t groups)
{
    std::uint64_t outputs = 0;
    for (const auto& [name, values] : comparison.traces[trace]->outputs)
        outputs += values->size() * sizeof(float);
    return groups * outputs
           + memoryOfRun(comparison.model, comparison.input.model, *comparison.plans[trace], true,
                         noMaps(comparison.model))
                 .total();
}

// The groups of a candidate whose errors can be known and were not looked for; else 0.
std::uint64_t groupsLacking(const Comparison& comparison, std::size_t trace)
{
    if (trace > comparison.study.candidates.size() || !planIsKnown(comparison, trace)
        || comparison.traces[trace]->outputs.empty() || !comparison.recordedTitles.empty())
        return 0;
    const TraceRepeats* known = repeatsOf(comparison, trace);
    if (known != nullptr && (known->asked || !known->leftOut.empty() || !known->noErrors.empty()))
        return 0;
    return jackknifeGroups(comparison.study.candidates[trace - 1]);
}

TraceRepeats withErrors(const Comparison& comparison, std::size_t trace, const LoadedModel& model, Monitor& monitor)
{
    const TraceRepeats* known = repeatsOf(comparison, trace);
    TraceRepeats repeats = known == nullptr ? TraceRepeats{comparison.traces[trace]} : *known;
    const std::uint64_t groups = groupsLacking(comparison, trace);
    const std::uint64_t needed = memoryOf(comparison, trace, groups), available = availableMemory();
    if (needed > available) {
        repeats.noErrors = "the errors of " + traceTag(trace) + "'s outputs need " + bytesText(needed) + ", "
                           + bytesText(available) + " are free";
        return repeats;
    }
    for (std::uint64_t group = 0; group < groups; ++group) {
        const LeftOutPlan left(comparison.study.candidates[trace - 1], comparison, group, groups);
        const auto part = [&](std::uint64_t at) { return static_cast<double>(at) / static_cast<double>(groups); };
        PartMonitor share(monitor, part(group), part(group + 1), {},
                          "Errors of " + traceTag(trace) + "'s outputs: pass " + std::to_string(group + 1) + " of "
                              + std::to_string(groups));
        repeats.leftOut.push_back(runLeftOut(comparison, trace, *left.plan, *model.model, share));
    }
    return repeats;
}

}  // namespace

double jackknifeError(std::span<const double> leftOut)
{
    const auto groups = static_cast<double>(leftOut.size());
    if (leftOut.size() < 2)
        return std::numeric_limits<double>::quiet_NaN();
    const double mean = std::accumulate(leftOut.begin(), leftOut.end(), 0.0) / groups;
    double squares = 0.0;
    for (const double value : leftOut)
        squares += (value - mean) * (value - mean);
    return std::sqrt((groups - 1.0) / groups * squares);
}

std::uint64_t jackknifeGroups(const Plan& plan)
{
    const std::uint64_t draws = leastDraws(plan);
    return draws < 2 ? 0 : std::min(draws, kMostGroups);
}

bool lacksOutputErrors(const Comparison& comparison)
{
    for (std::size_t trace = 1; trace < comparison.traces.size(); ++trace)
        if (groupsLacking(comparison, trace) > 0)
            return true;
    return false;
}

ComparisonPointer withOutputErrors(const ComparisonPointer& comparison, const LoadedModel& model, int threads,
                                   Monitor& monitor)
{
    setThreads(threads);
    auto with = std::make_shared<Comparison>(*comparison);
    for (std::size_t trace = 1; trace < with->traces.size(); ++trace)
        if (groupsLacking(*with, trace) > 0)
            with->repeats = withRepeatsOf(with->repeats.get(), withErrors(*with, trace, model, monitor));
    return with;
}

bool hasOutputErrors(const Comparison& comparison, std::size_t trace)
{
    const TraceRepeats* known = repeatsOf(comparison, trace);
    return known != nullptr && !known->leftOut.empty();
}

std::vector<double> outputErrors(const Comparison& comparison,
                                 const std::function<std::vector<double>(const Comparison&)>& numbers)
{
    std::vector<double> errors(comparison.traces.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t trace = 1; trace < errors.size(); ++trace) {
        if (!hasOutputErrors(comparison, trace))
            continue;
        Comparison without = comparison;
        std::vector<double> leftOut;
        for (const auto& pass : repeatsOf(comparison, trace)->leftOut) {
            without.traces[trace] = pass;
            leftOut.push_back(numbers(without).at(trace));
        }
        errors[trace] = jackknifeError(leftOut);
    }
    return errors;
}

}  // namespace ketscope
