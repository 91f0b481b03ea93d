// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/channel.h"
#include "core/quantum/circuit.h"
#include "core/quantum/pauli.h"

#include <span>
#include <vector>

namespace ketscope {

// Where a circuit's noise acts: on the wires of every gate after it, or on every qubit after the last gate.
enum class NoisePlace { AfterEachGate, AtEnd };

// A mixed state of up to kMaximumQubits qubits: ρ (2^m, 2^m), row-major. Qubit 0 is the most significant bit.
class DensityMatrix {
public:
    using Complex = std::complex<double>;
    static constexpr std::size_t kMaximumQubits = 8;

    // |0…0⟩⟨0…0|. Throws Error (Input) above kMaximumQubits, saying how many fit and what to do.
    explicit DensityMatrix(std::size_t qubits);
    // |ψ⟩⟨ψ| of 2^m amplitudes, as they are. Throws Error as above, or (Failure) when their number is no power of two.
    static DensityMatrix pure(std::span<const Complex> amplitudes);
    static DensityMatrix pure(std::span<const double> amplitudes);
    // A Hermitian operator (2^m, 2^m), row-major, as it is: an observable on its way back through a circuit.
    static DensityMatrix observable(std::span<const Complex> entries);

    std::size_t qubits() const { return m_qubits; }
    std::size_t dimension() const { return std::size_t{1} << m_qubits; }
    Complex operator()(std::size_t row, std::size_t column) const
    {
        const std::size_t at = row * dimension() + column;
        return {m_real[at], m_imaginary.empty() ? 0.0 : m_imaginary[at]};
    }

    DensityMatrix& apply(const Operation& operation, std::span<const double> parameters = {});  // UρU†
    DensityMatrix& apply(const KrausOperators& operators, std::size_t qubit);                   // Σ KρK†
    // On every qubit, then on all together.
    DensityMatrix& apply(const Noise& noise);
    // A circuit on as many qubits. After each gate the channel acts on each of its wires (whole-register noise on all).
    DensityMatrix& apply(const Circuit& circuit, std::span<const double> parameters = {}, const Noise& noise = {},
                         NoisePlace place = NoisePlace::AfterEachGate);

    double trace() const;
    double purity() const;                                // Tr ρ²
    std::vector<double> probabilities() const;            // diagonal
    double expectation(const PauliString& string) const;  // Tr(ρP)
    double overlap(const DensityMatrix& other) const;     // Tr(ρσ)
    std::vector<double> eigenvalues() const;              // ascending
    double entropy() const;                               // −Tr ρ ln ρ, nats

    // Tr over all qubits but those kept, in the order given. Throws Error (Failure) on a qubit that is not there or named
    // twice.
    DensityMatrix reduced(std::span<const std::size_t> kept) const;

    double coherenceL1() const;               // Σ_{i≠j} |ρ_ij|
    double coherenceRelativeEntropy() const;  // S(diag ρ) − S(ρ), nats

    // Outcome probabilities of ρ^M/Tr ρ^M, M ≥ 1, as virtual distillation measures them; `powerTrace` receives Tr ρ^M.
    std::vector<double> distilled(int copies, double* powerTrace = nullptr) const;

private:
    void exchange(std::size_t control, std::size_t target);  // CNOT
    void act(std::span<const Complex> matrix, std::span<const std::size_t> wires);
    void mix(double lambda);  // (1 − λ)ρ + λ Tr(ρ) I/2^m

    std::size_t m_qubits;
    std::vector<double> m_real;       // (2^m, 2^m)
    std::vector<double> m_imaginary;  // the same; empty while all of it is 0, as for amplitude-encoded real data
};

}  // namespace ketscope
