// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/gate_application.h"

#include <bit>
#include <cmath>
#include <utility>

namespace ketscope {

namespace {

template <typename Real> std::complex<Real> times(std::complex<double> a, std::complex<Real> b)
{
    return std::complex<Real>(product(a, std::complex<double>(b)));
}

template <typename Real> void applyToQubit(const QubitMatrix& m, std::size_t bit, std::span<std::complex<Real>> state)
{
    for (std::size_t block = 0; block < state.size(); block += 2 * bit)
        for (std::size_t zero = block; zero < block + bit; ++zero) {
            const std::complex<Real> a = state[zero];
            const std::complex<Real> b = state[zero | bit];
            state[zero] = times(m[0], a) + times(m[1], b);
            state[zero | bit] = times(m[2], a) + times(m[3], b);
        }
}

template <typename Real>
void applyToPair(const Operation& operation, double angle, std::size_t first, std::size_t second,
                 std::span<std::complex<Real>> state)
{
    const auto c = static_cast<Real>(std::cos(angle));
    const auto s = static_cast<Real>(std::sin(angle));
    for (std::size_t b = 0; b < state.size(); ++b) {
        if ((b & first) == 0)
            continue;
        if (operation.gate == Gate::CZ && (b & second) != 0)
            state[b] = -state[b];
        else if (operation.gate == Gate::CX && (b & second) != 0)
            std::swap(state[b], state[b ^ second]);
        else if (operation.gate == Gate::RBS && (b & second) == 0) {
            std::complex<Real>& onFirst = state[b];
            std::complex<Real>& onSecond = state[b ^ first ^ second];
            const std::complex<Real> before = onFirst;
            onFirst = c * before - s * onSecond;
            onSecond = s * before + c * onSecond;
        }
    }
}

template <typename Real>
void swapWhere(std::size_t control, std::size_t a, std::size_t b, std::span<std::complex<Real>> state)
{
    for (std::size_t number = 0; number < state.size(); ++number)
        if ((number & control) != 0 && (number & a) != 0 && (number & b) == 0)
            std::swap(state[number], state[number ^ a ^ b]);
}

template <typename Real>
void applyAnyGate(const Operation& operation, double angle, std::span<std::complex<Real>> state)
{
    const auto qubits = static_cast<std::size_t>(std::countr_zero(state.size()));
    const auto bit = [&](std::size_t i) { return bitOf(operation.wires[i], qubits); };
    switch (gateInfo(operation.gate).wires) {
    case 1: return applyToQubit(qubitMatrix(operation.gate, angle), bit(0), state);
    case 2: return applyToPair(operation, angle, bit(0), bit(1), state);
    default: return swapWhere(bit(0), bit(1), bit(2), state);
    }
}

}  // namespace

void applyGate(const Operation& operation, double angle, std::span<std::complex<double>> state)
{
    applyAnyGate(operation, angle, state);
}

void applyGate(const Operation& operation, double angle, std::span<std::complex<float>> state)
{
    applyAnyGate(operation, angle, state);
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
