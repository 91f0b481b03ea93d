// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"

#include <cstddef>
#include <vector>

namespace ketscope {

// Dropout (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 15, 2014): in training, values are left out
// with a probability in [0, 1) and the others scaled by its complement's inverse, so that the expectation stays.
struct Dropout {
    double embeddings = 0.0;  // what enters the first layer
    double residuals = 0.0;   // what attention and feed-forward layers add
    RandomKey key = {};       // of one pass
};

// Mask number `mask` of a pass: 1 = kept, for each of `count` values. The probability is rounded to a multiple of 2⁻¹⁶.
std::vector<std::uint8_t> keptValues(double rate, const RandomKey& key, std::uint32_t mask, std::size_t count);

}  // namespace ketscope
