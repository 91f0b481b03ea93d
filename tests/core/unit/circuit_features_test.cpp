// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/gradient.h"
#include "core/quantum/pqc_feed_forward.h"
#include "core/quantum/precomputed_circuit.h"
#include "tests/support/quantum.h"
#include "tests/support/random_head.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;

std::vector<PauliString> drawn(std::size_t qubits, std::size_t count)
{
    RandomStream random({3}, 0);
    return drawPauliStrings(qubits, count, {.identity = 0.4, .distinct = false}, random);
}

// Of every token for itself, by the adjoint method on its state vector.
struct Slopes {
    std::vector<double> angles;
    std::vector<double> inputs;
};

Slopes tokenByToken(const CircuitFeatures& features, MatrixView tokens, std::span<const double> upstream)
{
    Slopes result{std::vector<double>(features.angles().size(), 0.0), {}};
    const std::size_t count = features.strings().size();
    std::vector<double> slopes(tokens.columns);
    for (std::size_t token = 0; token < tokens.rows; ++token) {
        std::ranges::fill(slopes, 0.0);
        if (const auto state = StateVector::encode(tokens.row(token), features.circuit().qubits())) {
            std::vector<PauliTerm> terms;
            for (std::size_t l = 0; l < count; ++l)
                terms.push_back({upstream[token * count + l], features.strings()[l]});
            const auto found = adjointGradient(features.circuit(), features.angles(), *state, terms);
            for (std::size_t p = 0; p < result.angles.size(); ++p)
                result.angles[p] += found.parameters[p];
            encodingGradient(tokens.row(token), found.initial, slopes);
        }
        result.inputs.insert(result.inputs.end(), slopes.begin(), slopes.end());
    }
    return result;
}

TEST(CircuitFeatures, EveryExecutionGivesTheSame)
{
    for (const std::size_t qubits : {1UL, 2UL, 4UL, 6UL}) {
        const Circuit circuit = qisaAnsatz(qubits, 2);
        const auto angles = randomNumbers(circuit.parameterCount(), 4);
        const auto strings = drawn(qubits, 9);
        Tensor tokens = normalTensor(11, (std::size_t{1} << qubits) - (qubits > 1 ? 1 : 0), 5);
        std::ranges::fill(tokens.matrix().row(3), 0.0F);
        const auto run = [&](CircuitExecution execution) {
            const CircuitFeatures features(circuit, angles, strings, execution);
            EXPECT_EQ(features.execution(), execution);
            return features.apply(tokens.matrix());
        };
        const auto gates = run(CircuitExecution::Gates);
        const auto unitary = run(CircuitExecution::Unitary);
        const auto observables = run(CircuitExecution::Observables);
        const auto single = run(CircuitExecution::SingleGates);
        for (std::size_t i = 0; i < gates.size(); ++i) {
            ASSERT_NEAR(single[i], gates[i], 1e-5);
            ASSERT_NEAR(unitary[i], gates[i], 1e-12);
            ASSERT_NEAR(observables[i], gates[i], 1e-12);
            ASSERT_LE(std::abs(gates[i]), 1.0 + 1e-12);
        }
        for (std::size_t token = 0; token < 11; ++token) {
            const auto state = StateVector::encode(tokens.matrix().row(token), qubits);
            for (std::size_t l = 0; l < strings.size(); ++l) {
                const double expected =
                    state ? StateVector(*state).apply(circuit, angles).expectation(strings[l]) : 0.0;
                ASSERT_NEAR(gates[token * strings.size() + l], expected, 1e-13);
            }
        }
    }
    EXPECT_EQ(CircuitFeatures(qisaAnsatz(4), randomNumbers(12, 1), drawn(4, 2)).execution(), CircuitExecution::Unitary);
    EXPECT_EQ(CircuitFeatures(qisaAnsatz(6), randomNumbers(18, 1), drawn(6, 2)).execution(), CircuitExecution::Gates);
}

TEST(CircuitFeatures, MatricesAreFoundOnceForTheSameAngles)
{
    const Circuit circuit = qisaAnsatz(3, 1);
    auto angles = randomNumbers(9, 1);
    const auto strings = drawn(3, 2);
    const auto first = precomputedCircuit(circuit, angles, strings);
    EXPECT_EQ(precomputedCircuit(circuit, angles, strings), first);
    EXPECT_NE(precomputedCircuit(circuit, angles, {}), first);
    EXPECT_NE(precomputedCircuit(pqcAnsatz(3, 1), std::span(angles).first(6), {}), first);
    const Eigen::MatrixXcd u = unitaryOf(circuit, angles);
    EXPECT_LT((first->real - u.real()).norm() + (first->imaginary - u.imag()).norm(), 1e-13);
    for (std::size_t l = 0; l < strings.size(); ++l)
        EXPECT_LT((first->observables[l] - (u.adjoint() * pauliMatrix(strings[l]) * u).real()).norm(), 1e-13);
    angles[4] += 1e-9;
    EXPECT_NE(precomputedCircuit(circuit, angles, strings), first);
}

