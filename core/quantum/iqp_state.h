// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <span>

namespace ketscope {

// Applies iqpFeatureMap(data, repetitions) to a state of at least as many qubits as there are numbers, on its first ones:
// Hadamards, then the phase e^{−i(Σ x_a z_a + Σ_{a<b} (π − x_a)(π − x_b) z_a z_b)} of each basis state, z = 1 for |0⟩ and −1 for
// |1⟩, which takes a fraction of the time of its gates.
void applyIqpFeatureMap(std::span<const double> data, std::size_t repetitions, std::span<std::complex<double>> state);

}  // namespace ketscope
