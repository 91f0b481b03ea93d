// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/noisy_gradient.h"

#include "core/quantum/gate_application.h"
#include "core/quantum/gradient.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ketscope {

namespace {

using Complex = DensityMatrix::Complex;

bool isRotation(Gate gate) { return gate == Gate::RX || gate == Gate::RY || gate == Gate::RZ; }

void actOnWires(DensityMatrix& matrix, const Operation& operation, const KrausOperators& operators)
{
    for (const std::size_t wire : operation.usedWires())
        matrix.apply(operators, wire);
}

// Im Tr(M P ρ) = Im Σ M_rc* P_{r, r'} ρ_{r'c}, where P takes row r' to row r.
double slopeOf(const Operation& operation, const DensityMatrix& observable, const DensityMatrix& state)
{
    const std::size_t bit = bitOf(operation.wires[0], state.qubits());
    const std::size_t flip = operation.gate == Gate::RZ ? 0 : bit;
    double sum = 0.0;
    for (std::size_t row = 0; row < state.dimension(); ++row) {
        double real = 0.0;
        double imaginary = 0.0;
        for (std::size_t column = 0; column < state.dimension(); ++column) {
            const Complex m = observable(row, column);
            const Complex rho = state(row ^ flip, column);
            real += m.real() * rho.real() + m.imag() * rho.imag();
            imaginary += m.real() * rho.imag() - m.imag() * rho.real();
        }
        const bool one = (row & bit) != 0;
        if (operation.gate == Gate::RX)
            sum += imaginary;
        else if (operation.gate == Gate::RY)
            sum += one ? real : -real;  // ⟨0|Y|1⟩ = −i, ⟨1|Y|0⟩ = i
        else
            sum += one ? -imaginary : imaginary;
    }
    return sum;
}

}  // namespace

KrausOperators adjointOf(const KrausOperators& operators)
{
    KrausOperators result;
    for (const KrausOperator& k : operators)
        result.push_back({std::conj(k[0]), std::conj(k[2]), std::conj(k[1]), std::conj(k[3])});
    return result;
}

std::vector<double> noisySlopes(const Circuit& circuit, const KrausOperators& kraus, DensityMatrix observable)
{
    const auto& operations = circuit.operations();
    const auto back = circuit.inverse().operations();
    const KrausOperators adjoint = adjointOf(kraus);
    const auto every = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(operations.size()))));
    DensityMatrix state(circuit.qubits());
    std::vector<DensityMatrix> kept;  // before operation 0, every, 2·every, …
    for (std::size_t i = 0; i < operations.size(); ++i) {
        if (i % every == 0)
            kept.push_back(state);
        state.apply(operations[i]);
        actOnWires(state, operations[i], kraus);
    }
    std::vector<double> slopes(operations.size(), 0.0);
    for (std::size_t part = kept.size(); part-- > 0;) {
        const std::size_t first = part * every;
        const std::size_t last = std::min(first + every, operations.size());
        std::vector<DensityMatrix> after;  // each gate, before its noise
        state = std::move(kept[part]);
        for (std::size_t i = first; i < last; ++i) {
            state.apply(operations[i]);
            after.push_back(state);
            actOnWires(state, operations[i], kraus);
        }
        for (std::size_t i = last; i-- > first;) {
            actOnWires(observable, operations[i], adjoint);
            if (isRotation(operations[i].gate))
                slopes[i] = slopeOf(operations[i], observable, after[i - first]);
            observable.apply(back[operations.size() - 1 - i]);
        }
    }
    return slopes;
}

namespace {

// Adds the slopes by the amplitudes of blocks' lengths: θ = 2 atan2(right, left), see amplitudeEncodingCircuit.
void addBlock(std::span<const double> amplitudes, std::size_t first, std::size_t half, double ofAngle,
              std::span<double> out)
{
    const auto length = [&](std::size_t from) {
        double sum = 0.0;
        for (std::size_t k = from; k < from + half; ++k)
            sum += amplitudes[k] * amplitudes[k];
        return half == 1 ? amplitudes[from] : std::sqrt(sum);
    };
    const double left = length(first);
    const double right = length(first + half);
    const double square = left * left + right * right;
    if (square == 0.0)
        return;
    const auto add = [&](std::size_t from, double own, double ofLength) {
        for (std::size_t k = from; k < from + half && own != 0.0; ++k)
            out[k] += ofAngle * ofLength * (half == 1 ? 1.0 : amplitudes[k] / own);
        if (half == 1 && own == 0.0)
            out[from] += ofAngle * ofLength;
    };
    add(first, left, -2.0 * right / square);
    add(first + half, right, 2.0 * left / square);
}

}  // namespace

void amplitudeEncodingGradient(std::span<const float> data, std::span<const double> ofRotations, std::span<double> out)
{
    const std::size_t qubits = qubitsFor(data.size());
    std::vector<double> amplitudes(std::size_t{1} << qubits);
    std::ranges::fill(out, 0.0);
    if (encodeAmplitudes(data, amplitudes) == 0.0)
        return;
    std::vector<double> ofAmplitudes(amplitudes.size(), 0.0);
    for (std::size_t target = 0, next = 0; target < qubits; ++target) {
        const std::size_t count = std::size_t{1} << target;
        const std::size_t half = amplitudes.size() >> (target + 1);
        for (std::size_t i = 0; i < count; ++i) {
            double ofAngle = 0.0;  // rotation j has 2^−target Σ_i (−1)^popcount(i AND g(j)) of the blocks' angles
            for (std::size_t j = 0; j < count; ++j)
                ofAngle +=
                    (std::popcount(i & (j ^ (j >> 1))) & 1) != 0 ? -ofRotations[next + j] : ofRotations[next + j];
            addBlock(amplitudes, 2 * i * half, half, ofAngle / static_cast<double>(count), ofAmplitudes);
        }
        next += count;
    }
    encodingGradient(data, ofAmplitudes, out);
}

}  // namespace ketscope