// A single token, and more qubits than a batch holds, run one state at a time.
TEST(CircuitFeatures, SingleTokensAndLargeCircuitsAreTheSame)
{
    for (const std::size_t qubits : {7UL, 15UL}) {
        const Circuit circuit = qisaAnsatz(qubits, 1);
        const auto angles = randomNumbers(circuit.parameterCount(), 4);
        const std::vector<PauliString> strings = {PauliString::zOn(0, qubits), PauliString::zOn(qubits - 1, qubits)};
        const Tensor token = normalTensor(1, std::size_t{1} << qubits, 5);
        StateVector state = StateVector::encode(token.matrix().row(0), qubits).value();
        state.apply(circuit, angles);
        for (const auto& [execution, tolerance] :
             {std::pair(CircuitExecution::Gates, 1e-13), {CircuitExecution::SingleGates, 1e-5}}) {
            const auto found = CircuitFeatures(circuit, angles, strings, execution).apply(token.matrix());
            for (std::size_t l = 0; l < strings.size(); ++l)
                EXPECT_NEAR(found[l], state.expectation(strings[l]), tolerance) << qubits;
        }
        const std::vector<double> upstream = {0.7, -1.3};
        const Slopes expected = tokenByToken({circuit, angles, strings}, token.matrix(), upstream);
        std::vector<double> ofAngles(angles.size(), 0.0);
        Tensor ofToken = Tensor::zeros(token.shape());
        CircuitFeatures(circuit, angles, strings).backward(token.matrix(), upstream, ofAngles, ofToken.matrix());
        for (std::size_t p = 0; p < angles.size(); ++p)
            EXPECT_NEAR(ofAngles[p], expected.angles[p], 1e-12) << qubits;
        for (std::size_t i = 0; i < ofToken.size(); ++i)
            ASSERT_NEAR(ofToken.values()[i], expected.inputs[i], 1e-7) << qubits;
    }
}

