// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/diagnostic.h"
#include "core/base/tensor.h"

#include <map>
#include <string>
#include <vector>

namespace ketscope {

// One stack's part of a trace. Layers are separate so that traces which agree up to a layer share them.
struct StackTrace {
    std::string name;
    std::vector<TensorPointer> attention = {};      // (L) of (H, Nq, Nk): the weights that were used; null = not kept
    std::vector<TensorPointer> standardError = {};  // (L) of (H, Nq, Nk) or null: one SE of each weight, 0 where exact
    std::vector<std::vector<HeadDiagnostics>> diagnostics = {};  // (L), of the heads that give any
    std::vector<TensorPointer> hidden = {};  // (L + 1) of (N, D); 0 = embeddings; empty for cross-attention
    std::size_t firstComputedLayer = 0;      // layers before it came from another trace
};

// Everything one forward pass produced.
struct Trace {
    std::vector<StackTrace> stacks;
    std::map<std::string, TensorPointer> outputs;  // "logits" (C) or (N, V), "pooled" (D), see the models
    std::vector<std::string> warnings;             // "layer 3: attention is not finite"
    double seconds = 0.0;                          // wall time of the layers that were computed
};

}  // namespace ketscope
