// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/comparison_run.h"

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/parallel.h"
#include "core/study/repeat_record.h"
#include "core/study/run_memory.h"

#include <algorithm>
#include <chrono>

namespace ketscope {

namespace {

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

ComparisonRun::ComparisonRun(const Study& study, const LoadedModel& model, ComparisonPointer previous, int threads)
    : m_model(model), m_previous(std::move(previous))
{
    setThreads(threads);
    m_comparison.study = study;
    m_comparison.model = model.model->info();
    m_comparison.weightsSha256 = model.weightsSha256;
    m_comparison.outputLabels = model.outputLabels;
    if (m_previous) {
        m_comparison.statistics = m_previous->statistics;
        m_comparison.alignments = m_previous->alignments;
        m_comparison.heads = m_previous->heads;
        m_comparison.repeats = m_previous->repeats;
    }
    m_comparison.input = inputOf(m_comparison, model, m_previous.get());
    m_comparison.plans.push_back(planOf({}));
    for (const Plan& candidate : study.candidates)
        m_comparison.plans.push_back(planOf(candidate));
    m_kept = keptMaps(m_comparison);
    requireMemoryFor(m_comparison, m_previous.get(), m_kept);
}

ComparisonRun::ComparisonRun(const Comparison& like, EncodedInput input, const LoadedModel& model, int threads)
    : m_model(model), m_comparison(like)
{
    setThreads(threads);
    m_comparison.input = std::move(input);
    m_comparison.traces.clear();
    m_comparison.statistics = std::make_shared<StatisticsMemo>();
    m_comparison.alignments = std::make_shared<AlignmentMemo>();
    m_comparison.repeats.reset();
    m_kept = keptMaps(m_comparison);
    requireMemoryFor(m_comparison, nullptr, m_kept);
}

std::shared_ptr<const HeadPlan> ComparisonRun::planOf(const Plan& plan) const
{
    return std::make_shared<const HeadPlan>(resolve(plan, m_comparison.model, m_comparison.study.seed));
}

std::shared_ptr<const Trace> ComparisonRun::known(std::size_t trace) const
{
    return reusable(m_previous.get(), m_comparison, trace);
}

const TraceRepeats* ComparisonRun::begun(std::size_t trace) const
{
    if (!m_previous || !m_previous->repeats || trace == 0 || m_previous->study.seed != m_comparison.study.seed
        || !sameGround(*m_previous, m_comparison))
        return nullptr;
    for (std::size_t i = 1; i < m_previous->traces.size(); ++i) {
        const TraceRepeats* of = repeatsOf(*m_previous, i);
        if (of != nullptr && of->asked == m_comparison.study.candidates[trace - 1])
            return of;
    }
    return nullptr;
}

std::shared_ptr<const Trace> ComparisonRun::compute(std::size_t trace, const HeadPlan& plan, Monitor& monitor) const
{
    ForwardRequest request{.input = &m_comparison.input.model, .plan = &plan};
    if (trace > 0) {
        request.resumeFrom = m_comparison.traces[0].get();
        for (std::size_t stack = 0; stack < m_comparison.model.stacks.size(); ++stack)
            request.firstLayers.push_back(plan.firstPatchedLayer(stack));
    }
    request.keepMaps = m_kept;
    const auto start = std::chrono::steady_clock::now();
    auto computed = std::make_shared<Trace>(m_model.model->forward(request, monitor));
    computed->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return computed;
}

PartMonitor ComparisonRun::share(std::size_t trace, Monitor& monitor, std::string instead) const
{
    const auto parts = static_cast<double>(traces()), part = static_cast<double>(trace);
    return {monitor, part / parts, (part + 1.0) / parts, traceTag(trace) + ": ", std::move(instead)};
}

void ComparisonRun::take(std::shared_ptr<const Trace> trace) { m_comparison.traces.push_back(std::move(trace)); }

void ComparisonRun::note(const TraceRepeats& repeats)
{
    m_comparison.repeats = withRepeatsOf(m_comparison.repeats.get(), repeats);
}

ComparisonPointer ComparisonRun::result() const
{
    auto result = std::make_shared<Comparison>(m_comparison);
    result->repeats = finishedRepeats(*result);
    result->study.selection = clamped(m_comparison.study.selection, *result);
    return result;
}

}  // namespace ketscope
