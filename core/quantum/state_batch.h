// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/state_kernel.h"
#include "core/quantum/state_vector.h"

#include "core/base/view.h"

namespace ketscope {

// Batches are for circuits small enough that a group of states stays in the cache; larger ones run one by one.
inline constexpr std::size_t kMaximumBatchQubits = 14;

// Many states of the same circuit, for example all tokens of a head, side by side in the lanes of vector registers: in
// double precision, or in single, twice as fast, for results that end in single precision anyway. Every gate then rounds
// amplitudes by about 6·10⁻⁸ of their length; expectations of circuits of a few hundred gates are good to 10⁻⁵.
template <typename Real> class BasicStateBatch {
public:
    // `count` times |0…0⟩. Throws Error (Input) above kMaximumBatchQubits.
    BasicStateBatch(std::size_t qubits, std::size_t count);
    BasicStateBatch(BasicStateBatch&&) noexcept = default;
    BasicStateBatch& operator=(BasicStateBatch&&) noexcept = default;
    BasicStateBatch clone() const;

    std::size_t qubits() const { return m_qubits; }
    std::size_t count() const { return m_count; }

    // Amplitude encoding of one state, as StateVector::encode; false, and all amplitudes 0, when data has no state.
    bool encode(std::size_t index, std::span<const float> data);
    void set(std::size_t index, std::span<const std::complex<double>> amplitudes);
    std::vector<std::complex<double>> amplitudes(std::size_t index) const;
    // The same with real and imaginary parts apart, 2^qubits numbers each; `read` leaves out an empty part.
    void write(std::size_t index, std::span<const double> real, std::span<const double> imaginary);
    void read(std::size_t index, std::span<double> real, std::span<double> imaginary) const;

    // Runs one circuit on every state, groups of states in parallel.
    void apply(const Circuit& circuit, std::span<const double> parameters = {});

    // (count, strings): ⟨P⟩ of every state and string.
    std::vector<double> expectations(std::span<const PauliString> strings) const;

    // Σ_l weights(state, l) P_l|ψ⟩ of every state; `weights` (count, strings).
    BasicStateBatch observed(std::span<const PauliString> strings, std::span<const double> weights) const;

    // The layout of state_kernel.h: groups() groups of kLanes states; the last one is filled up with zeros.
    static constexpr std::size_t kLanes = kStateLanesOf<Real>;
    std::size_t groups() const { return (m_count + kLanes - 1) / kLanes; }
    Real* group(std::size_t number) { return reinterpret_cast<Real*>(m_states.get()) + number * groupSize(); }
    const Real* group(std::size_t number) const
    {
        return reinterpret_cast<const Real*>(m_states.get()) + number * groupSize();
    }

private:
    // The real part of the first amplitude; the imaginary one is kLanes numbers after it, the next amplitude twice that.
    Real* lane(std::size_t index) { return group(index / kLanes) + index % kLanes; }
    const Real* lane(std::size_t index) const { return group(index / kLanes) + index % kLanes; }
    std::size_t groupSize() const { return (std::size_t{2} << m_qubits) * kLanes; }

    std::size_t m_qubits;
    std::size_t m_count;
    std::shared_ptr<float> m_states;  // groups of kLanes states
};

using StateBatch = BasicStateBatch<double>;
using SingleStateBatch = BasicStateBatch<float>;

extern template class BasicStateBatch<double>;
extern template class BasicStateBatch<float>;

}  // namespace ketscope
