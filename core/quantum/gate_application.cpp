// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/gate_application.h"

#include <algorithm>
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

// The basis states of `size` that have a 0 in both bits.
template <typename Visit>
void forEachWithout(std::size_t size, std::size_t first, std::size_t second, const Visit& visit)
{
    const std::size_t low = std::min(first, second);
    const std::size_t high = std::max(first, second);
    for (std::size_t outer = 0; outer < size; outer += 2 * high)
        for (std::size_t inner = outer; inner < outer + high; inner += 2 * low)
            for (std::size_t b = inner; b < inner + low; ++b)
                visit(b);
}

template <typename Real>
void applyToPair(const Operation& operation, double angle, std::size_t first, std::size_t second,
                 std::span<std::complex<Real>> state)
{
    if (operation.gate == Gate::CZ)
        return forEachWithout(state.size(), first, second,
                              [&](std::size_t b) { state[b | first | second] = -state[b | first | second]; });
    if (operation.gate == Gate::CX)
        return forEachWithout(state.size(), first, second,
                              [&](std::size_t b) { std::swap(state[b | first], state[b | first | second]); });
    const auto c = static_cast<Real>(std::cos(angle));
    const auto s = static_cast<Real>(std::sin(angle));
    forEachWithout(state.size(), first, second, [&](std::size_t b) {
        std::complex<Real>& onFirst = state[b | first];
        std::complex<Real>& onSecond = state[b | second];
        const std::complex<Real> before = onFirst;
        onFirst = c * before - s * onSecond;
        onSecond = s * before + c * onSecond;
    });
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