TEST(CircuitFeatures, MemoryIsRefusedWithWhatFits)
{
    const auto message = [](std::size_t qubits, std::size_t strings, CircuitExecution execution) {
        try {
            CircuitFeatures(qisaAnsatz(qubits), randomNumbers(3 * qubits, 1), drawn(qubits, strings), execution);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_THAT(message(9, 64, CircuitExecution::Observables), testing::HasSubstr("at most 8 Pauli strings on 9"));
    EXPECT_THAT(message(11, 1, CircuitExecution::Unitary), testing::HasSubstr("at most 10 qubits"));
    const Tensor wide = normalTensor(1, 5, 1);
    EXPECT_THROW(CircuitFeatures(qisaAnsatz(2), randomNumbers(6, 1), drawn(2, 1)).apply(wide.matrix()), Error);
}

TEST(CircuitFeatures, BackwardIsTheDerivative)
{
    const Circuit circuit = pqcAnsatz(3, 2);
    auto angles = randomNumbers(circuit.parameterCount(), 4);
    const auto strings = drawn(3, 5);
    Tensor tokens = normalTensor(4, 6, 8);
    std::ranges::fill(tokens.matrix().row(2), 0.0F);
    const auto upstream = randomNumbers(20, 9);
    const auto loss = [&] {
        const auto values = CircuitFeatures(circuit, angles, strings).apply(tokens.matrix());
        return std::inner_product(values.begin(), values.end(), upstream.begin(), 0.0);
    };
    std::vector<double> ofAngles(angles.size(), 0.0);
    Tensor ofTokens = Tensor::zeros({4, 6});
    CircuitFeatures(circuit, angles, strings).backward(tokens.matrix(), upstream, ofAngles, ofTokens.matrix());
    for (std::size_t p = 0; p < angles.size(); ++p) {
        const double kept = angles[p];
        angles[p] = kept + 1e-5;
        const double above = loss();
        angles[p] = kept - 1e-5;
        EXPECT_NEAR(ofAngles[p], (above - loss()) / 2e-5, 1e-7);
        angles[p] = kept;
    }
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (i / 6 == 2) {
            EXPECT_EQ(ofTokens.values()[i], 0.0F);
            continue;
        }
        const float kept = tokens.values()[i];
        constexpr float kStep = 1.0F / 512.0F;
        tokens.values()[i] = kept + kStep;
        const double above = loss();
        tokens.values()[i] = kept - kStep;
        EXPECT_NEAR(ofTokens.values()[i], (above - loss()) / (static_cast<double>(tokens.values()[i] - kept) * -2.0),
                    1e-4);
        tokens.values()[i] = kept;
    }
}

TEST(CircuitFeatures, BackwardIsTheSameInEveryExecution)
{
    for (const std::size_t qubits : {1UL, 2UL, 3UL, 6UL})
        for (const std::size_t count : {3UL, 70UL}) {                  // fewer and more than basis states
            Circuit circuit = randomCircuit(qubits, 30, 70 + qubits);  // every gate, shared parameters
            circuit.append(qisaAnsatz(qubits, 2), 4);
            const auto angles = randomNumbers(circuit.parameterCount(), 4);
            const auto strings = drawn(qubits, 5);
            Tensor tokens = normalTensor(count, (std::size_t{1} << qubits) - (qubits > 1 ? 1 : 0), 5);
            std::ranges::fill(tokens.matrix().row(1), 0.0F);
            const auto upstream = randomNumbers(count * strings.size(), 6);
            const Slopes expected = tokenByToken({circuit, angles, strings}, tokens.matrix(), upstream);
            for (const CircuitExecution execution : {CircuitExecution::Gates, CircuitExecution::Unitary,
                                                     CircuitExecution::Observables, CircuitExecution::SingleGates}) {
                const CircuitFeatures features(circuit, angles, strings, execution);
                std::vector<double> ofAngles(angles.size(), 0.0);
                Tensor ofTokens = Tensor::zeros(tokens.shape());
                features.backward(tokens.matrix(), upstream, ofAngles, ofTokens.matrix());
                for (std::size_t p = 0; p < angles.size(); ++p)
                    ASSERT_NEAR(ofAngles[p], expected.angles[p], 1e-10) << qubits << " " << p;
                for (std::size_t i = 0; i < tokens.size(); ++i)
                    ASSERT_NEAR(ofTokens.values()[i], expected.inputs[i], 1e-5 * (1.0 + std::abs(expected.inputs[i])));
                Tensor alone = Tensor::zeros(tokens.shape());
                features.backward(tokens.matrix(), upstream, {}, alone.matrix());
                EXPECT_THAT(alone.values(), testing::ElementsAreArray(ofTokens.values()));
            }
        }
}

TEST(PqcFeedForward, IsTanhOfMeasuredQubits)
{
    const PqcFeedForward::Weights weights = PqcFeedForward::initial(6, 4, 2, {5});
    ASSERT_EQ(weights.angles.size(), 12U);
    Tensor tokens = normalTensor(3, 6, 2);
    std::ranges::fill(tokens.matrix().row(1), 0.0F);
    Tensor out({3, 4});
    PqcFeedForward(6, 4, 2, weights).forward(tokens.matrix(), out.matrix());
    for (std::size_t token = 0; token < 3; ++token)
        for (std::size_t o = 0; o < 4; ++o) {
            double sum = 0.0;
            for (std::size_t q = 0; q < 3; ++q)
                if (auto state = StateVector::encode(tokens.matrix().row(token), 3))
                    sum += weights.readout[3 * o + q] * state->apply(pqcAnsatz(3, 2), weights.angles).qubit(q).bloch[2];
            EXPECT_NEAR(out.matrix()(token, o), std::tanh(sum), 1e-6);
        }
    EXPECT_THROW(PqcFeedForward(6, 5, 2, weights), Error);
    EXPECT_THROW(PqcFeedForward(6, 4, 3, weights), Error);
}

TEST(PqcFeedForward, BackwardIsTheDerivative)
{
    PqcFeedForward::Weights weights = PqcFeedForward::initial(5, 4, 1, {6});
    Tensor tokens = normalTensor(3, 5, 2);
    const Tensor upstream = normalTensor(3, 4, 3);
    const auto loss = [&] {
        Tensor out({3, 4});
        PqcFeedForward(5, 4, 1, weights).forward(tokens.matrix(), out.matrix());
        double sum = 0.0;
        for (std::size_t i = 0; i < out.size(); ++i)
            sum += static_cast<double>(out.values()[i]) * upstream.values()[i];
        return sum;
    };
    Tensor ofTokens = Tensor::zeros({3, 5});
    const auto found = PqcFeedForward(5, 4, 1, weights).backward(tokens.matrix(), upstream.matrix(), ofTokens.matrix());
    const auto check = [&](auto& moved, double slope) {
        const auto kept = moved;
        using Number = std::remove_cvref_t<decltype(moved)>;
        moved = kept + static_cast<Number>(4e-3);
        const double above = loss();
        moved = kept - static_cast<Number>(4e-3);
        EXPECT_NEAR(slope, (above - loss()) / 8e-3, 1e-3 + 0.01 * std::abs(slope));
        moved = kept;
    };
    for (std::size_t p = 0; p < weights.angles.size(); ++p)
        check(weights.angles[p], found.angles[p]);
    for (std::size_t p = 0; p < weights.readout.size(); ++p)
        check(weights.readout[p], found.readout[p]);
    for (std::size_t i = 0; i < tokens.size(); ++i)
        check(tokens.values()[i], ofTokens.values()[i]);
}

}  // namespace
}  // namespace ketscope
