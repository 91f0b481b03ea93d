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

// One for each trace; empty for models that are not causal language models and for inputs of one token.
std::vector<TokenLoss> tokenLosses(const Comparison& comparison);

}  // namespace ketscope
