// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/quantum/density_matrix.h"

#include <complex>
#include <span>
#include <vector>

namespace ketscope {

// Quantum trajectories (Dalibard, Castin, Mølmer, PRL 68, 580 (1992)): noise on a pure state of 2^n amplitudes of length 1,
// drawn at random so that the mean of |ψ⟩⟨ψ| over many runs is the density matrix. For registers that are too large for one.

// Replaces |ψ⟩ by K_k|ψ⟩/‖K_k ψ‖ with probability ‖K_k ψ‖².
void applyAtRandom(std::span<std::complex<double>> amplitudes, const KrausOperators& operators, std::size_t qubit,
                   RandomStream& stream);

// On every qubit, then on all together: whole-register depolarising is, with probability λ, a random Pauli string.
void applyAtRandom(std::span<std::complex<double>> amplitudes, const Noise& noise, RandomStream& stream);

// One run of a circuit on as many qubits as `amplitudes` has, with noise as in DensityMatrix::apply.
void runTrajectory(std::span<std::complex<double>> amplitudes, const Circuit& circuit,
                   std::span<const double> parameters, const Noise& noise, NoisePlace place, RandomStream& stream);

}  // namespace ketscope
