// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/bit_noise.h"
#include "core/quantum/density_matrix.h"
#include "core/quantum/mitigation.h"
#include "core/quantum/trajectory.h"

#include <cmath>
#include <gmock/gmock.h>
#include <numbers>
#include <numeric>

namespace ketscope {
namespace {

using Complex = std::complex<double>;
using Vector = std::vector<double>;
const Vector kProbabilities = {0.05, 0.4, 0.25, 0.3};

Vector roots(Vector values)
{
    for (double& value : values)
        value = std::sqrt(value);
    return values;
}

DensityMatrix workedExample() { return DensityMatrix::pure(roots(kProbabilities)); }

std::vector<Complex> randomState(std::size_t qubits, std::uint64_t seed)
{
    RandomStream stream({.seed = seed}, 0);
    std::vector<Complex> state(std::size_t{1} << qubits);
    double norm = 0.0;
    for (Complex& a : state) {
        a = {stream.normal(), stream.normal()};
        norm += std::norm(a);
    }
    for (Complex& a : state)
        a /= std::sqrt(norm);
    return state;
}

Circuit someCircuit(std::size_t qubits)
{
    Circuit circuit = pqcAnsatz(qubits, 2);
    circuit.rbs(0, 1, 0.7).add(Gate::S, {0}).add(Gate::T, {1}).cz(1, 0).add(Gate::Y, {1});
    if (qubits > 2)
        circuit.cswap(2, 0, 1);
    return circuit;
}

Vector someAngles(const Circuit& circuit)
{
    Vector angles;
    for (std::size_t i = 0; i < circuit.parameterCount(); ++i)
        angles.push_back(0.3 + 0.41 * static_cast<double>(i));
    return angles;
}

// Every channel of the table at a strength that shows, and readout.
std::vector<Noise> someNoises()
{
    std::vector<Noise> noises;
    for (const NoiseChannel& channel : noiseChannels()) {
        Vector values;
        for (const Parameter& parameter : channel.parameters)
            values.push_back(parameter.minimum + 0.23 * (std::min(parameter.maximum, 50.0) - parameter.minimum));
        noises.push_back(channel.make(values, 1.0));
    }
    noises.push_back({readoutError(0.02, 0.05)});
    return noises;
}

void expectNear(const DensityMatrix& a, const DensityMatrix& b, double tolerance)
{
    ASSERT_EQ(a.qubits(), b.qubits());
    for (std::size_t row = 0; row < a.dimension(); ++row)
        for (std::size_t column = 0; column < a.dimension(); ++column)
            EXPECT_LE(std::abs(a(row, column) - b(row, column)), tolerance) << row << " " << column;
}

TEST(DensityMatrix, ChannelsKeepTraceAndPositivity)
{
    for (const Noise& noise : someNoises()) {
        DensityMatrix state = DensityMatrix::pure(randomState(3, 5));
        state.apply(noise);
        EXPECT_NEAR(state.trace(), 1.0, 1e-14);
        EXPECT_GE(state.eigenvalues().front(), -1e-15);
        EXPECT_LE(state.purity(), 1.0 + 1e-14);
    }
}

// Noise on Σ√pⱼ|j⟩, measured in the same basis, is a Markov map on the bits.
TEST(DensityMatrix, MeasuredNoiseIsTheMarkovMapOnTheBits)
{
    for (const Noise& noise : someNoises()) {
        Vector p(16);
        for (std::size_t i = 0; i < 16; ++i)
            p[i] = static_cast<double>(1 + (5 * i) % 7) / 61.0;
        const double total = std::accumulate(p.begin(), p.end(), 0.0);
        for (double& x : p)
            x /= total;
        const Vector measured = DensityMatrix::pure(roots(p)).apply(noise).probabilities();
        applyNoise(p, noise);
        for (std::size_t i = 0; i < 16; ++i)
            EXPECT_NEAR(measured[i], p[i], 1e-15);
    }
}

// The unitary of a circuit by columns: the circuit run on every basis state, without noise.
TEST(DensityMatrix, CircuitsActAsOnPureStates)
{
    const Circuit circuit = someCircuit(3);
    const Vector angles = someAngles(circuit);
    std::vector<Complex> state = randomState(3, 9);
    DensityMatrix mixed = DensityMatrix::pure(state);
    RandomStream stream({}, 0);
    runTrajectory(state, circuit, angles, {}, NoisePlace::AtEnd, stream);
    expectNear(mixed.apply(circuit, angles), DensityMatrix::pure(state), 1e-14);
    expectNear(mixed.apply(circuit.inverse(), angles), DensityMatrix::pure(randomState(3, 9)), 1e-14);
}

TEST(DensityMatrix, BellPairByHand)
{
    Circuit circuit(2);
    circuit.h(0).cx(0, 1);
    DensityMatrix state(2);
    state.apply(circuit);
    EXPECT_NEAR(state.expectation(PauliString::parse("XX")), 1.0, 1e-15);
    EXPECT_NEAR(state.expectation(PauliString::parse("YY")), -1.0, 1e-15);
    EXPECT_NEAR(state.expectation(PauliString::parse("ZZ")), 1.0, 1e-15);
    EXPECT_NEAR(state.expectation(PauliString::parse("ZI")), 0.0, 1e-15);
    const DensityMatrix half = state.reduced(std::array<std::size_t, 1>{1});
    EXPECT_NEAR(half.purity(), 0.5, 1e-15);
    EXPECT_NEAR(half.entropy(), std::numbers::ln2, 1e-14);
    EXPECT_NEAR(state.entropy(), 0.0, 1e-14);
}

TEST(DensityMatrix, ExpectationsAreThoseOfThePureState)
{
    const std::vector<Complex> state = randomState(3, 21);
    const DensityMatrix mixed = DensityMatrix::pure(state);
    for (const char* letters : {"III", "XYZ", "YYX", "IZY", "YYY"})
        EXPECT_NEAR(mixed.expectation(PauliString::parse(letters)), expectation(PauliString::parse(letters), state),
                    1e-14)
            << letters;
}

// After depolarising noise, global: × (1 − λ); local and last: × (1 − λ)^weight.
TEST(DensityMatrix, DepolarisingScalesPauliStrings)
{
    const DensityMatrix before = DensityMatrix::pure(randomState(3, 4));
    for (const char* letters : {"XII", "IZY", "YXZ"}) {
        const PauliString string = PauliString::parse(letters);
        DensityMatrix local = before;
        DensityMatrix global = before;
        EXPECT_NEAR(local.apply(Noise{depolarizing(0.2)}).expectation(string),
                    std::pow(0.8, static_cast<double>(string.weight())) * before.expectation(string), 1e-14);
        EXPECT_NEAR(global.apply(Noise{{}, 0.2}).expectation(string), 0.8 * before.expectation(string), 1e-14);
    }
}

// Fidelity of two states with D = 8, whole-register depolarising on one side and on both.
TEST(DensityMatrix, DepolarisingMovesFidelities)
{
    const DensityMatrix q = DensityMatrix::pure(randomState(3, 1));
    const DensityMatrix k = DensityMatrix::pure(randomState(3, 2));
    const double fidelity = q.overlap(k);
    DensityMatrix noisyQ = q;
    DensityMatrix noisyK = k;
    noisyQ.apply(Noise{{}, 0.3});
    noisyK.apply(Noise{{}, 0.3});
    EXPECT_NEAR(noisyQ.overlap(k), 0.7 * fidelity + 0.3 / 8.0, 1e-14);
    EXPECT_NEAR(noisyQ.overlap(noisyK), 0.49 * fidelity + 0.51 / 8.0, 1e-14);
}

TEST(DensityMatrix, CoherenceIsTheClosedForm)
{
    DensityMatrix state = workedExample();
    EXPECT_NEAR(state.coherenceL1(), 2.6243968971, 1e-10);
    const Vector amplitudes = roots(kProbabilities);
    EXPECT_NEAR(state.coherenceL1(), std::pow(std::accumulate(amplitudes.begin(), amplitudes.end(), 0.0), 2) - 1.0,
                1e-14);
    double entropy = 0.0;
    for (const double p : kProbabilities)
        entropy -= p * std::log(p);
    EXPECT_NEAR(state.coherenceRelativeEntropy(), entropy, 1e-13);
    state.apply(Noise{phaseDamping(0.36)});
    EXPECT_NEAR(state.coherenceL1(), 1.9591327966, 1e-10);
    state.apply(Noise{phaseDamping(1.0)});
    EXPECT_NEAR(state.coherenceL1(), 0.0, 1e-15);
    EXPECT_NEAR(state.coherenceRelativeEntropy(), 0.0, 1e-13);
}

TEST(DensityMatrix, ReducedStatesOfAProduct)
{
    const std::vector<Complex> a = randomState(1, 6);
    const std::vector<Complex> b = randomState(2, 7);
    std::vector<Complex> both;
    for (const Complex x : a)
        for (const Complex y : b)
            both.push_back(x * y);
    const DensityMatrix state = DensityMatrix::pure(both);
    expectNear(state.reduced(std::array<std::size_t, 1>{0}), DensityMatrix::pure(a), 1e-15);
    expectNear(state.reduced(std::array<std::size_t, 2>{1, 2}), DensityMatrix::pure(b), 1e-15);
    const DensityMatrix turned = state.reduced(std::array<std::size_t, 2>{2, 1});
    EXPECT_NEAR(turned(1, 1).real(), std::norm(b[2]), 1e-15);  // |01⟩ of (2, 1) is |10⟩ of (1, 2)
    EXPECT_THROW(state.reduced(std::array<std::size_t, 1>{3}), Error);
    EXPECT_THROW(state.reduced(std::array<std::size_t, 2>{1, 1}), Error);
}

TEST(DensityMatrix, DistillationIsTheEigenvalueFormula)
{
    for (const int copies : {1, 2, 3, 4, 5}) {
        double trace = 0.0;
        double purity = 0.0;
        const Vector found = workedExample().apply(Noise{{}, 0.2}).distilled(copies, &trace);
        const Vector expected = distilled(kProbabilities, 0.2, copies, &purity);
        for (std::size_t i = 0; i < 4; ++i)
            EXPECT_NEAR(found[i], expected[i], 1e-14) << copies;
        EXPECT_NEAR(trace, purity, 1e-14);
    }
}

// Inverse noise as a mixture with quasi-probabilities: q_I ρ + q_P Σ PρP of a depolarised qubit is the state before.
TEST(DensityMatrix, ErrorCancellationRestoresTheState)
{
    const DensityMatrix before = DensityMatrix::pure(randomState(1, 3));
    DensityMatrix noisy = before;
    noisy.apply(Noise{depolarizing(0.2)});
    const QuasiProbabilities q = depolarizingInverse(0.2);
    std::array<DensityMatrix, 3> turned = {noisy, noisy, noisy};
    for (std::size_t i = 0; i < 3; ++i)
        turned[i].apply(Operation{std::array{Gate::X, Gate::Y, Gate::Z}[i], {0, 0, 0}, {}});
    for (std::size_t row = 0; row < 2; ++row)
        for (std::size_t column = 0; column < 2; ++column) {
            Complex sum = q.identity * noisy(row, column);
            for (const DensityMatrix& state : turned)
                sum += q.pauli * state(row, column);
            EXPECT_NEAR(std::abs(sum - before(row, column)), 0.0, 1e-15);
        }
}

TEST(DensityMatrix, RefusesMoreQubitsThanFit)
{
    EXPECT_NO_THROW(DensityMatrix(8));
    try {
        DensityMatrix(9);
        FAIL() << "not refused";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        EXPECT_THAT(error.what(), testing::HasSubstr("at most 8 qubits"));
    }
    EXPECT_THROW(DensityMatrix::pure(Vector(3, 0.5)), Error);
    EXPECT_THROW(DensityMatrix(2).apply(Circuit(3)), Error);
}

// The mean of many runs against the density matrix: probabilities and a coherence, within 4σ of their exact spread.
void expectTrajectoriesMeet(const Noise& noise, NoisePlace place)
{
    constexpr int kRuns = 4000;
    const Circuit circuit = someCircuit(3);
    const Vector angles = someAngles(circuit);
    DensityMatrix exact(3);
    exact.apply(circuit, angles, noise, place);
    std::vector<Complex> mean(64, 0.0);
    for (int run = 0; run < kRuns; ++run) {
        std::vector<Complex> state(8, 0.0);
        state[0] = 1.0;
        RandomStream stream({.seed = 77}, static_cast<std::uint32_t>(run));
        runTrajectory(state, circuit, angles, noise, place, stream);
        double norm = 0.0;
        for (const Complex a : state)
            norm += std::norm(a);
        ASSERT_NEAR(norm, 1.0, 1e-12);
        for (std::size_t i = 0; i < 64; ++i)
            mean[i] += state[i / 8] * std::conj(state[i % 8]) / double(kRuns);
    }
    // E|ψᵢψⱼ*|² ≤ E √(pᵢ…) ≤ the smaller of the two probabilities.
    for (std::size_t i = 0; i < 64; ++i) {
        const double bound = std::min(exact(i / 8, i / 8).real(), exact(i % 8, i % 8).real());
        EXPECT_LE(std::abs(mean[i] - exact(i / 8, i % 8)), 4.0 * std::sqrt(bound / kRuns) + 1e-12) << i;
    }
}

TEST(Trajectory, ComeToTheDensityMatrix)
{
    for (const Noise& noise : someNoises()) {
        expectTrajectoriesMeet(noise, NoisePlace::AfterEachGate);
        expectTrajectoriesMeet(noise, NoisePlace::AtEnd);
    }
}

TEST(Trajectory, NeverDrawsAnImpossibleOperator)
{
    RandomStream stream({.seed = 2}, 0);
    for (int run = 0; run < 100; ++run) {
        std::vector<Complex> ground = {1.0, 0.0};
        applyAtRandom(ground, amplitudeDamping(0.5), 0, stream);
        EXPECT_EQ(ground[0], 1.0);
    }
}

}  // namespace
}  // namespace ketscope
