// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/fidelity.h"
#include "core/attention/gradients.h"

#include <complex>

namespace ketscope {

using ComplexDense = Eigen::Matrix<std::complex<double>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct IqpGradients {
    Dense queries;
    Dense keys;
    double bandwidth = 0.0;
};

// The encoded vectors as rows (n, D).
ComplexDense encodedStates(MatrixView vectors, const FidelitySettings& settings);

// From the slopes by the RZ gates of an IQP-encoded vector's circuit, in their order, to the vector; adds dL/ds to `ofScale`.
void addIqpSlopes(std::span<const float> vector, const FidelitySettings& settings, std::span<const double> ofRotations,
                  std::span<double> gradient, double* ofScale);

// From λ of every IQP-encoded state (n, D), where dL = 2 Re⟨λ|dψ⟩, to the vectors (n, d); adds dL/ds to `ofScale`.
Dense iqpBackwards(MatrixView vectors, const FidelitySettings& settings, const ComplexDense& lambdas, double* ofScale);

// Overlaps of IQP-encoded queries and keys in double precision, and the way back to the vectors: adjoint differentiation, one
// run backwards for each vector.
class IqpOverlaps {
public:
    // Both must outlive this object.
    IqpOverlaps(const HeadInput& input, const FidelitySettings& settings);

    Dense real() const { return m_overlaps.real(); }  // Re⟨q|k⟩, (n, m)
    Dense fidelities() const { return m_overlaps.cwiseAbs2(); }
    IqpGradients backward(const Dense& ofFidelities) const;

private:
    const HeadInput& m_input;
    const FidelitySettings& m_settings;
    ComplexDense m_queries;  // (n, D)
    ComplexDense m_keys;     // (m, D)
    ComplexDense m_overlaps;
};

}  // namespace ketscope
