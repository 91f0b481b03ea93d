// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <vector>

namespace ketscope {

// How well a causal model foresees its own text: at position i the token that does come at i + 1, given those up to i.
struct TokenLoss {
    std::vector<double> probability;  // (N); NaN at the last position and where either token is padding
    std::vector<double> loss;         // −ln probability, nats
    double mean = 0.0;                // of the losses, nats per token; NaN without any
    double perplexity = 0.0;          // exp(mean)
    std::size_t tokens = 0;           // foreseen
};

// Not for models that are not causal language models, inputs of one token, and runs that kept no logits.
bool hasTokenLosses(const Comparison& comparison);
// One for each trace; empty where there are none.
std::vector<TokenLoss> tokenLosses(const Comparison& comparison);

}  // namespace ketscope
