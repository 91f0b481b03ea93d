// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/selected_head.h"

#include "core/base/error.h"
#include "core/study/layer_input.h"

#include <algorithm>

namespace ketscope {

namespace {

constexpr std::size_t kKeptLayers = 16;
constexpr std::size_t kKeptPairs = 4;

bool isOf(const std::vector<std::weak_ptr<const Trace>>& known, const std::vector<std::shared_ptr<const Trace>>& traces)
{
    return std::ranges::equal(known, traces, [](const auto& a, const auto& b) { return a.lock() == b; });
}

}  // namespace

std::shared_ptr<HeadMemo> newHeadMemo() { return std::make_shared<HeadMemo>(); }

HeadMemo::Layer HeadMemo::of(const Comparison& comparison, std::size_t trace, const Selection& at,
                             const Monitor& monitor)
{
    if (!planIsKnown(comparison, trace))
        return {};
    const std::shared_ptr<const Trace>& wanted = comparison.traces.at(trace);
    const std::uint64_t seed = comparison.plans[trace]->seed();
    // Held while recording: whoever asks for the same layer meanwhile waits for it.
    const std::lock_guard lock(m_mutex);
    const auto found = std::ranges::find_if(m_entries, [&](const Entry& entry) {
        return entry.trace.lock() == wanted && entry.seed == seed && entry.stack == at.stack && entry.layer == at.layer;
    });
    if (found != m_entries.end())
        return found->heads;
    std::erase_if(m_entries, [](const Entry& entry) { return entry.trace.expired(); });
    Layer heads;
    for (auto& head : recordLayer(comparison, trace, at.stack, at.layer, *comparison.loaded, monitor))
        heads.push_back(std::move(head));
    m_entries.push_front({wanted, seed, at.stack, at.layer, heads});
    if (m_entries.size() > kKeptLayers)
        m_entries.pop_back();
    return heads;
}

HeadMemo::PairPointer HeadMemo::pair(const Comparison& comparison, std::size_t trace,
                                     const std::function<PairPointer()>& compute)
{
    // Held while computing: all figures of a pair ask for it at once.
    const std::lock_guard lock(m_pairMutex);
    for (const PairEntry& entry : m_pairs)
        if (entry.trace == trace && entry.at == comparison.study.selection && isOf(entry.traces, comparison.traces))
            return entry.pair;
    PairPointer found = compute();
    m_pairs.push_front(
        {{comparison.traces.begin(), comparison.traces.end()}, trace, comparison.study.selection, found});
    if (m_pairs.size() > kKeptPairs)
        m_pairs.pop_back();
    return found;
}

std::shared_ptr<const LayerInput> HeadMemo::inputUnder(const Comparison& comparison, std::size_t trace)
{
    const Selection& at = comparison.study.selection;
    const std::lock_guard lock(m_inputMutex);
    if (!m_input.input || m_input.baseline.lock() != comparison.traces.front())
        return nullptr;
    const LayerAttention& given = m_input.input->attention();
    const bool holds =
        given.stack == at.stack && given.layer == at.layer
        && sameBefore(*m_input.plan, *comparison.plans[trace], comparison.model.stacks, at.stack, at.layer);
    return holds ? m_input.input : nullptr;
}

void HeadMemo::keepInput(const Comparison& comparison, std::size_t trace, std::shared_ptr<const LayerInput> input)
{
    const std::lock_guard lock(m_inputMutex);
    m_input = {comparison.traces.front(), comparison.plans[trace], std::move(input)};
}

bool sameBefore(const HeadPlan& one, const HeadPlan& other, const std::vector<StackInfo>& stacks, std::size_t stack,
                std::size_t layer)
{
    const auto same = [](const HeadAssignment& a, const HeadAssignment& b) {
        return &a == &b || (a.mechanism == b.mechanism && a.parameters == b.parameters && a.trained == b.trained);
    };
    if (one.seed() != other.seed())
        return false;
    // Stacks may feed one another, so that of the others nothing may differ at all.
    for (std::size_t s = 0; s < stacks.size(); ++s)
        for (std::size_t l = 0; l < (s == stack ? layer : stacks[s].layers); ++l)
            for (std::size_t head = 0; head < stacks[s].heads; ++head)
                if (!same(one.at(s, l, head), other.at(s, l, head)))
                    return false;
    return true;
}

ComparisonPointer withSelectedHead(const ComparisonPointer& comparison, const Monitor& monitor)
{
    const Selection& at = comparison->study.selection;
    const auto& known = comparison->selectedHead;
    if (known && known->stack == at.stack && known->layer == at.layer && known->head == at.head)
        return comparison;
    if (!obstacleToRecording(*comparison).empty())
        return comparison;
    auto selected = std::make_shared<SelectedHead>(SelectedHead{at.stack, at.layer, at.head, {}});
    for (std::size_t trace = 0; trace < comparison->traces.size(); ++trace) {
        const HeadMemo::Layer heads = comparison->heads->of(*comparison, trace, at, monitor);
        selected->traces.push_back(at.head < heads.size() ? heads[at.head] : nullptr);
    }
    auto filled = std::make_shared<Comparison>(*comparison);
    filled->selectedHead = std::move(selected);
    return filled;
}

std::shared_ptr<const LoadedModel> loadModelOf(const Comparison& comparison, Monitor& monitor)
{
    if (comparison.study.modelPath.empty() || !comparison.recordedTitles.empty())
        return nullptr;
    try {
        auto model = loadModel(comparison.study.modelPath, monitor);
        return model->weightsSha256 == comparison.weightsSha256 ? model : nullptr;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::Cancelled)
            throw;
        return nullptr;
    }
}

std::string obstacleToRecording(const Comparison& comparison)
{
    if (!comparison.recordedTitles.empty())
        return "Attention captured elsewhere comes without queries and keys. Open its model to see them.";
    if (comparison.loaded == nullptr)
        return "Queries and keys are not kept in run files. Open the run's own model to see them.";
    return {};
}

}  // namespace ketscope
