// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <functional>
#include <memory>
#include <vector>

namespace ketscope {

// What one head is given in a run. `input` looks into the tensors.
struct RecordedHead {
    std::size_t stack = 0;
    std::size_t layer = 0;
    std::size_t head = 0;
    HeadInput input;
    HeadAssignment assignment = {};  // what the head runs there
    std::vector<std::uint8_t> rows;  // 1 = the query is a real token; empty = all are
    std::vector<std::uint8_t> keyAllowed = {};
    std::vector<std::shared_ptr<const Tensor>> tensors = {};  // shared by the heads of a layer where they are the same
    NamedTensors trained = {};
};

// Runs a forward pass until the heads of this layer are given their input, hands that to `act` and computes nothing after it.
// `request` has no watcher of its own. Throws Error as Model::forward().
void runUntilLayer(const Model& model, ForwardRequest request, std::size_t stack, std::size_t layer,
                   const std::function<void(const LayerAttention&)>& act, const Monitor& monitor);

using RecordedHeads = std::vector<std::unique_ptr<RecordedHead>>;

// The heads that `plan` patches, in order of stack, layer and head, with what they are given when the whole model runs with
// exact attention in their place. Throws Error (Cancelled).
RecordedHeads recordHeads(const Comparison& comparison, const LoadedModel& model, const HeadPlan& plan,
                          Monitor& monitor);

// All heads of one layer of one trace, with what they were given in it: the trace's hidden states are taken up at that
// layer, and nothing after it is computed. Empty when the trace's plan is not known. Throws Error (Cancelled).
RecordedHeads recordLayer(const Comparison& comparison, std::size_t trace, std::size_t stack, std::size_t layer,
                          const LoadedModel& model, const Monitor& monitor);

}  // namespace ketscope
