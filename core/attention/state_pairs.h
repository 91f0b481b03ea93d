// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/fidelity.h"
#include "core/base/tensor.h"
#include "core/quantum/density_matrix.h"

#include <array>
#include <complex>
#include <memory>
#include <span>
#include <vector>

namespace ketscope {

// What is known of some queries' states against all keys' (rows, m), row by row.
struct PairScores {
    PairScores(std::size_t rowCount, std::size_t keyCount)
        : rows(rowCount), keys(keyCount), overlaps(rowCount * keyCount), fidelities(rowCount * keyCount)
    {
    }

    std::span<double> overlapRow(std::size_t row) { return {overlaps.data() + row * keys, keys}; }
    std::span<double> fidelityRow(std::size_t row) { return {fidelities.data() + row * keys, keys}; }
    // Fidelity of one run of a trajectory.
    double& sample(std::size_t run, std::size_t row, std::size_t key)
    {
        return samples[(run * rows + row) * keys + key];
    }

    std::size_t rows;
    std::size_t keys;
    std::vector<double> overlaps;    // Re⟨q|k⟩ without noise
    std::vector<double> fidelities;  // |⟨q|k⟩|², or Tr(ρσ) with noise
    std::size_t runs = 0;            // of trajectories; 0 = fidelities are exact
    std::vector<double> samples;     // (runs, rows, m), whose means the fidelities are
};

// Bloch vectors of every token's qubits without noise, (tokens, qubits, 3).
struct BlochVectors {
    TensorPointer queries = nullptr;
    TensorPointer keys = nullptr;
};

// The states of one head's queries and keys.
class StatePairs {
public:
    virtual ~StatePairs() = default;

    // Those that came with the states; null where they are as quick to find from the vectors.
    virtual BlochVectors bloch() const { return {}; }

    // Fills the scores of queries first … first + scores.rows − 1. May be called from several threads.
    virtual void fill(std::size_t first, PairScores& scores) const = 0;
};

// Overlaps of pure states by complex amplitudes (tokens, D): Re and Im of ⟨q|k⟩.
class ComplexStates {
public:
    ComplexStates(std::size_t count, std::size_t dimension)
        : m_dimension(dimension), m_values(Tensor::zeros({count, 2 * dimension}))
    {
    }

    void set(std::size_t token, std::span<const std::complex<double>> amplitudes);
    std::size_t dimension() const { return m_dimension; }
    MatrixView matrix() const { return m_values.matrix(); }  // (tokens, 2D): Re, then Im
    Tensor turned() const;                                   // of −i|ψ⟩: its real products are the imaginary ones

private:
    std::size_t m_dimension;
    Tensor m_values;
};

// Numbers in single precision that are kept of one vector's state where noise is simulated, as the noisy pairs keep them,
// or of its amplitudes; `components` is the vector's length. 0 where none are kept: angles, and more qubits than a
// density matrix may have.
double numbersOfState(const FidelitySettings& settings, std::size_t components);

// Without noise; `input` must outlive the result. Angle-encoded states take noise on each qubit with them.
std::unique_ptr<StatePairs> pureStatePairs(const HeadInput& input, const FidelitySettings& settings,
                                           const Monitor& monitor);

// Those of a pure state's qubits, (qubits, 3).
void fillBloch(std::span<const std::complex<double>> amplitudes, std::span<float> bloch);

// A point of the Bloch ball: ρ = (I + x·X + y·Y + z·Z)/2. Tr(ρσ) = (1 + r·s)/2.
using Bloch = std::array<double, 3>;

// That of RY(angle)|0⟩ after a channel; no operators = no noise.
Bloch noisyBloch(double angle, const KrausOperators& kraus);

// Throws Error (Input) where vectors of as many components have no density matrix, saying what to do.
void checkDensityQubits(const FidelitySettings& settings, std::size_t components);

// As the settings say. Throws Error (Input) when density matrices or trajectories do not fit, saying what would.
std::unique_ptr<StatePairs> statePairs(const HeadInput& input, const FidelitySettings& settings,
                                       const Monitor& monitor);

// What the head's states are: qubits, how many queries and keys have none (a vector without length), and the Bloch vectors
// of every token's qubits before noise (tokens, qubits, 3), 0 without a state. Affine states are others in every row:
// there the vectors are left out.
std::vector<Diagnostic> stateDiagnostics(const HeadInput& input, const FidelitySettings& settings,
                                         const StatePairs& pairs);

// The circuit whose state a vector becomes; an amplitude-encoded one needs a length.
Circuit encodingCircuit(std::span<const float> vector, const FidelitySettings& settings);

// Whether a vector becomes a state: an amplitude-encoded one needs a length.
bool hasState(std::span<const float> vector, const FidelitySettings& settings);

// The state as a density matrix, under the settings' noise on each qubit if `noisy`.
DensityMatrix densityOf(std::span<const float> vector, const FidelitySettings& settings, bool noisy);

// The state itself.
std::vector<std::complex<double>> encodedState(std::span<const float> vector, const FidelitySettings& settings);

}  // namespace ketscope
