// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/projected_head.h"
#include "core/attention/state_pairs.h"

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

// Real amplitudes x/‖x‖: no qubit has a ⟨Y⟩. 0 without a length.
void fillAmplitudeEncoded(std::span<const float> vector, std::size_t qubits, std::span<float> bloch)
{
    double square = 0.0;
    for (const float x : vector)
        square += static_cast<double>(x) * x;
    const double share = square > 0.0 ? 1.0 / square : 0.0;
    for (std::size_t qubit = 0; qubit < qubits; ++qubit) {
        const std::size_t bit = std::size_t{1} << (qubits - 1 - qubit);
        double x = 0.0;
        double z = 0.0;
        for (std::size_t b = 0; b < vector.size(); ++b) {
            const double own = static_cast<double>(vector[b]) * vector[b];
            z += (b & bit) != 0 ? -own : own;
            if ((b & bit) != 0)
                x += 2.0 * static_cast<double>(vector[b]) * vector[b ^ bit];
        }
        bloch[3 * qubit] = static_cast<float>(share * x);
        bloch[3 * qubit + 2] = static_cast<float>(share * z);
    }
}

TensorPointer blochVectors(MatrixView vectors, const FidelitySettings& settings)
{
    const std::size_t qubits = settings.qubitsOf(vectors.columns);
    Tensor bloch = Tensor::zeros({vectors.rows, qubits, 3});
    for (std::size_t token = 0; token < vectors.rows; ++token) {
        const std::span<float> row = bloch.values().subspan(3 * qubits * token, 3 * qubits);
        if (settings.map == StateEncoding::Angle)
            fillAngleEncoded(vectors.row(token), settings.bandwidth, row);
        else
            fillAmplitudeEncoded(vectors.row(token), qubits, row);
    }
    return std::make_shared<const Tensor>(std::move(bloch));
}

double withoutState(MatrixView vectors, const FidelitySettings& settings)
{
    double count = 0.0;
    for (std::size_t token = 0; token < vectors.rows; ++token)
        count += hasState(vectors.row(token), settings) ? 0.0 : 1.0;
    return count;
}

}  // namespace

std::vector<Diagnostic> stateDiagnostics(const HeadInput& input, const FidelitySettings& settings,
                                         const StatePairs& pairs)
{
    std::vector<Diagnostic> all = {
        numberDiagnostic("qubits", "Qubits", static_cast<double>(settings.qubitsOf(input.queries.columns))),
        numberDiagnostic("stateless_queries", "Queries without a state", withoutState(input.queries, settings)),
        numberDiagnostic("stateless_keys", "Keys without a state", withoutState(input.keys, settings))};
    if (settings.sign == SignRemedy::Affine)
        return all;
    const BlochVectors known = pairs.bloch();
    all.push_back({{"query_bloch", "Bloch vectors of the queries' qubits, without noise"},
                   known.queries ? known.queries : blochVectors(input.queries, settings)});
    all.push_back({{"key_bloch", "Bloch vectors of the keys' qubits, without noise"},
                   known.keys ? known.keys : blochVectors(input.keys, settings)});
    return all;
}

}  // namespace ketscope
