// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"
#include "core/study/heatmap_view.h"

namespace ketscope {

// How much of every query token comes from every key token, through several layers: what a heatmap shows in place of a
// head's weights. Rows sum to 1. One matrix (n, m) for each trace.
struct TokenFlow {
    std::vector<TensorPointer> traces;
    std::string answer;  // that relevance is for
    // What it is of.
    std::vector<std::shared_ptr<const Trace>> of;
    MapQuantity quantity = MapQuantity::Rollout;
    std::size_t stack = 0;
    std::size_t layer = 0;
};

// Why the maps that the view asks for cannot be drawn yet or at all: flowObstacle(), or that computeFlow() has to come
// first. Empty = they can.
std::string flowDelay(const Comparison& comparison);

// Why the comparison's selected stack has no such maps, as one sentence; empty = it has. Cheap enough for the GUI thread.
std::string flowObstacle(const Comparison& comparison, MapQuantity quantity);

// What computeFlow() made for the comparison's selection and view; null when it has not yet, or when weights are shown.
std::shared_ptr<const TokenFlow> tokenFlow(const Comparison& comparison);

// Makes the flow that the view asks for and keeps it for the figures; nothing where it is there or nothing is asked for.
// Rollout goes up to the selected layer, relevance through all of them (core/study/relevance.h) with
// comparison.loaded. Throws Error: Input with flowObstacle(); Cancelled.
void computeFlow(const Comparison& comparison, int threads, Monitor& monitor);

// What a heatmap of the comparison shows: "Attention weight", "Rollout to layer 5", "Share of relevance".
std::string mapQuantityTitle(const Comparison& comparison);

}  // namespace ketscope
