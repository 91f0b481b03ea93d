// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/forward_pass.h"
#include "core/models/weights.h"

#include <vector>

namespace ketscope {

// The layers of BERT and its kin: attention, add, norm, feed-forward, add, norm (Vaswani et al. 2017). An architecture's
// table names their tensors "query", "key" and "value" or "query key value", "attention output", "attention norm",
// "expand", "contract" and "output norm".
class PostNormEncoder {
public:
    // Reads the layers of `stack`. Throws Error (Cancelled) when `monitor` says so.
    PostNormEncoder(const Weights& weights, const StackInfo& stack, double epsilon, Activation activation,
                    Monitor& monitor);

    // From stack.firstLayer() to the last.
    void run(StackPass& stack) const;

private:
    struct Layer {
        Linear queryKeyValue;
        Linear attentionOutput;
        LayerNorm attentionNorm;
        Linear expand;
        Linear contract;
        LayerNorm outputNorm;
    };
    std::vector<Layer> m_layers;
};

}  // namespace ketscope
