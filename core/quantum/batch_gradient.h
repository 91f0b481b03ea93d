// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/state_batch.h"

namespace ketscope {

// Adjoint differentiation of many states of one circuit at once. `psi` holds them after the circuit, `lambda` holds
// O_i|ψ_i⟩ of each with its own observable O_i. Adds the slopes of Σ_i ⟨ψ_i|O_i|ψ_i⟩ by the circuit's parameters to `slopes`
// (empty = not asked for) and leaves U†O_i|ψ_i⟩ in `lambda`; `psi` is used up.
//
// Gates on single qubits between two others are undone together. Their slopes follow from Σ_i Tr_others |ψ_i⟩⟨λ_i|, one
// 2 × 2 matrix for each qubit, summed over the states and taken back gate by gate.
void sweepBack(const Circuit& circuit, std::span<const double> parameters, StateBatch& psi, StateBatch& lambda,
               std::span<double> slopes);

}  // namespace ketscope
