// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/trajectory.h"

#include "core/quantum/gate_application.h"
#include "core/quantum/local_operator.h"
#include "core/quantum/state_kernels.h"
#include "core/quantum/state_vector.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>

namespace ketscope {

namespace {

using Complex = std::complex<double>;

// The density matrix (2, 2) of one qubit. Amplitudes go to two sums in turn, so that additions do not wait for each other.
std::array<Complex, 4> reducedQubit(std::span<const Complex> amplitudes, std::size_t qubit)
{
    struct Sums {
        double zero = 0.0, one = 0.0, real = 0.0, imaginary = 0.0;
    };
    const std::size_t stride = amplitudes.size() >> (qubit + 1);
    std::array<Sums, 2> sums;
    for (std::size_t block = 0; block < amplitudes.size(); block += 2 * stride)
        for (std::size_t i = block; i < block + stride; ++i) {
            const Complex a = amplitudes[i];
            const Complex b = amplitudes[i + stride];
            Sums& sum = sums[(i / 2) & 1];
            sum.zero += a.real() * a.real() + a.imag() * a.imag();
            sum.one += b.real() * b.real() + b.imag() * b.imag();
            sum.real += a.real() * b.real() + a.imag() * b.imag();
            sum.imaginary += a.imag() * b.real() - a.real() * b.imag();
        }
    const Complex cross(sums[0].real + sums[1].real, sums[0].imaginary + sums[1].imaginary);
    return {sums[0].zero + sums[1].zero, cross, std::conj(cross), sums[0].one + sums[1].one};
}

// ‖K ψ‖² = Tr(K ρ K†), from the qubit alone.
double weightOf(const KrausOperator& k, const std::array<Complex, 4>& rho)
{
    double weight = 0.0;
    for (std::size_t a = 0; a < 2; ++a)
        for (std::size_t b = 0; b < 2; ++b)
            for (std::size_t c = 0; c < 2; ++c)
                weight += (k[2 * a + b] * rho[2 * b + c] * std::conj(k[2 * a + c])).real();
    return weight;
}

void rotate(std::span<Complex> amplitudes, const KrausOperator& matrix, std::size_t qubit)
{
    constexpr std::size_t kFew = 64;  // amplitudes for which the kernel's preparations take longer than the work
    if (amplitudes.size() < kFew)
        return applyLocal(amplitudes, matrix, std::array{qubit});
    KetscopeQubitGate gate{};
    for (std::size_t i = 0; i < matrix.size(); ++i) {
        gate.real[i] = matrix[i].real();
        gate.imaginary[i] = matrix[i].imag();
    }
    const bool isReal = std::ranges::all_of(matrix, [](const Complex& entry) { return entry.imag() == 0.0; });
    gate.isReal = isReal ? 1 : 0;
    gate.bit = static_cast<unsigned>(std::countr_zero(amplitudes.size())) - 1 - static_cast<unsigned>(qubit);
    stateKernels().rotate(reinterpret_cast<double*>(amplitudes.data()), amplitudes.size(), &gate, 1);
}

constexpr std::array kPaulis = {Gate::X, Gate::Y, Gate::Z};

// With probability λ a random Pauli string: its gates, one after the other.
template <typename Apply> void drawString(std::size_t qubits, double lambda, RandomStream& stream, const Apply& apply)
{
    if (lambda == 0.0 || stream.uniform() >= lambda)
        return;
    for (std::size_t qubit = 0; qubit < qubits; ++qubit)
        if (const std::uint32_t which = stream.next() >> 30; which < kPaulis.size())
            apply(kPaulis[which], qubit);
}

void mixAtRandom(std::span<Complex> amplitudes, double lambda, RandomStream& stream)
{
    drawString(static_cast<std::size_t>(std::countr_zero(amplitudes.size())), lambda, stream,
               [&](Gate gate, std::size_t qubit) { rotate(amplitudes, qubitMatrix(gate, 0.0), qubit); });
}

// Which operator has its turn when `left` of the whole weight is left over; weights that are 0 have none, not even by
// rounding at the end.
std::size_t chosenOf(std::span<const double> weights, double left)
{
    std::size_t chosen = weights.size();
    for (std::size_t k = 0; k < weights.size() && left >= 0.0; ++k) {
        if (weights[k] <= 0.0)
            continue;
        chosen = k;
        left -= weights[k];
    }
    return chosen;
}

// A channel whose operators are all multiples of Pauli matrices: which one is drawn does not depend on the state.
struct PauliMixture {
    std::vector<double> weights;
    std::vector<std::optional<Gate>> gates;  // none = the identity
};

std::optional<PauliMixture> pauliMixture(const KrausOperators& operators)
{
    PauliMixture mixture;
    for (const KrausOperator& k : operators) {
        const bool diagonal = k[1] == 0.0 && k[2] == 0.0;
        const bool crossed = k[0] == 0.0 && k[3] == 0.0;
        if (diagonal && k[0] == k[3])
            mixture.gates.emplace_back();
        else if (diagonal && k[0] == -k[3])
            mixture.gates.emplace_back(Gate::Z);
        else if (crossed && k[1] == k[2])
            mixture.gates.emplace_back(Gate::X);
        else if (crossed && k[1] == -k[2])
            mixture.gates.emplace_back(Gate::Y);
        else
            return std::nullopt;
        mixture.weights.push_back(std::norm(k[0]) + std::norm(k[1]));
    }
    return mixture;
}

std::optional<Gate> drawn(const PauliMixture& mixture, RandomStream& stream)
{
    return mixture.gates[chosenOf(mixture.weights, stream.uniform())];
}

// The circuit with the Pauli gates of one run after each of its own.
Circuit drawnCircuit(const Circuit& circuit, std::span<const double> parameters, const PauliMixture& mixture,
                     double registerMixing, RandomStream& stream)
{
    Circuit result(circuit.qubits());
    const auto add = [&](Gate gate, std::size_t qubit) { result.add(gate, {qubit}); };
    for (const Operation& operation : circuit.operations()) {
        result.add(operation, Angle(operation.angle.at(parameters)));
        if (!mixture.weights.empty())
            for (const std::size_t wire : operation.usedWires())
                if (const auto gate = drawn(mixture, stream))
                    add(*gate, wire);
        drawString(circuit.qubits(), registerMixing, stream, add);
    }
    return result;
}

void runFused(std::span<Complex> amplitudes, const Circuit& circuit, std::span<const double> parameters)
{
    StateVector state(amplitudes);
    state.apply(circuit, parameters);
    std::ranges::copy(state.amplitudes(), amplitudes.begin());
}

// Noise on one qubit after `matrix` on it, both in one pass.
void applyAtRandomAfter(std::span<Complex> amplitudes, const KrausOperator& matrix, const KrausOperators& operators,
                        std::size_t qubit, RandomStream& stream)
{
    const auto rho = reducedQubit(amplitudes, qubit);
    std::vector<double> weights;
    for (const KrausOperator& k : operators)
        weights.push_back(weightOf(product(k, matrix), rho));
    const std::size_t chosen = chosenOf(weights, stream.uniform() * (rho[0].real() + rho[3].real()));
    KrausOperator scaled = product(operators[chosen], matrix);
    for (Complex& entry : scaled)
        entry /= std::sqrt(weights[chosen]);
    rotate(amplitudes, scaled, qubit);
}

}  // namespace

void applyAtRandom(std::span<std::complex<double>> amplitudes, const KrausOperators& operators, std::size_t qubit,
                   RandomStream& stream)
{
    constexpr KrausOperator kIdentity = {1.0, 0.0, 0.0, 1.0};
    if (!operators.empty())
        applyAtRandomAfter(amplitudes, kIdentity, operators, qubit, stream);
}

void applyAtRandom(std::span<std::complex<double>> amplitudes, const Noise& noise, RandomStream& stream)
{
    const auto mixture = pauliMixture(noise.kraus);
    for (std::size_t qubit = 0; (amplitudes.size() >> qubit) > 1 && !noise.kraus.empty(); ++qubit)
        if (!mixture)
            applyAtRandom(amplitudes, noise.kraus, qubit, stream);
        else if (const auto gate = drawn(*mixture, stream))
            rotate(amplitudes, qubitMatrix(*gate, 0.0), qubit);
    mixAtRandom(amplitudes, noise.registerMixing, stream);
}

void runTrajectory(std::span<std::complex<double>> amplitudes, const Circuit& circuit,
                   std::span<const double> parameters, const Noise& noise, NoisePlace place, RandomStream& stream)
{
    checkParameters(circuit, parameters);
    if (place == NoisePlace::AtEnd) {
        runFused(amplitudes, circuit, parameters);
        return applyAtRandom(amplitudes, noise, stream);
    }
    if (const auto mixture = pauliMixture(noise.kraus))
        return runFused(amplitudes, drawnCircuit(circuit, parameters, *mixture, noise.registerMixing, stream), {});
    for (const Operation& operation : circuit.operations()) {
        const double angle = operation.angle.at(parameters);
        const auto wires = operation.usedWires();
        if (wires.size() == 1) {
            applyAtRandomAfter(amplitudes, qubitMatrix(operation.gate, angle), noise.kraus, wires[0], stream);
        } else {
            applyGate(operation, angle, amplitudes);
            for (const std::size_t wire : wires)
                applyAtRandom(amplitudes, noise.kraus, wire, stream);
        }
        mixAtRandom(amplitudes, noise.registerMixing, stream);
    }
}

}  // namespace ketscope
