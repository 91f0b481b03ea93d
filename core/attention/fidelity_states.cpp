// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/fidelity_pair.h"
#include "core/attention/projected_head.h"
#include "core/attention/state_pairs.h"
#include "core/quantum/state_vector.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ketscope {

namespace {

// RY(x)|0⟩ on a qubit of its own for every component: (sin x, 0, cos x).
void fillAngleEncoded(std::span<const float> vector, double bandwidth, std::span<float> bloch)
{
    for (std::size_t i = 0; i < vector.size(); ++i) {
        const double angle = bandwidth * static_cast<double>(vector[i]);
        bloch[3 * i] = static_cast<float>(std::sin(angle));
        bloch[3 * i + 2] = static_cast<float>(std::cos(angle));
    }
}

Diagnostic blochVectors(const char* id, const char* title, MatrixView vectors, const FidelitySettings& settings)
{
    const std::size_t qubits = settings.qubitsOf(vectors.columns);
    Tensor bloch = Tensor::zeros({vectors.rows, qubits, 3});
    for (std::size_t token = 0; token < vectors.rows; ++token) {
        const std::span<float> row = bloch.values().subspan(3 * qubits * token, 3 * qubits);
        if (!hasState(vectors.row(token), settings))
            continue;
        if (settings.map == StateEncoding::Angle) {
            fillAngleEncoded(vectors.row(token), settings.bandwidth, row);
            continue;
        }
        const StateVector state(encodedState(vectors.row(token), settings));
        for (std::size_t qubit = 0; qubit < qubits; ++qubit)
            std::ranges::transform(state.qubit(qubit).bloch, row.subspan(3 * qubit).begin(),
                                   [](double x) { return static_cast<float>(x); });
    }
    return {{id, title}, std::make_shared<const Tensor>(std::move(bloch))};
}

double withoutState(MatrixView vectors, const FidelitySettings& settings)
{
    double count = 0.0;
    for (std::size_t token = 0; token < vectors.rows; ++token)
        count += hasState(vectors.row(token), settings) ? 0.0 : 1.0;
    return count;
}

}  // namespace

std::vector<Diagnostic> stateDiagnostics(const HeadInput& input, const FidelitySettings& settings)
{
    std::vector<Diagnostic> all = {
        numberDiagnostic("qubits", "Qubits", static_cast<double>(settings.qubitsOf(input.queries.columns))),
        numberDiagnostic("stateless_queries", "Queries without a state", withoutState(input.queries, settings)),
        numberDiagnostic("stateless_keys", "Keys without a state", withoutState(input.keys, settings))};
    if (settings.sign == SignRemedy::Affine)
        return all;
    all.push_back(
        blochVectors("query_bloch", "Bloch vectors of the queries' qubits, without noise", input.queries, settings));
    all.push_back(blochVectors("key_bloch", "Bloch vectors of the keys' qubits, without noise", input.keys, settings));
    return all;
}

}  // namespace ketscope
