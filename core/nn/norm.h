// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/view.h"
#include "core/nn/parameter_place.h"

#include <vector>

namespace ketscope {

// Where the gradients of what a normalisation was given are added to; empty = not asked for.
struct NormGradients {
    MutableMatrixView in = {};     // (n, width)
    std::span<float> weight = {};  // (width)
    std::span<float> bias = {};    // (width)
};

// Layer normalisation of each row (Ba, Kiros, Hinton, 2016): (x − mean) / √(variance + epsilon) · weight + bias, with the
// mean and the biased variance taken in double precision.
struct LayerNorm {
    std::vector<float> weight;
    std::vector<float> bias;
    double epsilon = 1e-5;
    ParameterPlace weightPlace = {};
    ParameterPlace biasPlace = {};

    // (n, width) → (n, width); `out` may be `in`.
    void apply(MatrixView in, MutableMatrixView out) const;
    // The gradients of a loss of which those of apply(in) are `gradients`. With y = (x − mean) / s and g = gradients ⊙
    // weight that is (g − mean(g) − y mean(g ⊙ y)) / s for the input.
    void backward(MatrixView in, MatrixView gradients, const NormGradients& into) const;
};

// Root mean square normalisation of each row (Zhang, Sennrich, 2019): x / √(mean of x² + epsilon) · weight, with the mean
// taken in double precision.
struct RmsNorm {
    std::vector<float> weight;
    double epsilon = 1e-6;
    ParameterPlace weightPlace = {};

    // (n, width) → (n, width); `out` may be `in`.
    void apply(MatrixView in, MutableMatrixView out) const;
    // As LayerNorm's, with y = x / s: (g − y mean(g ⊙ y)) / s.
    void backward(MatrixView in, MatrixView gradients, const NormGradients& into) const;
};

}  // namespace ketscope
