// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"

namespace ketscope {

// The choice "gradient" of sampled attention.
Parameter gradientParameter();

// Which gradient `shots` gives with these parameters; None where its weights are not unbiased for the softmax row (noise,
// published estimators).
GradientKind shotGradient(const Parameters& parameters);

// Mechanism::backward of `shots`. With f the loss's derivative by each weight and p the softmax row:
// Expected, StraightThrough and Exact: dL = p ⊙ (f − ⟨p, f⟩), values weighed by p (Expected) or by the weights used.
// ScoreFunction: dL = P̂ ⊙ (f − b), b the leave-one-out mean of f over independent shots, S/(S − 1) · (f̄ − f/S), or the mean
// over a second, independent measurement where shots are not independent.
void shotsBackward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                   const HeadGradients& into, const Monitor& monitor);

}  // namespace ketscope
