// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/gate_application.h"
#include "core/quantum/state_batch.h"
#include "core/quantum/state_kernel.h"
#include "tests/support/quantum.h"

#include <cstring>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;
using Complex = std::complex<double>;

double distance(std::span<const Complex> a, std::span<const Complex> b)
{
    double largest = a.size() == b.size() ? 0.0 : 1.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::abs(a[i] - b[i]));
    return largest;
}

StateVector randomState(std::size_t qubits, std::uint64_t seed)
{
    const auto numbers = randomNumbers(std::size_t{2} << qubits, seed);
    StateVector state(qubits);
    double square = 0.0;
    for (const double x : numbers)
        square += x * x;
    for (std::size_t b = 0; b < state.amplitudes().size(); ++b)
        state.amplitudes()[b] = Complex(numbers[2 * b], numbers[2 * b + 1]) / std::sqrt(square);
    return state;
}

TEST(StateVector, EveryGateIsItsMatrix)
{
    for (std::size_t qubits = 1; qubits <= 5; ++qubits) {
        const Circuit circuit = randomCircuit(qubits, 60, qubits);
        const auto parameters = randomNumbers(circuit.parameterCount(), 3);
        const StateVector start = randomState(qubits, 9);
        const Eigen::VectorXcd expected = unitaryOf(circuit, parameters) * vectorOf(start.amplitudes());
        StateVector gates = start;
        applyGates(circuit, parameters, gates.amplitudes());
        EXPECT_LT((vectorOf(gates.amplitudes()) - expected).cwiseAbs().maxCoeff(), 1e-13) << qubits;
    }
}

// Fused layers against one gate after another: sizes below a register, in one block, in the second-level cache, in columns.
TEST(StateVector, FusedLayersEqualGateByGate)
{
    for (const std::size_t qubits : {1UL, 2UL, 3UL, 4UL, 6UL, 9UL, 12UL, 13UL, 16UL, 17UL})
        for (const bool layered : {false, true}) {
            const Circuit circuit = layered ? pqcAnsatz(qubits, 2) : randomCircuit(qubits, 50, 100 + qubits);
            const auto parameters = randomNumbers(circuit.parameterCount(), 4);
            StateVector fused = randomState(qubits, 5);
            StateVector gates = fused;
            fused.apply(circuit, parameters);
            applyGates(circuit, parameters, gates.amplitudes());
            EXPECT_LT(distance(fused.amplitudes(), gates.amplitudes()), 1e-14) << qubits << " " << layered;
            fused.apply(circuit.inverse(), parameters);
            EXPECT_LT(distance(fused.amplitudes(), randomState(qubits, 5).amplitudes()), 1e-14) << qubits;
        }
}

TEST(StateVector, ThreadsDoNotChangeTheBits)
{
    const Circuit circuit = randomCircuit(17, 40, 7);
    const auto parameters = randomNumbers(circuit.parameterCount(), 4);
    const int before = threads();
    std::vector<StateVector> results;
    for (const int count : {1, 4}) {
        setThreads(count);
        results.push_back(randomState(17, 1).apply(circuit, parameters));
    }
    setThreads(before);
    const auto bytes = results[0].amplitudes().size_bytes();
    EXPECT_EQ(std::memcmp(results[0].amplitudes().data(), results[1].amplitudes().data(), bytes), 0);
}

// Every instruction set that this processor has, against the plain one.
TEST(StateVector, KernelsOfAllInstructionSetsAgree)
{
    std::vector<const KetscopeStateKernels*> levels{ketscopeStateKernelsV2()};
    if (__builtin_cpu_supports("x86-64-v3"))
        levels.push_back(ketscopeStateKernelsV3());
    if (__builtin_cpu_supports("x86-64-v4"))
        levels.push_back(ketscopeStateKernelsV4());
    for (const bool real : {true, false}) {
        std::vector<KetscopeQubitGate> gates;
        for (unsigned bit = 0; bit < 8; ++bit) {
            const auto numbers = randomNumbers(8, bit);
            KetscopeQubitGate gate{{}, {}, bit, real ? 1 : 0};
            std::copy_n(numbers.begin(), 4, gate.real);
            if (!real)
                std::copy_n(numbers.begin() + 4, 4, gate.imaginary);
            gates.push_back(gate);
        }
        std::vector<std::vector<double>> single;
        std::vector<std::vector<double>> batch;
        for (const KetscopeStateKernels* kernels : levels) {
            single.push_back(randomNumbers(512, 1));
            kernels->rotate(single.back().data(), 256, gates.data(), gates.size());
            batch.push_back(randomNumbers(512 * kStateLanes, 2));
            kernels->rotateBatch(batch.back().data(), 256, gates.data(), gates.size());
        }
        for (std::size_t level = 1; level < levels.size(); ++level) {
            for (std::size_t i = 0; i < single[0].size(); ++i)
                ASSERT_NEAR(single[level][i], single[0][i], 1e-10) << levels[level]->isa;
            for (std::size_t i = 0; i < batch[0].size(); ++i)
                ASSERT_NEAR(batch[level][i], batch[0][i], 1e-10) << levels[level]->isa;
        }
    }
}

