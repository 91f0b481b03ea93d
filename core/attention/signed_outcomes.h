// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/bit_noise.h"

namespace ketscope {

// Distributions of outcomes that carry a sign: first those counted with +, then those counted with −, each (D). What is
// wanted of outcome j is scale · (p₊ⱼ − p₋ⱼ), and its standard error grows by `scale`.
struct SignedOutcomes {
    std::vector<double> probabilities;  // (2D), sum to 1
    double scale = 1.0;
};

// Probabilistic error cancellation of `noise` on a register whose noisy distribution (D) is given: each shot inserts random
// operations with a sign. Maps symmetric in 0 and 1 are undone by Paulis, γ = (1 + λ/2)/(1 − λ) for each qubit; others by
// resets, γ = (1 + g)/(1 − g) with g the relaxation. Throws Error (Input) when the noise leaves nothing of the state.
SignedOutcomes cancellationOutcomes(std::vector<double> noisy, const Noise& noise);

// Virtual distillation from `copies` (2 … 4) of ρ, the register's state √probabilities (D) after `noise`: an ancilla that
// controls their cyclic shift gives the sign, so that p₊ − p₋ = diag(ρ^M). Channels on single qubits need the density
// matrix: at most DensityMatrix::kMaximumQubits, Error (Input) otherwise.
SignedOutcomes distillationOutcomes(std::span<const double> probabilities, const Noise& noise, int copies);

}  // namespace ketscope
