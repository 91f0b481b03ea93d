// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"

#include <vector>

namespace ketscope {

// Gradient × attention relevance: Chefer, Gur, Wolf, "Generic Attention-model Explainability for Interpreting Bi-Modal
// and Encoder-Decoder Transformers", ICCV 2021, whose numbers the equations have. Everything is in double precision
// inside.

// How much every token of one modality s counts for every other one, R^ss (n, n), and for it the tokens of another
// modality q, R^sq (n, m). At first a token counts for itself alone: R^ss = I, R^sq = 0.
class RelevanceMaps {
public:
    explicit RelevanceMaps(std::size_t tokens, std::size_t others = 0);

    // A layer's self-attention (H, n, n) and ∂target/∂attention: with Ā as eq. 5, R^ss += Ā R^ss (6), R^sq += Ā R^sq
    // (7).
    void addSelfAttention(const Tensor& attention, const Tensor& gradients);
    // A layer in which s looks at q, (H, n, m), with what q's own tokens count: R^sq += (R̄^ss)ᵀ Ā R̄^qq (10), where R̄
    // has the rows of R − I scaled to sum 1, then + I (8, 9); a row of zeros stays. R^ss += Ā R^qs (11) where q has
    // looked at s.
    void addCrossAttention(const Tensor& attention, const Tensor& gradients, const RelevanceMaps& others);

    Tensor own() const;     // R^ss
    Tensor across() const;  // R^sq

private:
    std::size_t m_tokens;
    std::size_t m_others;
    std::vector<double> m_own;
    std::vector<double> m_across;
};

// Ā (5): the mean over heads of (∂target/∂A ⊙ A)⁺, (n, m) row by row, from two (H, n, m).
std::vector<double> positiveGradientAttention(const Tensor& attention, const Tensor& gradients);

}  // namespace ketscope
