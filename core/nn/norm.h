// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/view.h"

#include <vector>

namespace ketscope {

// Layer normalisation of each row (Ba, Kiros, Hinton, 2016): (x − mean) / √(variance + epsilon) · weight + bias, with the
// mean and the biased variance taken in double precision.
struct LayerNorm {
    std::vector<float> weight;
    std::vector<float> bias;
    double epsilon = 1e-5;

    // (n, width) → (n, width); `out` may be `in`.
    void apply(MatrixView in, MutableMatrixView out) const;
};

}  // namespace ketscope
