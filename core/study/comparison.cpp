// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/comparison.h"

#include "core/base/parallel.h"

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
           && previous.input.model == next.input.model && previous.recordedTitles.empty();
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
    if (previous == nullptr || trace >= previous->traces.size() || !sameGround(*previous, next))
        return nullptr;
    if (trace == 0)
        return previous->traces[0];
    const bool same = previous->study.seed == next.study.seed
                      && previous->study.candidates[trace - 1] == next.study.candidates[trace - 1];
    return same ? previous->traces[trace] : nullptr;
}

std::shared_ptr<const Trace> runTrace(const Comparison& comparison, const Model& model, std::size_t index,
                                      Monitor& monitor)
{
    const HeadPlan& plan = *comparison.plans[index];
    ForwardRequest request{.input = &comparison.input.model, .plan = &plan};
    if (index > 0) {
        request.resumeFrom = comparison.traces[0].get();
        for (std::size_t stack = 0; stack < comparison.model.stacks.size(); ++stack)
            request.firstLayers.push_back(plan.firstPatchedLayer(stack));
    }
    ShareMonitor share(monitor, index, comparison.plans.size());
    const auto start = std::chrono::steady_clock::now();
    auto trace = std::make_shared<Trace>(model.forward(request, share));
    trace->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return trace;
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
    if (previous)
        comparison->statistics = previous->statistics;
    comparison->input = inputOf(*comparison, model, previous.get());
    const auto plan = [&](const Plan& entries) {
        return std::make_shared<const HeadPlan>(resolve(entries, comparison->model, study.seed));
    };
    comparison->plans.push_back(plan({}));
    for (const Plan& candidate : study.candidates)
        comparison->plans.push_back(plan(candidate));
    for (std::size_t i = 0; i < comparison->plans.size(); ++i) {
        auto trace = reusable(previous.get(), *comparison, i);
        comparison->traces.push_back(trace ? trace : runTrace(*comparison, *model.model, i, monitor));
    }
    comparison->study.selection = clamped(study.selection, *comparison);
    return comparison;
}

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
    const TensorPointer map =
        run ? comparison.traces.front()->stacks.at(selection.stack).attention.at(selection.layer) : nullptr;
    inside(selection.query, map ? map->shape().at(1) : comparison.input.tokens.size());
    inside(selection.key, map ? map->shape().at(2) : comparison.input.tokens.size());
    return selection;
}

std::string traceTag(std::size_t index)
{
    return index < 26 ? std::string(1, static_cast<char>('A' + index)) : std::to_string(index + 1);
}

namespace {

// One parameter in a title: numbers always, choices and flags only when they are not as usual.
std::string parameterText(const Parameters& parameters, const Parameter& parameter)
{
    const double value = parameters.real(parameter.id);
    const bool usual = value == parameter.initial;
    switch (parameter.kind) {
    case ParameterKind::Choice: return usual ? "" : parameter.choiceTitles[static_cast<std::size_t>(value)];
    case ParameterKind::Flag: return usual ? "" : value != 0.0 ? parameter.title : "not: " + parameter.title;
    case ParameterKind::Integer:
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
    const std::string unpatched = own ? own->mechanism->info().shortTitle : "Exact softmax";
    if (trace == 0 || trace > comparison.study.candidates.size())
        return {unpatched, own ? parameterList(own->parameters) : ""};
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
