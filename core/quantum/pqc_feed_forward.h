// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/circuit_features.h"

namespace ketscope {

// A feed-forward layer made of a parametrised circuit: y = tanh(R·z), z = (⟨Z₀⟩ … ⟨Zₙ₋₁⟩) of U(angles)|x/‖x‖⟩ with
// pqcAnsatz on n = ⌈log₂ width⌉ qubits. QELM-style, with its gradient by the chain rule.
class PqcFeedForward {
public:
    struct Weights {
        std::vector<double> angles;   // (2n·layers)
        std::vector<double> readout;  // R (outputs, n), row-major
    };

    // Throws Error (Failure) when the weights have other sizes.
    PqcFeedForward(std::size_t width, std::size_t outputs, std::size_t layers, Weights weights);

    // Angles from U(−π, π), the readout from N(0, 1/n).
    static Weights initial(std::size_t width, std::size_t outputs, std::size_t layers, const RandomKey& key);

    // out (tokens, outputs) of tokens (tokens, width). A token without a state gives 0.
    void forward(MatrixView tokens, MutableMatrixView out) const;

    // Given dL/dy, adds dL/dx to `inputs` (empty = not asked for) and returns those of the weights.
    Weights backward(MatrixView tokens, MatrixView gradients, MutableMatrixView inputs) const;

private:
    std::vector<double> outputs(std::span<const double> measured, std::size_t tokens) const;

    std::size_t m_outputs;
    std::vector<double> m_readout;
    CircuitFeatures m_features;
};

}  // namespace ketscope
