// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/state_vector.h"

#include "core/base/view.h"

namespace ketscope {

// Batches are for circuits small enough that a group of states stays in the cache; larger ones run one by one.
inline constexpr std::size_t kMaximumBatchQubits = 14;

// Many states of the same circuit, for example all tokens of a head, side by side in the lanes of vector registers.
class StateBatch {
public:
    // `count` times |0…0⟩. Throws Error (Input) above kMaximumBatchQubits.
    StateBatch(std::size_t qubits, std::size_t count);
    StateBatch(StateBatch&&) noexcept = default;
    StateBatch& operator=(StateBatch&&) noexcept = default;
    StateBatch clone() const;

    std::size_t qubits() const { return m_qubits; }
    std::size_t count() const { return m_count; }

    // Amplitude encoding of one state, as StateVector::encode; false, and all amplitudes 0, when data has no state.
    bool encode(std::size_t index, std::span<const float> data);
    void set(std::size_t index, std::span<const std::complex<double>> amplitudes);
    std::vector<std::complex<double>> amplitudes(std::size_t index) const;

    // Runs one circuit on every state, groups of states in parallel.
    void apply(const Circuit& circuit, std::span<const double> parameters = {});

    // (count, strings): ⟨P⟩ of every state and string.
    std::vector<double> expectations(std::span<const PauliString> strings) const;

private:
    double* lane(std::size_t index);
    const double* group(std::size_t number) const;
    std::size_t groups() const;
    std::size_t groupDoubles() const;

    std::size_t m_qubits;
    std::size_t m_count;
    Amplitudes m_states;
};

}  // namespace ketscope
