// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/state_vector.h"

namespace ketscope {

// Derivatives of f(θ) = Σ_l w_l ⟨ψ|P_l|ψ⟩ with ψ = U(θ)|initial⟩.
struct ExpectationGradient {
    double value = 0.0;
    std::vector<double> parameters;  // ∂f/∂θ_p
    // 2 Re of U†(Σ w_l P_l)ψ: ∂f/∂a_b for a real initial state a, taken as free numbers (see encodingGradient).
    std::vector<double> initial;
};

// 2 Re⟨λ|∂G/∂θ|ψ before G⟩ of a gate with an angle θ, from λ and ψ as they are after it.
double operationSlope(const Operation& operation, std::size_t qubits, std::span<const std::complex<double>> lambda,
                      std::span<const std::complex<double>> psi);

// Adjoint differentiation (Jones, Gacon, arXiv 2009.02823): one run forwards, one backwards with two states, whatever the
// number of parameters.
ExpectationGradient adjointGradient(const Circuit& circuit, std::span<const double> parameters,
                                    const StateVector& initial, std::span<const PauliTerm> terms);

// ∂f/∂θ by the parameter-shift rule, exact but slow: 2 runs for each gate with a parameter (½[f(θ + π/2) − f(θ − π/2)]), 4
// for RBS, whose expectations have two frequencies (Wierichs et al., Quantum 6, 677, 2022). Sums over the gates that share
// a parameter.
std::vector<double> parameterShiftGradient(const Circuit& circuit, std::span<const double> parameters,
                                           const StateVector& initial, std::span<const PauliTerm> terms);

// From ∂f/∂a with a = x/‖x‖ to ∂f/∂x: the part along a vanishes, the rest is divided by ‖x‖. `out` has x's size; all zero
// where x has no state.
void encodingGradient(std::span<const float> x, std::span<const double> amplitudeGradient, std::span<double> out);

double expectation(std::span<const PauliTerm> terms, const StateVector& state);

}  // namespace ketscope
