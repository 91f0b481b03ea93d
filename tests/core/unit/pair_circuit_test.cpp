// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/pair_reading.h"
#include "core/quantum/ansatz.h"
#include "tests/support/random_head.h"

#include <gmock/gmock.h>
#include <numbers>

namespace ketscope {
namespace {

using std::numbers::pi;
using testing::DoubleNear;
using testing::ElementsAre;

constexpr double kTolerance = 1e-12;

double firstWireReadsZero(const PairCircuit& circuit)
{
    const auto state = stateAfter(circuit, circuit.columns()).amplitudes;
    double zero = 0.0;
    for (std::size_t i = 0; i < state.size() / 2; ++i)
        zero += std::norm(state[i]);
    return zero;
}

// H on one wire, CNOT: before the CNOT the wires are apart, after it each alone is in the middle of its ball.
TEST(PairCircuitTest, StepsThroughABellState)
{
    PairCircuit bell(Circuit(2).h(0).cx(0, 1));
    ASSERT_EQ(bell.columns(), 2U);
    EXPECT_THAT(stateAfter(bell, 0).amplitudes[0].real(), DoubleNear(1.0, kTolerance));
    const auto before = qubitsAfter(bell, 1);
    EXPECT_NEAR(before[0].pure->bloch[0], 1.0, kTolerance);
    EXPECT_NEAR(before[1].pure->bloch[2], 1.0, kTolerance);
    EXPECT_NEAR(before[0].pure->purity, 1.0, kTolerance);
    const auto after = qubitsAfter(bell, 2);
    for (const QubitReading& qubit : after) {
        EXPECT_NEAR(qubit.pure->purity, 0.5, kTolerance);
        for (const double component : qubit.pure->bloch)
            EXPECT_NEAR(component, 0.0, kTolerance);
        EXPECT_FALSE(qubit.noisy.has_value());
    }
}

// RY(θ)|0⟩ lies at (sin θ, 0, cos θ); depolarising by λ shortens it to 1 − λ, so that its purity is (1 + (1 − λ)²)/2.
TEST(PairCircuitTest, ChannelsShortenBlochVectors)
{
    PairCircuit one(Circuit(1).ry(0, 0.8));
    one.noise.kraus = depolarizing(0.3);
    one.channels = {{1, {0}, false}};
    const auto found = qubitsAfter(one, 1);
    EXPECT_NEAR(found[0].pure->bloch[0], std::sin(0.8), kTolerance);
    EXPECT_NEAR(found[0].noisy->bloch[0], 0.7 * std::sin(0.8), kTolerance);
    EXPECT_NEAR(found[0].noisy->bloch[1], 0.0, kTolerance);
    EXPECT_NEAR(found[0].noisy->bloch[2], 0.7 * std::cos(0.8), kTolerance);
    EXPECT_NEAR(found[0].noisy->purity, (1.0 + 0.49) / 2.0, kTolerance);
    // Before the gate there is no noise yet.
    EXPECT_NEAR(qubitsAfter(one, 0)[0].noisy->purity, 1.0, kTolerance);
}

// More wires than any state vector has: gates on one wire each keep them apart.
TEST(PairCircuitTest, ProductStatesHaveAnyNumberOfQubits)
{
    std::vector<double> angles(40, 0.5);
    PairCircuit wide(angleEncoding(angles));
    EXPECT_TRUE(stateAfter(wide, 1).amplitudes.empty());
    const auto found = qubitsAfter(wide, 1);
    ASSERT_EQ(found.size(), 40U);
    EXPECT_NEAR(found[39].pure->bloch[0], std::sin(0.5), kTolerance);
}

TEST(PairCircuitTest, OneQubitOfAMixedState)
{
    // ¾|+⟩⟨+| + ¼|1⟩⟨1|: x = ¾, z = −¼.
    DensityMatrix state = DensityMatrix::pure(std::vector<double>{std::sqrt(0.5), std::sqrt(0.5)});
    KrausOperators mix = {{std::sqrt(0.75), 0.0, 0.0, std::sqrt(0.75)}, {0.0, 0.0, 0.5, 0.0}, {0.0, 0.0, 0.0, 0.5}};
    state.apply(mix, 0);
    const QubitState found = qubitOf(state, 0);
    EXPECT_NEAR(found.bloch[0], 0.75, kTolerance);
    EXPECT_NEAR(found.bloch[1], 0.0, kTolerance);
    EXPECT_NEAR(found.bloch[2], -0.25, kTolerance);
    EXPECT_NEAR(found.purity, (1.0 + 0.5625 + 0.0625) / 2.0, kTolerance);
}

// Queries and keys by hand: (1, 0) and (3, 4)/5 have the fidelity 0.36, with (0, 1) it is 0.
struct HandHead {
    HandHead()
    {
        const float q[] = {2.0F, 0.0F};
        const float k[] = {3.0F, 4.0F, 0.0F, 1.0F, 1.0F, 0.0F};
        std::ranges::copy(q, queries.data());
        std::ranges::copy(k, keys.data());
        std::ranges::fill(values.values(), 1.0F);
        input.queries = queries.matrix();
        input.keys = keys.matrix();
        input.values = values.matrix();
    }
    PairReading pair(const std::vector<std::pair<std::string, std::string>>& changes, std::size_t key) const
    {
        const Mechanism& fidelity = mechanism("fidelity");
        return fidelity.pair(input, test::with(fidelity, changes), 0, key, Monitor());
    }

