// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/ansatz.h"
#include "core/quantum/batch_gradient.h"
#include "core/quantum/gradient.h"
#include "tests/support/quantum.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;

std::vector<PauliTerm> someTerms(std::size_t qubits, std::uint64_t seed)
{
    RandomStream random({seed}, 0);
    std::vector<PauliTerm> terms;
    for (const PauliString& string : drawPauliStrings(qubits, 4, {.identity = 0.4, .distinct = false}, random))
        terms.push_back({random.normal(), string});
    return terms;
}

TEST(CircuitGradient, AdjointEqualsParameterShiftEqualsDifferences)
{
    for (const std::size_t qubits : {1UL, 2UL, 3UL, 5UL}) {
        Circuit circuit = randomCircuit(qubits, 50, 40 + qubits);  // shared parameters, every gate
        circuit.append(qisaAnsatz(qubits), 4);
        auto parameters = randomNumbers(circuit.parameterCount(), qubits);
        const auto x = randomNumbers((std::size_t{1} << qubits) - (qubits > 1 ? 1 : 0), 8);
        const StateVector initial = StateVector::encode(x, qubits).value();
        const auto terms = someTerms(qubits, qubits);
        const auto adjoint = adjointGradient(circuit, parameters, initial, terms);
        const auto shift = parameterShiftGradient(circuit, parameters, initial, terms);
        const auto value = [&] {
            StateVector state = initial;
            return expectation(terms, state.apply(circuit, parameters));
        };
        EXPECT_NEAR(adjoint.value, value(), 1e-13);
        for (std::size_t p = 0; p < parameters.size(); ++p) {
            EXPECT_NEAR(adjoint.parameters[p], shift[p], 1e-12) << p;
            const double kept = parameters[p];
            constexpr double kStep = 1e-5;
            parameters[p] = kept + kStep;
            const double up = value();
            parameters[p] = kept - kStep;
            const double down = value();
            parameters[p] = kept;
            EXPECT_NEAR(adjoint.parameters[p], (up - down) / (2.0 * kStep), 1e-7) << p;
        }
    }
}

// Many complex states at once, each with its own observable, against one after the other.
TEST(CircuitGradient, OfABatchIsThatOfItsStates)
{
    constexpr std::size_t kCount = 11;
    for (const std::size_t qubits : {1UL, 2UL, 4UL, 5UL}) {
        Circuit circuit = randomCircuit(qubits, 60, 80 + qubits);
        circuit.append(pqcAnsatz(qubits, 2), 4);
        const auto parameters = randomNumbers(circuit.parameterCount(), qubits);
        RandomStream random({9}, 0);
        const auto strings = drawPauliStrings(qubits, 4, {.identity = 0.4, .distinct = false}, random);
        const auto weights = randomNumbers(kCount * strings.size(), 7);
        StateBatch psi(qubits, kCount);
        std::vector<double> expected(parameters.size(), 0.0);
        std::vector<std::vector<double>> initial;
        for (std::size_t i = 0; i < kCount; ++i) {
            StateVector state(qubits);
            const auto numbers = randomNumbers(2 * state.amplitudes().size(), 30 + i);
            for (std::size_t b = 0; b < state.amplitudes().size(); ++b)
                state.amplitudes()[b] = {numbers[2 * b], numbers[2 * b + 1]};
            psi.set(i, state.amplitudes());
            std::vector<PauliTerm> terms;
            for (std::size_t l = 0; l < strings.size(); ++l)
                terms.push_back({weights[i * strings.size() + l], strings[l]});
            const auto one = adjointGradient(circuit, parameters, state, terms);
            std::ranges::transform(expected, one.parameters, expected.begin(), std::plus());
            initial.push_back(one.initial);
        }
        psi.apply(circuit, parameters);
        StateBatch lambda = psi.observed(strings, weights);
        std::vector<double> slopes(parameters.size(), 0.0);
        sweepBack(circuit, parameters, psi, lambda, slopes);
        for (std::size_t p = 0; p < slopes.size(); ++p)
            EXPECT_NEAR(slopes[p], expected[p], 1e-10 * (1.0 + std::abs(expected[p]))) << qubits << " " << p;
        for (std::size_t i = 0; i < kCount; ++i)
            for (std::size_t b = 0; b < initial[i].size(); ++b)
                EXPECT_NEAR(2.0 * lambda.amplitudes(i)[b].real(), initial[i][b], 1e-11);
    }
}

TEST(CircuitGradient, ReachesTheEncodedInput)
{
    const Circuit circuit = qisaAnsatz(3);
    const auto parameters = randomNumbers(9, 1);
    const auto terms = someTerms(3, 2);
    std::vector<float> x = {0.5F, -1.25F, 2.0F, 0.25F, -0.75F, 1.5F};
    const auto value = [&] { return expectation(terms, StateVector::encode(x, 3).value().apply(circuit, parameters)); };
    const auto gradient = adjointGradient(circuit, parameters, StateVector::encode(x, 3).value(), terms);
    std::vector<double> input(x.size());
    encodingGradient(x, gradient.initial, input);
    double radial = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        radial += input[i] * x[i];
        const float kept = x[i];
        constexpr float kStep = 1.0F / 1024.0F;  // exact in float
        x[i] = kept + kStep;
        const double up = value();
        x[i] = kept - kStep;
        const double down = value();
        x[i] = kept;
        EXPECT_NEAR(input[i], (up - down) * 512.0, 1e-6) << i;
    }
    EXPECT_NEAR(radial, 0.0, 1e-14);  // scaling x changes nothing
    std::vector<double> none(2, 7.0);
    encodingGradient(std::vector<float>{0.0F, 0.0F}, gradient.initial, none);
    EXPECT_THAT(none, testing::Each(0.0));
}

// Amplitudes, unlike expectations, obey ∂ψ/∂θ = ½ψ(θ + π) for RY.
TEST(CircuitGradient, AmplitudesShiftByPi)
{
    const auto state = [](double angle) { return StateVector(1).apply(Circuit(1).rx(0, 0.3).ry(0, angle)); };
    const StateVector up = state(0.7 + 1e-5);
    const StateVector down = state(0.7 - 1e-5);
    const StateVector far = state(0.7 + std::numbers::pi);
    for (std::size_t b = 0; b < 2; ++b)
        EXPECT_NEAR(std::abs((up.amplitudes()[b] - down.amplitudes()[b]) / 2e-5 - 0.5 * far.amplitudes()[b]), 0.0,
                    1e-9);
}

}  // namespace
}  // namespace ketscope
