// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/head_plan.h"
#include "core/base/tensor.h"

#include <string>
#include <vector>

namespace ketscope {

// One layer's attention in a forward pass.
struct LayerAttention {
    MatrixView queries;  // (n, H·d)
    MatrixView keys;     // (m, G·d): G groups of heads share keys and values, G = H unless keyValueHeads says fewer
    MatrixView values;   // (m, G·dv)
    MatrixView input;    // (n, D): what queries and keys were projected from
    AttentionMask mask;
    std::span<const AttentionMask> headMasks = {};  // of each head, in place of `mask`; empty = that
    float scale = 1.0F;
    std::size_t heads = 1;
    std::size_t keyValueHeads = 0;  // G, a divisor of heads; 0 = heads
    std::size_t stack = 0;
    std::size_t layer = 0;
    bool standardErrors = true;  // keep those of heads that give them
    bool maps = true;            // keep the weights (and their errors); false = the context alone
    MatrixView keyInput = {};    // (m, D'): what the keys were projected from, in cross-attention; empty = input
    std::span<const NamedTensors> trained = {};  // of each head, see HeadInput::trained; empty = none
    const Mechanism* trainedFor = nullptr;       // whose tensors those are: heads that run another one get none
};

// What its head `head` is given when it runs `what` in a plan with this seed.
HeadInput headInputOf(const LayerAttention& layer, std::size_t head, const HeadAssignment& what, std::uint64_t seed);

// What it leaves in the trace.
struct LayerMaps {
    TensorPointer weights;                     // (H, n, m); null when not kept
    TensorPointer standardErrors;              // (H, n, m), 0 where exact; null when no head gives any
    std::vector<HeadDiagnostics> diagnostics;  // of the heads that give any
    std::vector<std::string> warnings;         // "layer 3 head 1: attention is not finite"
};

// Runs every head with the mechanism that `plan` has for it; fills `context` (n, H·dv). The same bits for any thread
// count. Throws Error (Cancelled) when the monitor says so.
LayerMaps attend(const LayerAttention& layer, const HeadPlan& plan, MutableMatrixView context, const Monitor& monitor);

// The same for one head alone, of whose weights and errors the maps are: (1, n, m).
LayerMaps attendHead(const LayerAttention& layer, std::size_t head, const HeadPlan& plan, const Monitor& monitor);

// Where the gradients of what a layer's heads were given are added to; empty or null = not asked for.
struct LayerGradients {
    MutableMatrixView queries = {};
    MutableMatrixView keys = {};
    MutableMatrixView values = {};
    MutableMatrixView input = {};     // beyond what reaches it through queries, keys and values
    MutableMatrixView keyInput = {};  // likewise; where the layer has no keyInput it goes to input
    Tensor* maps = nullptr;           // (H, n, m): of the weights used, as if each were free
    std::vector<std::map<std::string, Tensor, std::less<>>>* trained = nullptr;     // of each head, see HeadGradients
    std::vector<std::map<std::string, double, std::less<>>>* parameters = nullptr;  // likewise
};

// The gradients of a loss of which those of attend()'s context are `gradients` (n, H·dv): every head's mechanism gives
// its own. The same bits for any thread count. Throws Error (Failure) for a mechanism that has none, Error (Cancelled)
// when the monitor says so.
void attendBackward(const LayerAttention& layer, const HeadPlan& plan, MatrixView gradients, const LayerGradients& into,
                    const Monitor& monitor);

}  // namespace ketscope
