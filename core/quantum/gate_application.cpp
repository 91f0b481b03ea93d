// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/gate_application.h"

#include <bit>
#include <cmath>
#include <utility>

namespace ketscope {

namespace {

using Complex = std::complex<double>;

void applyToQubit(const QubitMatrix& m, std::size_t bit, std::span<Complex> state)
{
    for (std::size_t block = 0; block < state.size(); block += 2 * bit)
        for (std::size_t zero = block; zero < block + bit; ++zero) {
            const Complex a = state[zero];
            const Complex b = state[zero | bit];
            state[zero] = product(m[0], a) + product(m[1], b);
            state[zero | bit] = product(m[2], a) + product(m[3], b);
        }
}

void applyToPair(const Operation& operation, double angle, std::size_t first, std::size_t second,
                 std::span<Complex> state)
{
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    for (std::size_t b = 0; b < state.size(); ++b) {
        if ((b & first) == 0)
            continue;
        if (operation.gate == Gate::CZ && (b & second) != 0)
            state[b] = -state[b];
        else if (operation.gate == Gate::CX && (b & second) != 0)
            std::swap(state[b], state[b ^ second]);
        else if (operation.gate == Gate::RBS && (b & second) == 0) {
            Complex& onFirst = state[b];
            Complex& onSecond = state[b ^ first ^ second];
            const Complex before = onFirst;
            onFirst = c * before - s * onSecond;
            onSecond = s * before + c * onSecond;
        }
    }
}

void swapWhere(std::size_t control, std::size_t a, std::size_t b, std::span<Complex> state)
{
    for (std::size_t number = 0; number < state.size(); ++number)
        if ((number & control) != 0 && (number & a) != 0 && (number & b) == 0)
            std::swap(state[number], state[number ^ a ^ b]);
}

}  // namespace

void applyGate(const Operation& operation, double angle, std::span<std::complex<double>> state)
{
    const auto qubits = static_cast<std::size_t>(std::countr_zero(state.size()));
    const auto bit = [&](std::size_t i) { return bitOf(operation.wires[i], qubits); };
    switch (gateInfo(operation.gate).wires) {
    case 1: return applyToQubit(qubitMatrix(operation.gate, angle), bit(0), state);
    case 2: return applyToPair(operation, angle, bit(0), bit(1), state);
    default: return swapWhere(bit(0), bit(1), bit(2), state);
    }
}

void applyInverseGate(const Operation& operation, double angle, std::span<std::complex<double>> state)
{
    Operation inverse = operation;
    inverse.gate = inverseGate(operation.gate);
    applyGate(inverse, -angle, state);
}

void applyGates(const Circuit& circuit, std::span<const double> parameters, std::span<std::complex<double>> state)
{
    checkParameters(circuit, parameters);
    for (const Operation& operation : circuit.operations())
        applyGate(operation, operation.angle.at(parameters), state);
}

}  // namespace ketscope
