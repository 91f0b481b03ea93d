// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/comparison.h"

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/parallel.h"
#include "core/study/run_memory.h"

#include <algorithm>
#include <chrono>

namespace ketscope {

namespace {

// Shows one trace's work as its share of the whole run.
class ShareMonitor : public Monitor {
public:
    ShareMonitor(Monitor& whole, std::size_t part, std::size_t parts)
        : m_whole(whole), m_part(static_cast<double>(part)), m_parts(static_cast<double>(parts)), m_tag(traceTag(part))
    {
    }
    bool cancelled() const noexcept override { return m_whole.cancelled(); }
    void progress(double fraction, std::string_view what) override
    {
        m_whole.progress((m_part + fraction) / m_parts, m_tag + ": " + std::string(what));
    }

private:
    Monitor& m_whole;
    double m_part;
    double m_parts;
    std::string m_tag;
};

// Everything that `previous` has and `next` may reuse: same weights, same numbers going in.
bool sameGround(const Comparison& previous, const Comparison& next)
{
    return previous.weightsSha256 == next.weightsSha256 && previous.model.path == next.model.path
           && previous.input.model == next.input.model && previous.recordedTitles.empty()
           && previous.study.keptLayers == next.study.keptLayers;
}

// A large picture takes longer to make ready than a small model to run: the same one is not done twice.
EncodedInput inputOf(const Comparison& next, const LoadedModel& model, const Comparison* previous)
{
    const bool same = previous != nullptr && previous->study.input == next.study.input
                      && previous->weightsSha256 == next.weightsSha256 && previous->model.path == next.model.path
                      && previous->recordedTitles.empty();
    return same ? previous->input : encodeInput(next.study.input, next.model, model.tokenizer.get());
}

std::shared_ptr<const Trace> reusable(const Comparison* previous, const Comparison& next, std::size_t trace)
{
    if (previous == nullptr || previous->traces.empty() || !sameGround(*previous, next))
        return nullptr;
    if (trace == 0)
        return previous->traces[0];
    // A plan is known by what it says, not by where it stands: candidates may have been moved, copied or removed.
    if (previous->study.seed != next.study.seed)
        return nullptr;
    const auto& plans = previous->study.candidates;
    const auto same = std::ranges::find(plans, next.study.candidates[trace - 1]);
    const auto at = static_cast<std::size_t>(same - plans.begin()) + 1;
    return same != plans.end() && at < previous->traces.size() ? previous->traces[at] : nullptr;
}

using KeptMaps = std::vector<std::vector<std::uint8_t>>;

// As ForwardRequest::keepMaps. Patched layers are what a comparison is about: they must be among those that are kept.
KeptMaps keptMaps(const Comparison& comparison)
{
    const std::vector<std::size_t>& layers = comparison.study.keptLayers;
    KeptMaps kept;
    std::size_t most = 0;
    for (std::size_t s = 0; s < comparison.model.stacks.size() && !layers.empty(); ++s) {
        const StackInfo& stack = comparison.model.stacks[s];
        most = std::max(most, stack.layers);
        std::vector<std::uint8_t>& flags = kept.emplace_back(stack.layers, std::uint8_t{0});
        for (const std::size_t layer : layers)
            if (layer < stack.layers)
                flags[layer] = 1;
        if (std::ranges::find(flags, 1) == flags.end())
            throw KeptLayersError({"kept layers", "at least one of the stack " + stack.name, "none",
                                   "Name one from 0 to " + std::to_string(stack.layers - 1) + "."});
        for (const auto& plan : comparison.plans)
            for (std::size_t layer = plan->firstPatchedLayer(s); layer < stack.layers; ++layer)
                for (std::size_t head = 0; head < stack.heads; ++head)
                    if (plan->isPatched(s, layer, head) && flags[layer] == 0)
                        throw KeptLayersError({"kept layers", "every patched layer",
                                               "not layer " + std::to_string(layer),
                                               "Keep it too, or patch fewer layers."});
    }
    for (const std::size_t layer : layers)
        if (layer >= most)
            throw KeptLayersError(
                {"kept layers", "layers from 0 to " + std::to_string(most - 1), std::to_string(layer), ""});
    return kept;
}

std::shared_ptr<const Trace> runTrace(const Comparison& comparison, const Model& model, std::size_t index,
                                      const KeptMaps& kept, Monitor& monitor)
{
    const HeadPlan& plan = *comparison.plans[index];
    ForwardRequest request{.input = &comparison.input.model, .plan = &plan};
    if (index > 0) {
        request.resumeFrom = comparison.traces[0].get();
        for (std::size_t stack = 0; stack < comparison.model.stacks.size(); ++stack)
            request.firstLayers.push_back(plan.firstPatchedLayer(stack));
    }
    request.keepMaps = kept;
    ShareMonitor share(monitor, index, comparison.plans.size());
    const auto start = std::chrono::steady_clock::now();
    auto trace = std::make_shared<Trace>(model.forward(request, share));
    trace->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return trace;
}

// What is not already there has to fit, before any of it is computed.
void requireMemoryFor(const Comparison& comparison, const Comparison* previous, const KeptMaps& kept)
{
    RunMemory needed;
    std::size_t traces = 0;
    for (std::size_t i = 0; i < comparison.plans.size(); ++i) {
        if (reusable(previous, comparison, i))
            continue;
        needed += memoryOfRun(comparison.model, comparison.input.model, *comparison.plans[i], i > 0, kept);
        ++traces;
    }
    requireMemory(needed, traces, availableMemory());
}

}  // namespace

ComparisonPointer runStudy(const Study& study, const LoadedModel& model, const ComparisonPointer& previous, int threads,
                           Monitor& monitor)
{
    setThreads(threads);
    auto comparison = std::make_shared<Comparison>();
    comparison->study = study;
    comparison->model = model.model->info();
    comparison->weightsSha256 = model.weightsSha256;
    comparison->outputLabels = model.outputLabels;
    if (previous) {
        comparison->statistics = previous->statistics;
        comparison->alignments = previous->alignments;
        comparison->heads = previous->heads;
    }
    comparison->input = inputOf(*comparison, model, previous.get());
    const auto plan = [&](const Plan& entries) {
        return std::make_shared<const HeadPlan>(resolve(entries, comparison->model, study.seed));
    };
    comparison->plans.push_back(plan({}));
    for (const Plan& candidate : study.candidates)
        comparison->plans.push_back(plan(candidate));
    const KeptMaps kept = keptMaps(*comparison);
    requireMemoryFor(*comparison, previous.get(), kept);
    for (std::size_t i = 0; i < comparison->plans.size(); ++i) {
        auto trace = reusable(previous.get(), *comparison, i);
        comparison->traces.push_back(trace ? trace : runTrace(*comparison, *model.model, i, kept, monitor));
    }
    comparison->study.selection = clamped(study.selection, *comparison);
    return comparison;
}

ComparisonPointer runAgain(const Comparison& like, EncodedInput input, const LoadedModel& model, int threads,
                           Monitor& monitor)
{
    setThreads(threads);
    auto comparison = std::make_shared<Comparison>(like);
    comparison->input = std::move(input);
    comparison->traces.clear();
    comparison->statistics = std::make_shared<StatisticsMemo>();
    comparison->alignments = std::make_shared<AlignmentMemo>();
    for (const auto& plan : like.plans)
        if (!plan)
            refuse({"attention that was captured", "a plan that can be run", "none", "Run a model instead."});
    const KeptMaps kept = keptMaps(*comparison);
    requireMemoryFor(*comparison, nullptr, kept);
    for (std::size_t i = 0; i < comparison->plans.size(); ++i)
        comparison->traces.push_back(runTrace(*comparison, *model.model, i, kept, monitor));
    return comparison;
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

std::string parameterList(const Parameters& parameters)
{
    std::string list;
    for (const Parameter& parameter : parameters.definitions()) {
        const std::string text = parameters.isShown(parameter) ? parameterText(parameters, parameter) : "";
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
    if (entries.size() > 1)
        return {"Mixed plan", std::to_string(entries.size()) + " entries"};
    const PlanEntry& entry = entries.front();
    const std::string mark = publishedFaults(entry.parameters).empty() ? "" : " (as published)";
    return {entry.mechanism->info().shortTitle + mark, parameterList(entry.parameters)};
}

}  // namespace ketscope
