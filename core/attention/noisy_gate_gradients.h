// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/iqp_gradients.h"
#include "core/attention/state_pairs.h"
#include "core/base/monitor.h"

namespace ketscope {

// Fidelities Tr(ρσ) of states whose encoding is noisy after every gate, by density matrices, and the way back to the vectors
// through the adjoint channels. Amplitude and IQP encodings.
class NoisyGates {
public:
    // All must outlive this object. Throws Error (Input) above the qubits of a density matrix, Error (Cancelled).
    NoisyGates(const HeadInput& input, const FidelitySettings& settings, const Monitor& monitor);

    Dense fidelities() const;  // (n, m)
    IqpGradients backward(const Dense& ofFidelities) const;

private:
    ComplexDense densities(MatrixView vectors, bool noisy) const;
    Dense throughCircuits(MatrixView vectors, bool noisy, const ComplexDense& observables, double* ofScale) const;

    const HeadInput& m_input;
    const FidelitySettings& m_settings;
    const Monitor& m_monitor;
    ComplexDense m_queries;  // (n, D²)
    ComplexDense m_keys;     // (m, D²)
};

}  // namespace ketscope
