// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/pqc_feed_forward.h"

#include "core/base/error.h"
#include "core/quantum/ansatz.h"

#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

constexpr std::uint16_t kDrawing = 44;  // purpose of random numbers

std::vector<PauliString> singleZs(std::size_t qubits)
{
    std::vector<PauliString> strings;
    for (std::size_t qubit = 0; qubit < qubits; ++qubit)
        strings.push_back(PauliString::zOn(qubit, qubits));
    return strings;
}

}  // namespace

PqcFeedForward::PqcFeedForward(std::size_t width, std::size_t outputs, std::size_t layers, Weights weights)
    : m_outputs(outputs), m_readout(std::move(weights.readout)),
      m_features(pqcAnsatz(qubitsFor(width), layers), std::move(weights.angles), singleZs(qubitsFor(width)))
{
    const std::size_t expected = outputs * m_features.strings().size();
    if (m_readout.size() != expected)
        fail({"readout of the circuit", std::to_string(expected) + " numbers", std::to_string(m_readout.size()), ""});
}

PqcFeedForward::Weights PqcFeedForward::initial(std::size_t width, std::size_t outputs, std::size_t layers,
                                                const RandomKey& key)
{
    const std::size_t qubits = qubitsFor(width);
    RandomStream random(key, 0, kDrawing);
    Weights weights{std::vector<double>(2 * qubits * layers), std::vector<double>(outputs * qubits)};
    for (double& angle : weights.angles)
        angle = (2.0 * random.uniform() - 1.0) * std::numbers::pi;
    for (double& x : weights.readout)
        x = random.normal() / std::sqrt(static_cast<double>(qubits));
    return weights;
}

// y (tokens, outputs) = tanh(z Rᵀ).
std::vector<double> PqcFeedForward::outputs(std::span<const double> measured, std::size_t tokens) const
{
    const std::size_t qubits = m_features.strings().size();
    std::vector<double> y(tokens * m_outputs);
    for (std::size_t token = 0; token < tokens; ++token)
        for (std::size_t o = 0; o < m_outputs; ++o) {
            double sum = 0.0;
            for (std::size_t q = 0; q < qubits; ++q)
                sum += m_readout[o * qubits + q] * measured[token * qubits + q];
            y[token * m_outputs + o] = std::tanh(sum);
        }
    return y;
}

void PqcFeedForward::forward(MatrixView tokens, MutableMatrixView out) const
{
    const std::vector<double> y = outputs(m_features.apply(tokens), tokens.rows);
    for (std::size_t token = 0; token < tokens.rows; ++token)
        for (std::size_t o = 0; o < m_outputs; ++o)
            out(token, o) = static_cast<float>(y[token * m_outputs + o]);
}

PqcFeedForward::Weights PqcFeedForward::backward(MatrixView tokens, MatrixView gradients,
                                                 MutableMatrixView inputs) const
{
    const std::size_t qubits = m_features.strings().size();
    const std::vector<double> measured = m_features.apply(tokens);
    const std::vector<double> y = outputs(measured, tokens.rows);
    Weights found{std::vector<double>(m_features.angles().size(), 0.0), std::vector<double>(m_readout.size(), 0.0)};
    std::vector<double> ofMeasured(measured.size(), 0.0);
    for (std::size_t token = 0; token < tokens.rows; ++token)
        for (std::size_t o = 0; o < m_outputs; ++o) {
            const double value = y[token * m_outputs + o];
            const double slope = static_cast<double>(gradients(token, o)) * (1.0 - value * value);
            for (std::size_t q = 0; q < qubits; ++q) {
                found.readout[o * qubits + q] += slope * measured[token * qubits + q];
                ofMeasured[token * qubits + q] += slope * m_readout[o * qubits + q];
            }
        }
    m_features.backward(tokens, ofMeasured, found.angles, inputs);
    return found;
}

}  // namespace ketscope
