// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/state_vector.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ketscope {

namespace {

// RY(angles[i]) on wire `target` where wires 0 … target − 1 read i, as 2^target rotations with CNOTs between them. With
// g(j) the Gray code, rotation j has the angle 2^−target Σ_i (−1)^popcount(i AND g(j)) angles[i].
void addControlledRotations(Circuit& circuit, std::size_t target, std::span<const double> angles)
{
    for (std::size_t j = 0; j < angles.size(); ++j) {
        const std::size_t gray = j ^ (j >> 1);
        double angle = 0.0;
        for (std::size_t i = 0; i < angles.size(); ++i)
            angle += (std::popcount(i & gray) & 1) != 0 ? -angles[i] : angles[i];
        circuit.ry(target, angle / static_cast<double>(angles.size()));
        if (angles.size() == 1)
            return;
        // The bit in which g(j) and g(j + 1) differ; after the last one the highest, which closes the cycle.
        const auto bit = std::min(static_cast<std::size_t>(std::countr_one(j)), target - 1);
        circuit.cx(target - 1 - bit, target);
    }
}

}  // namespace

Circuit amplitudeEncodingCircuit(std::span<const double> data)
{
    const std::size_t qubits = qubitsFor(data.size());
    checkStateQubits(qubits);
    std::vector<double> amplitudes(std::size_t{1} << qubits);
    if (encodeAmplitudes(data, amplitudes) == 0.0)
        refuse({"amplitude encoding", "numbers that are finite and not all 0", "others", ""});
    Circuit circuit(qubits);
    for (std::size_t target = 0; target < qubits; ++target) {
        // Each angle splits the length of a block of amplitudes between its halves; the last level has signs as well.
        const std::size_t half = amplitudes.size() >> (target + 1);
        std::vector<double> angles(std::size_t{1} << target);
        for (std::size_t i = 0; i < angles.size(); ++i) {
            const auto length = [&](std::size_t first) {
                double sum = 0.0;
                for (std::size_t k = first; k < first + half; ++k)
                    sum = std::hypot(sum, amplitudes[k]);
                return half == 1 ? amplitudes[first] : sum;
            };
            angles[i] = 2.0 * std::atan2(length((2 * i + 1) * half), length(2 * i * half));
        }
        addControlledRotations(circuit, target, angles);
    }
    return circuit;
}

}  // namespace ketscope
