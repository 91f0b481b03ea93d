// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/density_matrix.h"

namespace ketscope {

// X → Σ K†XK, what a channel does to an observable.
KrausOperators adjointOf(const KrausOperators& operators);

// ∂ Tr(ρM)/∂θ of every operation of `circuit`, whose angles are numbers: ρ is |0…0⟩ after the circuit with the channel on
// the wires of every gate (no operators = none), `observable` is M. 0 for operations other than RX, RY and RZ.
//
// The adjoint method: M goes back through the adjoint channels and gates and meets ρ after each gate, where the slope is
// Im Tr(M P ρ) for e^(−iθP/2). ρ cannot be taken back through a channel: it is kept every √G of G gates, and found again
// from there.
std::vector<double> noisySlopes(const Circuit& circuit, const KrausOperators& kraus, DensityMatrix observable);

// From slopes by the rotations of amplitudeEncodingCircuit(data), in their order, to slopes by the data, into `out`. A block
// of amplitudes without length gets 0; all zero where data has no state.
void amplitudeEncodingGradient(std::span<const float> data, std::span<const double> ofRotations, std::span<double> out);

}  // namespace ketscope
