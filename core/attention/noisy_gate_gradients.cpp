// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/noisy_gate_gradients.h"

#include "core/base/parallel.h"
#include "core/quantum/noisy_gradient.h"

namespace ketscope {

using Eigen::Index;

NoisyGates::NoisyGates(const HeadInput& input, const FidelitySettings& settings, const Monitor& monitor)
    : m_input(input), m_settings(settings), m_monitor(monitor)
{
    checkDensityQubits(settings, input.queries.columns);
    m_queries = densities(input.queries, true);
    m_keys = densities(input.keys, settings.bothStates);
}

ComplexDense NoisyGates::densities(MatrixView vectors, bool noisy) const
{
    const std::size_t size = std::size_t{1} << (2 * m_settings.qubitsOf(vectors.columns));
    ComplexDense result = ComplexDense::Zero(static_cast<Index>(vectors.rows), static_cast<Index>(size));
    parallelFor(vectors.rows, size * size, [&](std::size_t token) {
        m_monitor.check();
        if (!hasState(vectors.row(token), m_settings))
            return;
        const DensityMatrix state = densityOf(vectors.row(token), m_settings, noisy);
        for (std::size_t i = 0; i < size; ++i)
            result(static_cast<Index>(token), static_cast<Index>(i)) =
                state(i / state.dimension(), i % state.dimension());
    });
    return result;
}

Dense NoisyGates::fidelities() const { return (m_queries * m_keys.adjoint()).real(); }

// Tr(ρσ) is the expectation of σ in ρ and of ρ in σ.
IqpGradients NoisyGates::backward(const Dense& ofFidelities) const
{
    IqpGradients result;
    const ComplexDense weights = ofFidelities.cast<std::complex<double>>();
    result.queries = throughCircuits(m_input.queries, true, weights * m_keys, &result.bandwidth);
    result.keys =
        throughCircuits(m_input.keys, m_settings.bothStates, weights.transpose() * m_queries, &result.bandwidth);
    return result;
}

Dense NoisyGates::throughCircuits(MatrixView vectors, bool noisy, const ComplexDense& observables,
                                  double* ofScale) const
{
    Dense result = Dense::Zero(static_cast<Index>(vectors.rows), static_cast<Index>(vectors.columns));
    std::vector<double> ofScales(vectors.rows, 0.0);
    const auto size = static_cast<std::size_t>(observables.cols());
    parallelFor(vectors.rows, size * size, [&](std::size_t token) {
        m_monitor.check();
        if (!hasState(vectors.row(token), m_settings))
            return;
        const auto row = static_cast<Index>(token);
        const Circuit circuit = encodingCircuit(vectors.row(token), m_settings);
        const std::vector<double> all = noisySlopes(circuit, noisy ? m_settings.noise.kraus : KrausOperators(),
                                                    DensityMatrix::observable({observables.row(row).data(), size}));
        std::vector<double> ofRotations;
        for (std::size_t i = 0; i < all.size(); ++i)
            if (gateInfo(circuit.operations()[i].gate).hasAngle)
                ofRotations.push_back(all[i]);
        const std::span<double> gradient(result.row(row).data(), vectors.columns);
        if (m_settings.map == StateEncoding::Iqp)
            addIqpSlopes(vectors.row(token), m_settings, ofRotations, gradient, &ofScales[token]);
        else
            amplitudeEncodingGradient(vectors.row(token), ofRotations, gradient);
    });
    for (const double slope : ofScales)
        *ofScale += slope;
    return result;
}

}  // namespace ketscope
