// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nn/attention.h"
#include "core/nn/linear.h"
#include "core/nn/tape.h"

namespace ketscope {

// Sizes of a multi-head attention module, named as in torch.nn.MultiheadAttention.
struct MultiheadShape {
    std::size_t embedding = 0;   // embed_dim, E
    std::size_t heads = 1;       // num_heads; each has E/heads columns, in order
    std::size_t keyWidth = 0;    // kdim; 0 = E
    std::size_t valueWidth = 0;  // vdim; 0 = E
    bool batchFirst = false;     // (N, L, E) in place of (L, N, E)
    bool addBiasKv = false;      // refused
    bool addZeroAttn = false;    // refused
};

// attn_mask: of shape (L, S) or (N·heads, L, S), either `masked` (1 = may not be looked at) or `additive`.
struct MultiheadMask {
    std::vector<std::size_t> shape = {};
    std::span<const std::uint8_t> masked = {};
    std::span<const float> additive = {};
};

struct MultiheadOptions {
    MultiheadMask mask = {};
    std::span<const std::uint8_t> keyPadding = {};  // (N, S): 1 = padding; empty = none
    bool causal = false;                            // query l sees keys 0 … l + (S − L)
    bool needWeights = true;
    bool averageWeights = true;
    std::size_t stack = 0;  // where the plan has its heads
    std::size_t layer = 0;
};

struct MultiheadResult {
    Tensor output;   // as the query
    Tensor weights;  // averaged (N, L, S), else (N, heads, L, S); without N when unbatched; may be empty
    std::vector<std::string> warnings;  // as LayerMaps
};

// softmax(QKᵀ/√(E/heads) + mask) V of every head, with projections before and after; every head with the mechanism that a
// plan has for it. The weights given are the weights used. A row without allowed keys gives zeros before the output
// projection. A boolean (L, S) mask that is exactly causal is treated as `causal`.
class MultiheadAttention {
public:
    // Weights by the names of the module's state: in_proj_weight (3E, E), or q_proj_weight (E, E), k_proj_weight (E, kdim) and
    // v_proj_weight (E, vdim); in_proj_bias (3E) and out_proj.bias (E) may be missing together; out_proj.weight (E, E).
    // Throws Error (Input) naming what is missing, has another shape or is not supported (bias_k, bias_v, add_zero_attn).
    MultiheadAttention(const MultiheadShape& shape, const NamedTensors& weights);

    // query (L, N, E), key (S, N, kdim), value (S, N, vdim), or with the first two axes exchanged (batchFirst), or (L,
    // E) and so on without a batch. Throws Error (Input) when shapes do not fit. Every item of a batch draws the same
    // random numbers. With a tape the pass can be run backwards: to query, key and value where the tape holds them, to
    // the module's state by its names, and, of a batch of one, to every head's weights.
    MultiheadResult forward(const Tensor& query, const Tensor& key, const Tensor& value,
                            const MultiheadOptions& options, const HeadPlan& plan, const Monitor& monitor,
                            Tape* tape = nullptr) const;

private:
    MultiheadShape m_shape;
    std::vector<Linear> m_projections;  // query, key, value, output
};

}  // namespace ketscope
