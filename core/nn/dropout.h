// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"

#include <cstdint>
#include <span>

namespace ketscope {

// Dropout (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 15, 2014): in training, values are left out
// with a probability in [0, 1) and the others scaled by its complement's inverse, so that the expectation stays.
struct Dropout {
    double embeddings = 0.0;  // what enters the first layer
    double residuals = 0.0;   // what attention and feed-forward layers add
    // All that the cross-attention of a layer adds to a text, so that no layer can leave looking to another: stochastic
    // depth (Huang, Sun, Liu, Sedra, Weinberger, ECCV 2016).
    double crossAttention = 0.0;
    RandomKey key = {};  // of one pass
};

// Mask number `mask` of a pass: what each value is multiplied by, 0 or 1/(1 − rate). The probability is rounded to a
// multiple of 2⁻¹⁶.
void dropoutFactors(double rate, const RandomKey& key, std::uint32_t mask, std::span<float> factors);

}  // namespace ketscope