TEST(StateVector, BatchEqualsOneByOne)
{
    for (const std::size_t qubits : {1UL, 2UL, 4UL, 7UL}) {
        for (const bool layered : {false, true}) {
            const Circuit circuit = layered ? pqcAnsatz(qubits, 3) : randomCircuit(qubits, 40, 300 + qubits);
            const auto parameters = randomNumbers(circuit.parameterCount(), 6);
            StateBatch batch(qubits, 11);
            std::vector<StateVector> states;
            for (std::size_t i = 0; i < 11; ++i) {
                states.push_back(randomState(qubits, 50 + i));
                batch.set(i, states.back().amplitudes());
            }
            batch.apply(circuit, parameters);
            RandomStream random({8}, 0);
            const auto strings = drawPauliStrings(qubits, 3, {.identity = 0.4}, random);
            const auto expectations = batch.expectations(strings);
            for (std::size_t i = 0; i < 11; ++i) {
                states[i].apply(circuit, parameters);
                EXPECT_LT(distance(batch.amplitudes(i), states[i].amplitudes()), 1e-14);
                for (std::size_t s = 0; s < 3; ++s)
                    EXPECT_NEAR(expectations[3 * i + s], states[i].expectation(strings[s]), 1e-14);
            }
        }
    }
}

TEST(StateVector, AmplitudeEncodingFlagsWhatHasNoState)
{
    const std::vector<float> data = {3.0F, 0.0F, 4.0F};
    const auto state = StateVector::encode(data);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->qubits(), 2U);
    EXPECT_NEAR(std::abs(state->amplitudes()[2] - 0.8), 0.0, 1e-15);
    EXPECT_EQ(state->amplitudes()[3], 0.0);
    EXPECT_FALSE(StateVector::encode(std::vector<float>(4, 0.0F)));
    EXPECT_FALSE(StateVector::encode(std::vector<float>{1.0F, std::numeric_limits<float>::quiet_NaN()}));
    const auto large = StateVector::encode(std::vector<double>(4, 1e300));
    EXPECT_NEAR(large->amplitudes()[1].real(), 0.5, 1e-15);
    StateBatch batch(2, 2);
    EXPECT_TRUE(batch.encode(0, data));
    EXPECT_FALSE(batch.encode(1, std::vector<float>(3, 0.0F)));
    EXPECT_EQ(batch.amplitudes(1), std::vector<Complex>(4, 0.0));
}

TEST(StateVector, LimitsAreRefusedWithWhatFits)
{
    const auto message = [](auto&& call) {
        try {
            call();
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_THAT(message([] { StateVector(21); }), testing::HasSubstr("20 qubits fit"));
    EXPECT_THAT(message([] { StateBatch(15, 1); }), testing::HasSubstr("1 to 14 qubits"));
    EXPECT_THAT(message([] { StateVector::encode(std::vector<float>(5, 1.0F), 2); }),
                testing::HasSubstr("Use 3 qubits"));
    EXPECT_THROW(StateVector(2).apply(Circuit(3)), Error);
}

TEST(StateVector, SamplesFollowTheProbabilities)
{
    const StateVector state = StateVector(3).apply(pqcAnsatz(3, 2), randomNumbers(12, 2));
    const auto p = state.probabilities();
    constexpr std::uint64_t kShots = 200000;
    RandomStream random({3}, 0);
    const auto counts = state.sample(kShots, random);
    double total = 0.0;
    for (std::size_t b = 0; b < p.size(); ++b) {
        const double mean = kShots * p[b];
        EXPECT_LT(std::abs(static_cast<double>(counts[b]) - mean), 4.0 * std::sqrt(mean * (1.0 - p[b])) + 1.0) << b;
        total += static_cast<double>(counts[b]);
    }
    EXPECT_EQ(total, kShots);
}

TEST(StateVector, OneQubitOfAnEntangledPairIsMixed)
{
    const StateVector bell = StateVector(2).apply(Circuit(2).h(0).cx(0, 1));
    EXPECT_NEAR(bell.qubit(0).purity, 0.5, 1e-15);
    EXPECT_NEAR(bell.qubit(0).bloch[2], 0.0, 1e-15);
    const StateVector state = randomState(4, 3);
    for (std::size_t number = 0; number < 4; ++number) {
        const QubitState qubit = state.qubit(number);
        for (std::size_t axis = 0; axis < 3; ++axis) {
            std::string letters(4, 'I');
            letters[number] = "XYZ"[axis];
            EXPECT_NEAR(qubit.bloch[axis], state.expectation(PauliString::parse(letters)), 1e-14);
        }
        const auto rho = qubit.density();
        EXPECT_NEAR((rho[0] * rho[0] + rho[1] * rho[2] + rho[2] * rho[1] + rho[3] * rho[3]).real(), qubit.purity,
                    1e-14);
    }
    const StateVector product = StateVector(2).apply(Circuit(2).ry(0, 0.4).rx(1, 1.1));
    EXPECT_NEAR(product.qubit(1).purity, 1.0, 1e-15);
    EXPECT_NEAR(product.qubit(0).bloch[0], std::sin(0.4), 1e-15);
}

}  // namespace
}  // namespace ketscope
