// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/iqp_gradients.h"

#include "core/attention/state_pairs.h"
#include "core/quantum/gate_application.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

using Complex = std::complex<double>;
using Eigen::Index;

// Component numbers that the angle of a rotation comes from: 2s·x_a, or 2(π − s·x_a)(π − s·x_b).
struct AngleSource {
    std::size_t a = 0;
    std::size_t b = 0;
    bool pair = false;
};

// Of every RZ gate of encodingCircuit, in order (see iqpFeatureMap).
std::vector<AngleSource> angleSources(std::size_t components, const FidelitySettings& settings)
{
    const std::size_t qubits = settings.qubitsOf(components);
    std::vector<AngleSource> sources;
    for (std::size_t first = 0; first < components; first += qubits) {
        const std::size_t last = std::min(first + qubits, components);
        for (std::size_t repetition = 0; repetition < settings.repetitions; ++repetition) {
            for (std::size_t a = first; a < last; ++a)
                sources.push_back({a, a, false});
            for (std::size_t a = first; a < last; ++a)
                for (std::size_t b = a + 1; b < last; ++b)
                    sources.push_back({a, b, true});
        }
    }
    return sources;
}

// ∂L/∂θ of RZ(θ) = e^(−iθZ/2) on a wire, where dL = 2 Re⟨λ|dψ⟩: Im⟨λ|Z|ψ⟩.
double slopeOf(std::span<const Complex> lambda, std::span<const Complex> state, std::size_t bit)
{
    double sum = 0.0;
    for (std::size_t b = 0; b < state.size(); ++b) {
        const double part = lambda[b].real() * state[b].imag() - lambda[b].imag() * state[b].real();
        sum += (b & bit) != 0 ? -part : part;
    }
    return sum;
}

// From λ of one vector's state to the vector, by one run backwards. Adds ∂L/∂s to `ofScale`.
void backwards(std::span<const float> vector, const FidelitySettings& settings, std::vector<Complex> lambda,
               std::span<double> gradient, double* ofScale)
{
    const Circuit circuit = encodingCircuit(vector, settings);
    std::vector<Complex> state = encodedState(vector, settings);
    std::vector<double> ofRotations;
    for (std::size_t gate = circuit.operations().size(); gate-- > 0;) {
        const Operation& operation = circuit.operations()[gate];
        if (operation.gate == Gate::RZ)
            ofRotations.push_back(slopeOf(lambda, state, bitOf(operation.wires[0], circuit.qubits())));
        applyInverseGate(operation, operation.angle.at({}), state);
        applyInverseGate(operation, operation.angle.at({}), lambda);
    }
    std::ranges::reverse(ofRotations);
    addIqpSlopes(vector, settings, ofRotations, gradient, ofScale);
}

}  // namespace

void addIqpSlopes(std::span<const float> vector, const FidelitySettings& settings, std::span<const double> ofRotations,
                  std::span<double> gradient, double* ofScale)
{
    const std::vector<AngleSource> sources = angleSources(vector.size(), settings);
    const double s = settings.bandwidth;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const AngleSource& source = sources[i];
        const double xa = vector[source.a];
        const double xb = vector[source.b];
        const double ofA = source.pair ? -2.0 * (std::numbers::pi - s * xb) : 2.0;  // ∂θ/∂(s·x_a)
        const double ofB = source.pair ? -2.0 * (std::numbers::pi - s * xa) : 0.0;
        gradient[source.a] += ofRotations[i] * s * ofA;
        gradient[source.b] += ofRotations[i] * s * ofB;
        *ofScale += ofRotations[i] * (xa * ofA + xb * ofB);
    }
}

ComplexDense encodedStates(MatrixView vectors, const FidelitySettings& settings)
{
    ComplexDense states(vectors.rows, std::size_t{1} << settings.qubitsOf(vectors.columns));
    for (std::size_t token = 0; token < vectors.rows; ++token) {
        const std::vector<Complex> state = encodedState(vectors.row(token), settings);
        for (std::size_t b = 0; b < state.size(); ++b)
            states(static_cast<Index>(token), static_cast<Index>(b)) = state[b];
    }
    return states;
}

Dense iqpBackwards(MatrixView vectors, const FidelitySettings& settings, const ComplexDense& lambdas, double* ofScale)
{
    Dense result = Dense::Zero(static_cast<Index>(vectors.rows), static_cast<Index>(vectors.columns));
    for (std::size_t token = 0; token < vectors.rows; ++token) {
        const auto row = static_cast<Index>(token);
        std::vector<Complex> lambda(static_cast<std::size_t>(lambdas.cols()));
        for (std::size_t b = 0; b < lambda.size(); ++b)
            lambda[b] = lambdas(row, static_cast<Index>(b));
        backwards(vectors.row(token), settings, std::move(lambda), {result.row(row).data(), vectors.columns}, ofScale);
    }
    return result;
}

IqpOverlaps::IqpOverlaps(const HeadInput& input, const FidelitySettings& settings)
    : m_input(input), m_settings(settings), m_queries(encodedStates(input.queries, settings)),
      m_keys(encodedStates(input.keys, settings)), m_overlaps(m_queries.conjugate() * m_keys.transpose())
{
}

// dF = 2 Re(⟨dq|k⟩⟨k|q⟩): λ of a query is Σ g ⟨k|q⟩ |k⟩, and of a key Σ g ⟨q|k⟩ |q⟩.
IqpGradients IqpOverlaps::backward(const Dense& ofFidelities) const
{
    IqpGradients result;
    const ComplexDense weighted = m_overlaps.cwiseProduct(ofFidelities.cast<Complex>());
    result.queries = iqpBackwards(m_input.queries, m_settings, weighted.conjugate() * m_keys, &result.bandwidth);
    result.keys = iqpBackwards(m_input.keys, m_settings, weighted.transpose() * m_queries, &result.bandwidth);
    return result;
}

}  // namespace ketscope
