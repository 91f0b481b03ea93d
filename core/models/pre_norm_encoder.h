// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/forward_pass.h"
#include "core/models/weights.h"

#include <vector>

namespace ketscope {

// The layers of ViT, GPT-2 and their kin: norm, attention, add, norm, feed-forward, add. An architecture's table names their
// tensors "attention norm", "query", "key" and "value" or "query key value", "attention output", "feed-forward norm",
// "expand" and "contract".
class PreNormEncoder {
public:
    // Reads the layers of `stack`. Throws Error (Cancelled) when `monitor` says so.
    PreNormEncoder(const Weights& weights, const StackInfo& stack, double epsilon, Activation activation,
                   Monitor& monitor);

    // From stack.firstLayer() to the last. Logits are scaled by 1/√d or, where there are any, by `scales`, one a layer.
    // With a `finalNorm` the last hidden state is what comes out of it, as GPT-2 counts them.
    void run(StackPass& stack, const LayerNorm* finalNorm = nullptr, std::span<const float> scales = {}) const;

private:
    struct Layer {
        LayerNorm attentionNorm;
        Linear queryKeyValue;
        Linear attentionOutput;
        LayerNorm feedForwardNorm;
        Linear expand;
        Linear contract;
    };
    std::vector<Layer> m_layers;
};

}  // namespace ketscope
