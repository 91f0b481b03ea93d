// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <optional>
#include <vector>

namespace ketscope {

// A vector of a trace against the same one of A. NaN where either is not kept or A's is zero.
struct VectorSimilarity {
    double cosine = 0.0;         // a·b / (‖a‖‖b‖)
    double relativeError = 0.0;  // ‖b − a‖ / ‖a‖
};
VectorSimilarity similarity(std::span<const float> a, std::span<const float> b);

// The stack whose hidden states a stack's attention goes into: itself, or for cross-attention, which has none of its own, the
// one of its queries. Its layers have the same numbers. None where no hidden states were kept.
std::optional<std::size_t> hiddenStack(const Comparison& comparison, std::size_t stack);

// Of the hidden states of a stack's layers, 0 = embeddings, l + 1 = after layer l: the mean over the tokens that are not
// padding. Empty for stacks without hidden states of their own, as cross-attention.
std::vector<VectorSimilarity> hiddenByLayer(const Comparison& comparison, std::size_t trace, std::size_t stack);

// The same token by token for one of them; NaN at padding.
std::vector<VectorSimilarity> hiddenByToken(const Comparison& comparison, std::size_t trace, std::size_t stack,
                                            std::size_t hidden);

// Of the outputs that stand for a whole text or image: "pooled", "text_embeds", "image_embeds", where the model gives them.
struct PooledSimilarity {
    std::string output;
    std::vector<VectorSimilarity> traces;
};
std::vector<PooledSimilarity> pooledSimilarities(const Comparison& comparison);

}  // namespace ketscope
