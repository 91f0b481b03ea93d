// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/trajectory.h"

#include "core/quantum/local_operator.h"

#include <array>
#include <bit>
#include <cmath>

namespace ketscope {

namespace {

using Complex = std::complex<double>;

// The density matrix (2, 2) of one qubit.
std::array<Complex, 4> reducedQubit(std::span<const Complex> amplitudes, std::size_t qubit)
{
    const std::size_t stride = amplitudes.size() >> (qubit + 1);
    std::array<Complex, 4> rho{};
    for (std::size_t block = 0; block < amplitudes.size(); block += 2 * stride)
        for (std::size_t i = block; i < block + stride; ++i) {
            rho[0] += std::norm(amplitudes[i]);
            rho[1] += amplitudes[i] * std::conj(amplitudes[i + stride]);
            rho[3] += std::norm(amplitudes[i + stride]);
        }
    rho[2] = std::conj(rho[1]);
    return rho;
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

void applyRandomPauli(std::span<Complex> amplitudes, RandomStream& stream)
{
    const auto qubits = static_cast<std::size_t>(std::bit_width(amplitudes.size()) - 1);
    for (std::size_t qubit = 0; qubit < qubits; ++qubit) {
        constexpr std::array gates = {Gate::X, Gate::Y, Gate::Z};
        const std::uint32_t which = stream.next() >> 30;
        if (which < gates.size())
            applyLocal(amplitudes, gateMatrix(gates[which], 0.0), std::array{qubit});
    }
}

void mixAtRandom(std::span<Complex> amplitudes, double lambda, RandomStream& stream)
{
    if (lambda != 0.0 && stream.uniform() < lambda)
        applyRandomPauli(amplitudes, stream);
}

}  // namespace

void applyAtRandom(std::span<std::complex<double>> amplitudes, const KrausOperators& operators, std::size_t qubit,
                   RandomStream& stream)
{
    if (operators.empty())
        return;
    const auto rho = reducedQubit(amplitudes, qubit);
    double left = stream.uniform() * (rho[0].real() + rho[3].real());
    std::size_t chosen = operators.size();
    double weight = 0.0;
    for (std::size_t k = 0; k < operators.size() && left >= 0.0; ++k) {
        const double next = weightOf(operators[k], rho);
        if (next <= 0.0)
            continue;  // never drawn, not even by rounding at the end
        chosen = k;
        weight = next;
        left -= next;
    }
    KrausOperator scaled = operators[chosen];
    for (Complex& entry : scaled)
        entry /= std::sqrt(weight);
    applyLocal(amplitudes, scaled, std::array{qubit});
}

void applyAtRandom(std::span<std::complex<double>> amplitudes, const Noise& noise, RandomStream& stream)
{
    for (std::size_t qubit = 0; (amplitudes.size() >> qubit) > 1; ++qubit)
        applyAtRandom(amplitudes, noise.kraus, qubit, stream);
    mixAtRandom(amplitudes, noise.registerMixing, stream);
}

void runTrajectory(std::span<std::complex<double>> amplitudes, const Circuit& circuit,
                   std::span<const double> parameters, const Noise& noise, NoisePlace place, RandomStream& stream)
{
    checkParameters(circuit, parameters);
    for (const Operation& operation : circuit.operations()) {
        const auto used = operation.usedWires();
        const std::vector<std::size_t> wires(used.begin(), used.end());
        applyLocal(amplitudes, gateMatrix(operation.gate, operation.angle.at(parameters)), wires);
        if (place == NoisePlace::AtEnd)
            continue;
        for (const std::size_t wire : wires)
            applyAtRandom(amplitudes, noise.kraus, wire, stream);
        mixAtRandom(amplitudes, noise.registerMixing, stream);
    }
    if (place == NoisePlace::AtEnd)
        applyAtRandom(amplitudes, noise, stream);
}

}  // namespace ketscope
