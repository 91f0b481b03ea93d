// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/state_batch.h"

namespace ketscope {

// How the expectations of a circuit are found. They agree to the rounding of double precision (1e-12), in single precision
// to 1e-5.
enum class CircuitExecution {
    Automatic,    // Unitary up to kUnitaryQubits, where one matrix product is cheaper, else Gates
    Gates,        // gate by gate on every token's state
    Unitary,      // the circuit's matrix once, then one product for each token
    Observables,  // U†P_lU once for each string, then one quadratic form for each token and string
    SingleGates,  // gate by gate in single precision, twice the tokens at a time
};

inline constexpr std::size_t kUnitaryQubits = 4;
inline constexpr std::size_t kMaximumUnitaryQubits = 10;
inline constexpr std::size_t kMaximumObservableEntries = std::size_t{1} << 21;  // strings · 4ⁿ

struct PrecomputedCircuit;

// Tokens as vectors of Pauli expectations: m(x)_l = ⟨ψ|P_l|ψ⟩, ψ = U(angles)|x/‖x‖⟩. A token without a state gives 0.
class CircuitFeatures {
public:
    // Throws Error (Input) when the execution needs more memory than the limits above, saying what fits.
    CircuitFeatures(Circuit circuit, std::vector<double> angles, std::vector<PauliString> strings,
                    CircuitExecution wanted = CircuitExecution::Automatic);

    const Circuit& circuit() const { return m_circuit; }
    const std::vector<double>& angles() const { return m_angles; }
    const std::vector<PauliString>& strings() const { return m_strings; }
    CircuitExecution execution() const { return m_execution; }  // never Automatic

    // (tokens, strings), row-major. `tokens` (n, D) with D ≤ 2^qubits.
    std::vector<double> apply(MatrixView tokens) const;
    // Of states that are there already, gate by gate.
    std::vector<double> apply(const StateBatch& states) const;

    // Given the gradients (tokens, strings) with respect to what apply() gave, adds those of the angles to `angles` and
    // those of the tokens to `inputs` (n, D); empty = not asked for. Adjoint differentiation in double precision: of the
    // tokens' states, or, with a matrix and more tokens than 2^qubits, of the matrix.
    void backward(MatrixView tokens, std::span<const double> gradients, std::span<double> angles,
                  MutableMatrixView inputs) const;

private:
    std::vector<double> applyObservables(MatrixView tokens) const;
    StateBatch statesByMatrix(MatrixView tokens) const;  // U|x/‖x‖⟩
    void backwardOneByOne(MatrixView tokens, std::span<const double> gradients, std::span<double> angles,
                          MutableMatrixView inputs) const;
    void backwardByMatrix(MatrixView tokens, const StateBatch& lambda, std::span<double> angles,
                          MutableMatrixView inputs) const;
    static void addInputs(MatrixView tokens, const StateBatch& lambda, MutableMatrixView inputs);

    Circuit m_circuit;
    std::vector<double> m_angles;
    std::vector<PauliString> m_strings;
    CircuitExecution m_execution;
    std::shared_ptr<const PrecomputedCircuit> m_precomputed;
};

// Tokens (rows) that have no state: all zero, or not finite.
std::size_t tokensWithoutState(MatrixView tokens);

}  // namespace ketscope
