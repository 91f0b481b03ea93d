// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

namespace ketscope {

// Standard errors of a row's weights to first order in the errors of its scores, which are independent with the given
// variances (m). The largest standard error that a weight in [0, 1] can have, ½, bounds them where scores are too noisy
// for a first order.

// weights = scores / total, total = Σ scores:
// SEⱼ² = [(1 − aⱼ)² vⱼ + aⱼ² Σ_{k≠j} vₖ] / total². All zero where total is 0.
void propagateThroughSum(std::span<const float> weights, std::span<const double> variances, double total,
                         std::span<float> errors);

// weights = softmax(scores / tau): SEⱼ² = (aⱼ/τ)² [(1 − aⱼ)² vⱼ + Σ_{k≠j} aₖ² vₖ].
void propagateThroughSoftmax(std::span<const float> weights, std::span<const double> variances, double tau,
                             std::span<float> errors);

}  // namespace ketscope
