// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/amplitudes.h"
#include "core/quantum/circuit.h"
#include "core/quantum/pauli.h"

#include <optional>

namespace ketscope {

// More qubits than this are refused: 2²⁰ amplitudes are 16 MiB, and twice that while a circuit runs.
inline constexpr std::size_t kMaximumStateQubits = 20;

// Throws Error (Input) that says how many qubits would fit.
void checkStateQubits(std::size_t qubits);

// Qubits that 2ⁿ ≥ `components` needs, at least 1.
std::size_t qubitsFor(std::size_t components);

// The density matrix of one qubit, seen alone.
struct QubitState {
    std::array<double, 3> bloch;  // ⟨X⟩, ⟨Y⟩, ⟨Z⟩
    double purity;                // Tr ρ² = (1 + |bloch|²)/2: 1 when the qubit is not entangled with the rest

    // (2, 2), row-major: (I + x·X + y·Y + z·Z)/2.
    std::array<std::complex<double>, 4> density() const;
};

// A pure state of n ≤ kMaximumStateQubits qubits in double precision. Qubit 0 is the most significant bit of a basis
// state's number.
class StateVector {
public:
    explicit StateVector(std::size_t qubits);  // |0…0⟩
    // The given amplitudes, whose number is a power of two ≥ 2. They are taken as they are.
    explicit StateVector(std::span<const std::complex<double>> amplitudes);
    StateVector(const StateVector& other);
    StateVector(StateVector&&) noexcept = default;
    StateVector& operator=(StateVector other) noexcept;
    ~StateVector() = default;

    // Amplitude encoding: data/‖data‖, then zeros, on `qubits` qubits (0 = as few as hold them). Nothing when data has no
    // length or a value that is not finite: there is no such state. Throws Error (Input) when they do not fit.
    static std::optional<StateVector> encode(std::span<const float> data, std::size_t qubits = 0);
    static std::optional<StateVector> encode(std::span<const double> data, std::size_t qubits = 0);
    // ⊗ of two states; the first one's qubits come first.
    static StateVector product(const StateVector& first, const StateVector& second);

    std::size_t qubits() const { return m_qubits; }
    std::span<const std::complex<double>> amplitudes() const { return m_amplitudes.values(); }
    std::span<std::complex<double>> amplitudes() { return m_amplitudes.values(); }

    // Runs a circuit on as many qubits; gates are fused. One at a time: applyGates of gate_application.h.
    StateVector& apply(const Circuit& circuit, std::span<const double> parameters = {});

    std::vector<double> probabilities() const;
    // Counts (2ⁿ) of `shots` measurements of all qubits.
    std::vector<std::uint64_t> sample(std::uint64_t shots, RandomStream& stream) const;
    std::complex<double> inner(const StateVector& other) const;  // ⟨this|other⟩
    double expectation(const PauliString& string) const { return ketscope::expectation(string, amplitudes()); }
    QubitState qubit(std::size_t number) const;

private:
    std::size_t m_qubits;
    Amplitudes m_amplitudes;
};

// A pure state in single precision: half the memory, and circuits take about half the time. Every gate rounds amplitudes by
// about 6·10⁻⁸ of their length: after a few hundred gates they are good to 10⁻⁵, and so are expectations.
class SingleStateVector {
public:
    explicit SingleStateVector(const StateVector& state);

    std::size_t qubits() const { return m_qubits; }
    std::span<const std::complex<float>> amplitudes() const { return m_amplitudes.values(); }
    // As StateVector::apply.
    SingleStateVector& apply(const Circuit& circuit, std::span<const double> parameters = {});
    StateVector whole() const;  // in double precision again

private:
    std::size_t m_qubits;
    SingleAmplitudes m_amplitudes;
};

// `data`/‖data‖ into the first entries of `out`, and zeros into the others. Returns ‖data‖; 0, and all entries zero, when
// data has no length or a value that is not finite.
double encodeAmplitudes(std::span<const float> data, std::span<double> out);
double encodeAmplitudes(std::span<const double> data, std::span<double> out);

}  // namespace ketscope
