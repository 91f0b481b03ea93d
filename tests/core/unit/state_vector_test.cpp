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

template <typename Real> std::vector<Real> numbersIn(std::size_t count, std::uint64_t seed)
{
    const std::vector<double> numbers = randomNumbers(count, seed);
    return {numbers.begin(), numbers.end()};
}

// Real gates with and without ones on the lowest bits, which are inside registers; or complex ones.
std::vector<KetscopeQubitGate> gatesOn(const std::vector<unsigned>& bits, bool real)
{
    std::vector<KetscopeQubitGate> gates;
    for (const unsigned bit : bits) {
        const auto numbers = randomNumbers(8, bit);
        KetscopeQubitGate gate{{}, {}, bit, real ? 1 : 0};
        std::copy_n(numbers.begin(), 4, gate.real);
        if (!real)
            std::copy_n(numbers.begin() + 4, 4, gate.imaginary);
        gates.push_back(gate);
    }
    return gates;
}

// To `tolerance` times the largest number.
template <typename Real>
void expectNear(const std::vector<Real>& found, const std::vector<Real>& expected, double tolerance, const char* what)
{
    double largest = 0.0;
    for (const Real x : expected)
        largest = std::max(largest, std::abs(static_cast<double>(x)));
    for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(found[i], expected[i], tolerance * largest) << what << " " << i;
}

template <typename Real>
void expectAgreement(const std::vector<const KetscopeStateKernelsOf<Real>*>& levels, double tolerance)
{
    const std::vector<std::vector<unsigned>> places = {
        {0, 1, 2, 3, 4, 5, 6, 7}, {0, 5}, {1, 6}, {2, 7}, {0, 2, 3}, {1, 2, 4}, {0, 1, 7}, {0, 1, 2}, {3, 4, 5}};
    for (const bool real : {true, false})
        for (const std::vector<unsigned>& bits : places) {
            const auto gates = gatesOn(bits, real);
            std::vector<std::vector<Real>> single;
            std::vector<std::vector<Real>> batch;
            for (const KetscopeStateKernelsOf<Real>* kernels : levels) {
                single.push_back(numbersIn<Real>(512, 1));
                kernels->rotate(single.back().data(), 256, gates.data(), gates.size());
                batch.push_back(numbersIn<Real>(512 * kStateLanesOf<Real>, 2));
                kernels->rotateBatch(batch.back().data(), 256, gates.data(), gates.size());
            }
            for (std::size_t level = 1; level < levels.size(); ++level) {
                expectNear(single[level], single[0], tolerance, levels[level]->isa);
                expectNear(batch[level], batch[0], tolerance, levels[level]->isa);
            }
        }
}

// Sums over a batch, which the levels' registers add in different orders.
template <typename Real>
void expectSameSums(const std::vector<const KetscopeStateKernelsOf<Real>*>& levels, double tolerance)
{
    const auto left = numbersIn<Real>(128 * kStateLanesOf<Real>, 3);
    const auto right = numbersIn<Real>(left.size(), 4);
    const auto weights = numbersIn<Real>(kStateLanesOf<Real>, 5);
    for (const unsigned bit : {0U, 3U, 5U})
        for (const int odd : {0, 1}) {
            std::vector<std::vector<double>> sums;
            std::vector<std::vector<Real>> added;
            for (const KetscopeStateKernelsOf<Real>* kernels : levels) {
                sums.emplace_back(8);
                kernels->crossBatch(left.data(), right.data(), 64, bit, sums.back().data());
                added.push_back(right);
                kernels->addStringBatch(left.data(), 64, std::uint64_t{1} << bit, 21, odd, weights.data(),
                                        added.back().data());
            }
            for (std::size_t level = 1; level < levels.size(); ++level) {
                expectNear(sums[level], sums[0], tolerance, levels[level]->isa);
                expectNear(added[level], added[0], tolerance, levels[level]->isa);
            }
        }
}

// Every instruction set that this processor has, against the plain one, in both precisions.
TEST(StateVector, KernelsOfAllInstructionSetsAgree)
{
    std::vector<const KetscopeStateKernels*> levels{ketscopeStateKernelsV2()};
    std::vector<const KetscopeSingleStateKernels*> singles{ketscopeSingleStateKernelsV2()};
    if (__builtin_cpu_supports("x86-64-v3")) {
        levels.push_back(ketscopeStateKernelsV3());
        singles.push_back(ketscopeSingleStateKernelsV3());
    }
    if (__builtin_cpu_supports("x86-64-v4")) {
        levels.push_back(ketscopeStateKernelsV4());
        singles.push_back(ketscopeSingleStateKernelsV4());
    }
    expectAgreement(levels, 1e-13);
    expectAgreement(singles, 1e-5);
    expectSameSums(levels, 1e-13);
    expectSameSums(singles, 1e-5);
}

// The error of a circuit in single precision stays where its documentation says.
TEST(StateVector, SinglePrecisionIsGoodToFiveDigits)
{
    for (const std::size_t qubits : {1UL, 2UL, 4UL, 7UL, 10UL})
        for (const bool layered : {false, true}) {
            const Circuit circuit = layered ? pqcAnsatz(qubits, 8) : randomCircuit(qubits, 200, 300 + qubits);
            const auto parameters = randomNumbers(circuit.parameterCount(), 6);
            SingleStateBatch single(qubits, 21);
            StateBatch whole(qubits, 21);
            for (std::size_t i = 0; i < 21; ++i) {
                const StateVector state = randomState(qubits, 50 + i);
                single.set(i, state.amplitudes());
                whole.set(i, state.amplitudes());
            }
            single.apply(circuit, parameters);
            whole.apply(circuit, parameters);
            RandomStream random({8}, 0);
            const auto strings = drawPauliStrings(qubits, 3, {.identity = 0.4}, random);
            const auto found = single.expectations(strings);
            const auto expected = whole.expectations(strings);
            for (std::size_t i = 0; i < found.size(); ++i)
                EXPECT_NEAR(found[i], expected[i], 1e-5) << qubits;
            for (std::size_t i = 0; i < 21; ++i)
                EXPECT_LT(distance(single.amplitudes(i), whole.amplitudes(i)), 1e-5) << qubits;
        }
}

// One state, in one pass, by blocks and columns, with every gate; in single precision to five digits of double.
TEST(StateVector, SingleOfOneStateIsGoodToFiveDigits)
{
    for (const std::size_t qubits : {1UL, 3UL, 8UL, 13UL, 15UL, 18UL})
        for (const bool layered : {false, true}) {
            const Circuit circuit = layered ? pqcAnsatz(qubits, 10) : randomCircuit(qubits, 80, 300 + qubits);
            const auto parameters = randomNumbers(circuit.parameterCount(), 6);
            StateVector whole = randomState(qubits, 50);
            const SingleStateVector single = SingleStateVector(whole).apply(circuit, parameters);
            whole.apply(circuit, parameters);
            EXPECT_LT(distance(single.whole().amplitudes(), whole.amplitudes()), 1e-5) << qubits;
            EXPECT_NEAR(single.whole().expectation(PauliString::zOn(0, qubits)),
                        whole.expectation(PauliString::zOn(0, qubits)), 1e-5);
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
