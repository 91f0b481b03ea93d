// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/iqp_gradients.h"

namespace ketscope {

// Fidelities Tr(E(|q⟩⟨q|) E'(|k⟩⟨k|)) of states under noise on each qubit, E' = E or none, and the way back to the vectors:
// each is ⟨q|M|q⟩ with M = E†(E'(|k⟩⟨k|)). Amplitude and IQP encodings; noise once, on the prepared state.
class NoisyStates {
public:
    // Both must outlive this object. Throws Error (Input) above the qubits of a density matrix.
    NoisyStates(const HeadInput& input, const FidelitySettings& settings);

    Dense fidelities() const;  // (n, m)
    IqpGradients backward(const Dense& ofFidelities) const;

private:
    // E†(E'(X)), or E'†(E(X)), for Hermitian X (D, D).
    ComplexDense seenByQueries(ComplexDense matrix) const;
    ComplexDense seenByKeys(ComplexDense matrix) const;
    Dense throughEncoding(MatrixView vectors, const ComplexDense& lambdas, double* bandwidth) const;

    const HeadInput& m_input;
    const FidelitySettings& m_settings;
    ComplexDense m_queries;  // (n, D)
    ComplexDense m_keys;     // (m, D)
};

// Product states ⊗ RY(s·x)|0⟩ under noise on each qubit: Tr(ρσ) = Π ½(1 + r·t) of the qubits' Bloch vectors.
class NoisyAngles {
public:
    NoisyAngles(const HeadInput& input, const FidelitySettings& settings);

    Dense fidelities() const;  // (n, m)
    IqpGradients backward(const Dense& ofFidelities) const;

private:
    struct Points;  // Bloch vectors of a set of vectors, and their slopes by the angle

    Dense m_queries;
    Dense m_keys;
    double m_scale;
    KrausOperators m_ofQueries;
    KrausOperators m_ofKeys;
};

}  // namespace ketscope
