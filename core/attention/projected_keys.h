// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/gradients.h"
#include "core/attention/rows.h"

namespace ketscope {

// Linformer's projections over positions, E and F (r, ≥ m); columns past the keys are not used.
struct PositionProjections {
    TensorPointer keys;    // E
    TensorPointer values;  // F
};

// H = softmax(s·Q(EK)ᵀ)(FV). A query projects only the keys that it may see: forbidden columns of E and F are left out for
// it, and an additive mask multiplies them by e^(M − its largest). So nothing looks ahead under a causal mask. The
// weights are softmax(…)·F. Without weights and additive mask time and memory are linear in the number of tokens.
std::unique_ptr<PreparedHead> prepareProjectedKeys(const HeadInput& input, const PositionProjections& projections,
                                                   const Monitor& monitor);

// Gradients of queries, keys and values; those of E and F are returned, (r, m).
struct KeyValueGradients {
    Dense keys;
    Dense values;
};
KeyValueGradients backwardProjectedKeys(const HeadInput& input, const PositionProjections& projections,
                                        const OutputGradients& gradients, const HeadGradients& into);

}  // namespace ketscope