    Tensor queries{{1, 2}};
    Tensor keys{{3, 2}};
    Tensor values{{3, 1}};
    HeadInput input;
};

double factOf(const PairReading& reading, const std::string& title)
{
    for (const PairFact& fact : reading.results)
        if (fact.title == title)
            return fact.value;
    ADD_FAILURE() << "no " << title;
    return 0.0;
}

TEST(PairReadingTest, FidelityByHand)
{
    const PairReading reading = HandHead().pair({}, 0);
    EXPECT_THAT(reading.scores, ElementsAre(DoubleNear(0.36, 1e-6), DoubleNear(0.0, 1e-6), DoubleNear(1.0, 1e-6)));
    EXPECT_NEAR(reading.weight, 0.36 / 1.36, 1e-6);
    EXPECT_NEAR(factOf(reading, "Fidelity, exact"), 0.36, 1e-6);
    EXPECT_NEAR(reading.states[1].amplitudes[1].real(), 0.8, 1e-6);
    ASSERT_TRUE(reading.outcomes.has_value());
    EXPECT_THAT(reading.outcomes->labels, ElementsAre("0", "1"));
    EXPECT_THAT(reading.outcomes->exact, ElementsAre(DoubleNear(0.36, 1e-6), DoubleNear(0.64, 1e-6)));
    EXPECT_NEAR(factOf(reading, "Shots for a standard error of 0.005"), 0.36 * 0.64 / 0.000025, 1.0);
}

TEST(PairReadingTest, TheSoftmaxRuleByHand)
{
    const PairReading reading = HandHead().pair({{"rule", "softmax"}, {"tau", "0.5"}}, 2);
    EXPECT_NEAR(reading.weight, std::exp(2.0) / (std::exp(0.72) + 1.0 + std::exp(2.0)), 1e-6);
}

// Both states depolarised by λ: F' = (1 − λ)²F + (1 − (1 − λ)²)/2 on one qubit; the circuit's 0…0 has that probability.
TEST(PairReadingTest, NoiseInTheCircuitIsTheNoiseOfTheScore)
{
    const double kept = 0.8 * 0.8;
    const PairReading reading = HandHead().pair({{"noise", "depolarizing"}, {"lambda", "0.2"}}, 0);
    const double noisy = kept * 0.36 + (1.0 - kept) / 2.0;
    EXPECT_NEAR(factOf(reading, "Fidelity, with noise"), noisy, 1e-6);
    ASSERT_EQ(reading.outcomes->noisy.size(), 2U);
    EXPECT_NEAR(reading.outcomes->noisy[0], noisy, 1e-6);
    EXPECT_NEAR(factOf(reading, "Purity of the query's state"), (1.0 + kept) / 2.0, 1e-6);
}

TEST(PairReadingTest, MeasuredCountsAreThoseOfTheHead)
{
    const PairReading reading = HandHead().pair({{"test", "inversion"}, {"shots", "100"}}, 0);
    const PairOutcomes& outcomes = *reading.outcomes;
    EXPECT_EQ(outcomes.shots, 100.0);
    EXPECT_EQ(outcomes.measured[0], reading.scores[0]);
    EXPECT_NEAR(outcomes.measured[0] + outcomes.measured[1], 1.0, 1e-12);
    EXPECT_NEAR(outcomes.errors[0], std::sqrt(0.36 * 0.64 / 100.0), 1e-6);
    const PairReading again = HandHead().pair({{"test", "inversion"}, {"shots", "100"}}, 0);
    EXPECT_EQ(again.outcomes->measured, outcomes.measured);
}

TEST(PairReadingTest, SwapTestReadsHalfOfOnePlusTheFidelity)
{
    const PairReading reading = HandHead().pair({{"test", "swap"}}, 0);
    EXPECT_EQ(reading.circuits[0].circuit.qubits(), 3U);
    EXPECT_NEAR(reading.outcomes->exact[0], 0.68, 1e-6);
    EXPECT_NEAR(firstWireReadsZero(reading.circuits[0]), 0.68, 1e-6);
}

TEST(PairReadingTest, TheHadamardTestKeepsTheSign)
{
    HandHead head;
    head.keys.data()[0] = -3.0F;
    const PairReading reading = head.pair({{"test", "hadamard-exact"}}, 0);
    EXPECT_NEAR(reading.scores[0], -0.6, 1e-6);
    EXPECT_NEAR(reading.outcomes->exact[0], 0.2, 1e-6);
    EXPECT_EQ(reading.weight, 0.0);
    EXPECT_EQ(reading.circuits[0].circuit.qubits(), 2U);
    EXPECT_NEAR(firstWireReadsZero(reading.circuits[0]), 0.2, 1e-6);
    EXPECT_THAT(reading.circuits[0].measured, ElementsAre(0U));
    EXPECT_EQ(reading.circuits[0].blocks.back().last, reading.circuits[0].circuit.operations().size());
}

// What is drawn is what the score is read from, whatever encodes the vectors.
TEST(PairReadingTest, TheHadamardTestIsACircuitOfItsOwn)
{
    test::RandomHead head(3, 4, 4, 2);
    const Mechanism& fidelity = mechanism("fidelity");
    for (const char* map : {"amplitude", "angle", "iqp"}) {
        const Parameters parameters = test::with(fidelity, {{"test", "hadamard-exact"}, {"map", map}});
        for (std::size_t key = 0; key < 4; ++key) {
            const PairReading reading = fidelity.pair(head.input, parameters, 1, key, Monitor());
            EXPECT_NEAR(firstWireReadsZero(reading.circuits[0]), reading.outcomes->exact[0], 1e-6) << map;
        }
    }
}

TEST(PairReadingTest, AVectorWithoutLengthHasNoStateAndItSaysSo)
{
    HandHead head;
    std::ranges::fill(head.queries.values(), 0.0F);
    const PairReading reading = head.pair({}, 0);
    EXPECT_NE(reading.noStates, "");
    EXPECT_NEAR(reading.weight, 1.0 / 3.0, 1e-6);
}

// The bonds of the row ½, ½, 0, 0 on two qubits: |0⟩ ⊗ |+⟩ has one Schmidt value and no entropy.
TEST(PairReadingTest, BondsOfAProductRow)
{
    Tensor queries({1, 1});
    Tensor keys({4, 1});
    Tensor values({4, 1});
    queries.data()[0] = 1.0F;
    const float logits[] = {0.0F, 0.0F, -80.0F, -80.0F};
    std::ranges::copy(logits, keys.data());
    std::ranges::fill(values.values(), 1.0F);
    HeadInput input;
    input.queries = queries.matrix();
    input.keys = keys.matrix();
    input.values = values.matrix();
    const Mechanism& mps = mechanism("mps");
    const PairReading reading = mps.pair(input, mps.defaults(), 0, 1, Monitor());
    ASSERT_TRUE(reading.bonds.has_value());
    ASSERT_EQ(reading.bonds->kept.size(), 1U);
    EXPECT_EQ(reading.bonds->kept[0], 1.0);
    EXPECT_NEAR(reading.bonds->entropy[0], 0.0, 1e-5);
    EXPECT_NEAR(reading.bonds->schmidt[0][0], 1.0, 1e-6);
    EXPECT_NEAR(reading.states[0].amplitudes[1].real(), std::sqrt(0.5), 1e-6);
}

}  // namespace
}  // namespace ketscope
