// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/forward_pass.h"
#include "core/models/weights.h"

#include <optional>
#include <vector>

namespace ketscope {

// Where the layers of an encoder look besides their own tokens.
struct CrossAttention {
    StackPass* stack = nullptr;  // null: nowhere
    MatrixView tokens = {};      // (m, D'): what its keys and values are projected from
    // Keys and values (m, 2D) of the layers that have run, for other texts that look at the same tokens; null: not kept.
    std::vector<Tensor>* keysValues = nullptr;
};

// The layers of BERT and its kin: attention, add, norm, feed-forward, add, norm (Vaswani et al. 2017). An architecture's
// table names their tensors "query", "key" and "value" or "query key value", "attention output", "attention norm",
// "expand", "contract" and "output norm"; where layers have cross-attention, add and norm before the feed-forward, also
// "cross query", "cross key", "cross value", "cross output" and "cross norm".
class PostNormEncoder {
public:
    // Reads the layers of `stack`. Throws Error (Cancelled) when `monitor` says so.
    PostNormEncoder(const Weights& weights, const StackInfo& stack, double epsilon, Activation activation,
                    Monitor& monitor);

    // From stack.firstLayer() to the last.
    void run(StackPass& stack, const CrossAttention& cross = {}) const;

private:
    struct CrossLayer {
        Linear query;
        Linear keyValue;
        Linear output;
        LayerNorm norm;
    };
    struct Layer {
        Linear queryKeyValue;
        Linear attentionOutput;
        LayerNorm attentionNorm;
        std::optional<CrossLayer> cross;
        Linear expand;
        Linear contract;
        LayerNorm outputNorm;
    };

    static std::optional<CrossLayer> readCross(const Weights& weights, std::size_t layer, double epsilon);
    static void lookAcross(const CrossLayer& layer, std::size_t index, const CrossAttention& cross, Tensor& context,
                           Tensor& state);

    std::vector<Layer> m_layers;
};

}  // namespace ketscope
