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

// Root mean square normalisation of each row (Zhang, Sennrich, 2019): x / √(mean of x² + epsilon) · weight, with the mean
// taken in double precision.
struct RmsNorm {
    std::vector<float> weight;
    double epsilon = 1e-6;

    // (n, width) → (n, width); `out` may be `in`.
    void apply(MatrixView in, MutableMatrixView out) const;
};

}  // namespace ketscope
