// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/repeat_record.h"

#include "core/attention/left_out_draws.h"

#include <algorithm>
#include <limits>

namespace ketscope {

const TraceRepeats* repeatsOf(const Comparison& comparison, std::size_t trace)
{
    if (!comparison.repeats || trace >= comparison.traces.size())
        return nullptr;
    const auto& all = comparison.repeats->traces;
    const auto found = std::ranges::find(all, comparison.traces[trace], &TraceRepeats::trace);
    return found == all.end() ? nullptr : &*found;
}

std::shared_ptr<const RepeatRecord> withRepeatsOf(const RepeatRecord* record, const TraceRepeats& repeats)
{
    auto changed = record == nullptr ? std::make_shared<RepeatRecord>() : std::make_shared<RepeatRecord>(*record);
    std::erase_if(changed->traces, [&](const TraceRepeats& each) { return each.trace == repeats.trace; });
    changed->traces.push_back(repeats);
    return changed;
}

std::shared_ptr<const RepeatRecord> finishedRepeats(const Comparison& comparison)
{
    auto kept = std::make_shared<RepeatRecord>();
    if (comparison.repeats)
        for (const TraceRepeats& each : comparison.repeats->traces)
            if (std::ranges::find(comparison.traces, each.trace) != comparison.traces.end())
                kept->traces.push_back(each);
    for (TraceRepeats& each : kept->traces)
        each.asked.reset();
    return kept->traces.empty() ? nullptr : kept;
}

RepeatProgress repeatProgress(const Comparison& comparison, std::size_t trace)
{
    if (trace == 0 || trace > comparison.study.candidates.size())
        return {};
    const Plan& plan = comparison.study.candidates[trace - 1];
    const TraceRepeats* known = repeatsOf(comparison, trace);
    const std::uint64_t own = mostDraws(plan);
    if (known == nullptr || !known->asked || known->stages.empty())
        return {own, own};
    const std::uint64_t done = known->stages.back().repeats;
    const bool ofIt = plan == *known->asked || plan == withRepeats(*known->asked, done);
    return ofIt ? RepeatProgress{done, mostDraws(*known->asked)} : RepeatProgress{own, own};
}

std::string stageText(const Comparison& comparison, std::size_t trace)
{
    const RepeatProgress progress = repeatProgress(comparison, trace);
    return progress.isStage() ? std::to_string(progress.done) + " of " + std::to_string(progress.asked) + " repeats"
                              : std::string();
}

std::size_t stagedTrace(const Comparison& comparison)
{
    for (std::size_t trace = 1; trace < comparison.traces.size(); ++trace)
        if (repeatProgress(comparison, trace).isStage())
            return trace;
    return 0;
}

Study askedStudy(const Comparison& comparison)
{
    Study study = comparison.study;
    for (std::size_t trace = 1; trace < comparison.traces.size() && trace <= study.candidates.size(); ++trace)
        if (const TraceRepeats* known = repeatsOf(comparison, trace); known != nullptr && known->asked)
            study.candidates[trace - 1] = *known->asked;
    return study;
}

std::uint64_t mostDraws(const Plan& plan)
{
    std::uint64_t most = 1;
    for (const PlanEntry& entry : plan.entries)
        most = std::max(most, drawsOf(*entry.mechanism, entry.parameters));
    return most;
}

std::uint64_t leastDraws(const Plan& plan)
{
    std::uint64_t least = 0;
    for (const PlanEntry& entry : plan.entries) {
        const MechanismProperties properties = entry.mechanism->properties(entry.parameters);
        const std::uint64_t draws = drawsOf(*entry.mechanism, entry.parameters);
        if (properties.sampled || properties.randomFeatures)
            least = least == 0 ? draws : std::min(least, draws);
    }
    return least;
}

Plan withRepeats(Plan plan, std::uint64_t repeats)
{
    for (PlanEntry& entry : plan.entries)
        if (drawsOf(*entry.mechanism, entry.parameters) > repeats)
            entry.parameters.set("repeats", static_cast<double>(repeats));
    return plan;
}

RepeatStage stageOf(const Trace& trace, std::uint64_t repeats)
{
    RepeatStage stage{repeats, {}};
    for (const StackTrace& stack : trace.stacks) {
        const auto kept = std::ranges::find_if(stack.attention, [](const auto& maps) { return maps != nullptr; });
        const std::size_t heads = kept == stack.attention.end() ? 0 : (*kept)->shape().at(0);
        Tensor largest({stack.attention.size(), heads});
        std::ranges::fill(largest.values(), std::numeric_limits<float>::quiet_NaN());
        for (std::size_t layer = 0; layer < stack.standardError.size(); ++layer) {
            if (!stack.standardError[layer])
                continue;
            const std::span<const float> errors = stack.standardError[layer]->values();
            const std::size_t each = errors.size() / std::max<std::size_t>(heads, 1);
            for (std::size_t head = 0; head < heads; ++head)
                largest.matrix()(layer, head) = std::ranges::max(errors.subspan(head * each, each));
        }
        stage.maximumError.push_back(std::make_shared<const Tensor>(std::move(largest)));
    }
    return stage;
}

}  // namespace ketscope
