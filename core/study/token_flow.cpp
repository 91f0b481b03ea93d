// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/token_flow.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/measures/rollout.h"
#include "core/study/relevance.h"

#include <algorithm>

namespace ketscope {

namespace {

std::string rolloutObstacle(const Comparison& comparison)
{
    const Selection& at = comparison.study.selection;
    const StackInfo& stack = comparison.model.stacks.at(at.stack);
    if (stack.queries != stack.keys)
        return "Rollout is not defined across cross-attention: a stack whose tokens look at themselves has one.";
    for (const auto& trace : comparison.traces) {
        const auto& layers = trace->stacks.at(at.stack).attention;
        if (std::count(layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(at.layer) + 1, nullptr) > 0)
            return "Rollout needs the maps of all layers up to this one, and some were not kept.";
    }
    return {};
}

TensorPointer rolloutOf(const Trace& trace, const Selection& at, const Monitor& monitor)
{
    const std::span<const TensorPointer> layers = std::span(trace.stacks.at(at.stack).attention).first(at.layer + 1);
    const std::size_t tokens = layers.front()->shape()[1];
    return std::make_shared<const Tensor>(attentionRollout(layers, 0, tokens, monitor));
}

// Rows scaled to sum 1; a row of zeros stays.
TensorPointer withUnitRows(const Tensor& relevance)
{
    Tensor scaled(relevance.shape());
    for (std::size_t row = 0; row < relevance.matrix().rows; ++row) {
        const auto from = relevance.matrix().row(row);
        const auto to = scaled.matrix().row(row);
        double sum = 0.0;
        for (const float value : from)
            sum += static_cast<double>(value);
        std::ranges::transform(from, to.begin(), [&](float value) {
            return sum > 0.0 ? static_cast<float>(static_cast<double>(value) / sum) : 0.0F;
        });
    }
    return std::make_shared<const Tensor>(std::move(scaled));
}

bool isOf(const TokenFlow& flow, const Comparison& comparison)
{
    const Selection& at = comparison.study.selection;
    return flow.quantity == comparison.study.view.heatmap.quantity && flow.stack == at.stack
           && (flow.quantity == MapQuantity::Relevance || flow.layer == at.layer) && flow.of == comparison.traces;
}

}  // namespace

std::string flowObstacle(const Comparison& comparison, MapQuantity quantity)
{
    switch (quantity) {
    case MapQuantity::Weights: return {};
    case MapQuantity::Rollout: return rolloutObstacle(comparison);
    case MapQuantity::Relevance: break;
    }
    return relevanceObstacle(comparison);
}

std::string flowDelay(const Comparison& comparison)
{
    const MapQuantity quantity = comparison.study.view.heatmap.quantity;
    if (quantity == MapQuantity::Weights || tokenFlow(comparison))
        return {};
    const std::string obstacle = flowObstacle(comparison, quantity);
    const std::string what = quantity == MapQuantity::Rollout ? "Rollout" : "Relevance";
    return obstacle.empty() ? what + " has not been computed yet." : obstacle;
}

std::shared_ptr<const TokenFlow> tokenFlow(const Comparison& comparison)
{
    const auto kept = comparison.alignments->flow();
    return kept && isOf(*kept, comparison) ? kept : nullptr;
}

void computeFlow(const Comparison& comparison, int threads, Monitor& monitor)
{
    const MapQuantity quantity = comparison.study.view.heatmap.quantity;
    if (quantity == MapQuantity::Weights || tokenFlow(comparison))
        return;
    if (const std::string obstacle = flowObstacle(comparison, quantity); !obstacle.empty())
        refuse({std::string(kMapQuantities[static_cast<std::size_t>(quantity)]), "maps that have it", obstacle, ""});
    const Selection& at = comparison.study.selection;
    auto flow = std::make_shared<TokenFlow>(TokenFlow{{}, {}, comparison.traces, quantity, at.stack, at.layer});
    setThreads(threads);
    if (quantity == MapQuantity::Rollout) {
        for (std::size_t trace = 0; trace < comparison.traces.size(); ++trace) {
            monitor.progress(static_cast<double>(trace) / static_cast<double>(comparison.traces.size()), "rollout");
            flow->traces.push_back(rolloutOf(*comparison.traces[trace], at, monitor));
        }
    } else {
        auto relevance = comparison.alignments->relevance(comparison);
        if (!relevance) {
            relevance = runRelevance(comparison, *comparison.loaded, threads, monitor);
            comparison.alignments->keep(relevance);
        }
        for (const auto& stacks : relevance->traces)
            flow->traces.push_back(withUnitRows(*stacks.at(at.stack)));
        flow->answer = relevance->answer;
    }
    comparison.alignments->keep(std::shared_ptr<const TokenFlow>(std::move(flow)));
}

std::string mapQuantityTitle(const Comparison& comparison)
{
    switch (comparison.study.view.heatmap.quantity) {
    case MapQuantity::Weights: return "Attention weight";
    case MapQuantity::Rollout: return "Rollout to layer " + std::to_string(comparison.study.selection.layer);
    case MapQuantity::Relevance: break;
    }
    return "Share of relevance";
}

std::shared_ptr<const TokenFlow> AlignmentMemo::flow()
{
    const std::scoped_lock lock(m_mutex);
    return m_flow;
}

void AlignmentMemo::keep(std::shared_ptr<const TokenFlow> flow)
{
    const std::scoped_lock lock(m_mutex);
    m_flow = std::move(flow);
}

}  // namespace ketscope
