// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/gradient.h"

#include "core/quantum/gate_application.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

using Complex = std::complex<double>;
using State = std::span<const Complex>;

// ∂f/∂(angle) = 2 Re⟨λ|∂G/∂θ|ψ before G⟩ with λ and ψ taken after the gate: Im⟨λ|P|ψ⟩ for e^(−iθP/2).
double rotationSlope(Gate gate, std::size_t bit, State lambda, State psi)
{
    double sum = 0.0;
    for (std::size_t b = 0; b < psi.size(); ++b) {
        const Complex l = lambda[b];
        const Complex p = psi[gate == Gate::RZ ? b : b ^ bit];
        const double real = l.real() * p.real() + l.imag() * p.imag();  // of λ* ψ
        const double imaginary = l.real() * p.imag() - l.imag() * p.real();
        const bool one = (b & bit) != 0;
        if (gate == Gate::RX)
            sum += imaginary;
        else if (gate == Gate::RY)
            sum += one ? real : -real;  // ⟨0|Y|1⟩ = −i, ⟨1|Y|0⟩ = i
        else
            sum += one ? -imaginary : imaginary;
    }
    return sum;
}

// The same for RBS: ∂G/∂θ = K·G, K turning the amplitude on `second` by +1 from the one on `first`, and that by −1 back.
double partialSwapSlope(std::size_t first, std::size_t second, State lambda, State psi)
{
    double sum = 0.0;
    for (std::size_t b = 0; b < psi.size(); ++b) {
        if ((b & first) == 0 || (b & second) != 0)
            continue;
        const std::size_t other = b ^ first ^ second;
        sum += (std::conj(lambda[other]) * psi[b]).real() - (std::conj(lambda[b]) * psi[other]).real();
    }
    return 2.0 * sum;
}

}  // namespace

double operationSlope(const Operation& operation, std::size_t qubits, std::span<const std::complex<double>> lambda,
                      std::span<const std::complex<double>> psi)
{
    const std::size_t first = bitOf(operation.wires[0], qubits);
    if (operation.gate == Gate::RBS)
        return partialSwapSlope(first, bitOf(operation.wires[1], qubits), lambda, psi);
    return rotationSlope(operation.gate, first, lambda, psi);
}

double expectation(std::span<const PauliTerm> terms, const StateVector& state)
{
    double sum = 0.0;
    for (const PauliTerm& term : terms)
        sum += term.weight * state.expectation(term.string);
    return sum;
}

ExpectationGradient adjointGradient(const Circuit& circuit, std::span<const double> parameters,
                                    const StateVector& initial, std::span<const PauliTerm> terms)
{
    StateVector psi = initial;
    psi.apply(circuit, parameters);
    StateVector lambda(psi.qubits());
    std::ranges::fill(lambda.amplitudes(), 0.0);
    for (const PauliTerm& term : terms)
        addPauli(term.weight, term.string, psi.amplitudes(), lambda.amplitudes());
    ExpectationGradient result;
    result.value = psi.inner(lambda).real();
    result.parameters.assign(circuit.parameterCount(), 0.0);
    const auto& operations = circuit.operations();
    for (auto operation = operations.rbegin(); operation != operations.rend(); ++operation) {
        const Angle& angle = operation->angle;
        if (angle.index)
            result.parameters[*angle.index] +=
                angle.factor * operationSlope(*operation, psi.qubits(), lambda.amplitudes(), psi.amplitudes());
        applyInverseGate(*operation, angle.at(parameters), psi.amplitudes());
        applyInverseGate(*operation, angle.at(parameters), lambda.amplitudes());
    }
    result.initial.resize(lambda.amplitudes().size());
    std::ranges::transform(lambda.amplitudes(), result.initial.begin(), [](Complex a) { return 2.0 * a.real(); });
    return result;
}

namespace {

// f with the angle of one operation moved by `shift`.
double shifted(const Circuit& circuit, std::size_t number, double shift, const StateVector& initial,
               std::span<const PauliTerm> terms)
{
    StateVector state = initial;
    for (std::size_t i = 0; i < circuit.operations().size(); ++i) {
        const Operation& operation = circuit.operations()[i];
        applyGate(operation, operation.angle.offset + (i == number ? shift : 0.0), state.amplitudes());
    }
    return expectation(terms, state);
}

}  // namespace

std::vector<double> parameterShiftGradient(const Circuit& circuit, std::span<const double> parameters,
                                           const StateVector& initial, std::span<const PauliTerm> terms)
{
    const Circuit bound = circuit.bound(parameters);
    std::vector<double> result(circuit.parameterCount(), 0.0);
    for (std::size_t number = 0; number < circuit.operations().size(); ++number) {
        const Operation& operation = circuit.operations()[number];
        if (!operation.angle.index)
            continue;
        const auto frequencies = static_cast<double>(gateInfo(operation.gate).frequencies);
        double sum = 0.0;
        for (double k = 1.0; k <= 2.0 * frequencies; ++k) {  // equidistant shifts, alternating signs
            const double shift = (2.0 * k - 1.0) * std::numbers::pi / (2.0 * frequencies);
            const double sine = std::sin(0.5 * shift);
            const double sign = std::fmod(k, 2.0) == 1.0 ? 1.0 : -1.0;
            sum += sign * shifted(bound, number, shift, initial, terms) / (4.0 * frequencies * sine * sine);
        }
        result[*operation.angle.index] += operation.angle.factor * sum;
    }
    return result;
}

void encodingGradient(std::span<const float> x, std::span<const double> amplitudeGradient, std::span<double> out)
{
    const double length = encodeAmplitudes(x, out);
    if (length == 0.0)
        return;
    double along = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i)
        along += amplitudeGradient[i] * out[i];
    for (std::size_t i = 0; i < x.size(); ++i)
        out[i] = (amplitudeGradient[i] - along * out[i]) / length;
}

}  // namespace ketscope
