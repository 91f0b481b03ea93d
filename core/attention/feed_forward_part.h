// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/head_plan.h"

namespace ketscope {

// What stands for a layer's feed-forward part: tokens (N, D) to what the model adds to them (N, D), each for itself.
// Outlives the input that it was made from.
class FeedForwardPart {
public:
    virtual ~FeedForwardPart() = default;

    virtual void forward(MatrixView tokens, MutableMatrixView out) const = 0;
    // Given dL/dout, adds dL/dtokens to `inputs` (empty = not asked for) and the tensors' to `trained`, as HeadGradients.
    virtual void backward(MatrixView tokens, MatrixView gradients, MutableMatrixView inputs,
                          std::map<std::string, Tensor, std::less<>>* trained) const = 0;
    virtual std::vector<Diagnostic> diagnostics(MatrixView tokens) const = 0;
};

// What a Mechanism is too when it has such a part.
class FeedForwardMechanism {
public:
    virtual ~FeedForwardMechanism() = default;

    // Whether `parameters` ask for it.
    virtual bool replacesFeedForward(const Parameters& parameters) const = 0;
    // For a layer of width input.layerInput.columns. Of `input` it uses that, random and trained, whose tensors are among
    // Mechanism::initialTensors.
    virtual std::unique_ptr<FeedForwardPart> feedForward(const HeadInput& input,
                                                         const Parameters& parameters) const = 0;
};

// The mechanism's feed-forward part where the assignment asks for it; null where it does not.
inline const FeedForwardMechanism* feedForwardOf(const HeadAssignment& what)
{
    const auto* const known = dynamic_cast<const FeedForwardMechanism*>(what.mechanism);
    return known != nullptr && known->replacesFeedForward(what.parameters) ? known : nullptr;
}

}  // namespace ketscope
