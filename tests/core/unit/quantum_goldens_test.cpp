// SPDX-License-Identifier: GPL-3.0-or-later
// Published and derived values of the circuits of the field.
#include "core/quantum/ansatz.h"
#include "core/quantum/iqp_state.h"
#include "core/quantum/state_vector.h"
#include "tests/support/quantum.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;
using Complex = std::complex<double>;

void expectValues(const StateVector& state, const std::vector<std::pair<const char*, double>>& values)
{
    for (const auto& [letters, value] : values)
        EXPECT_NEAR(state.expectation(PauliString::parse(letters)), value, 1e-12) << letters;
}

TEST(QuantumGoldens, QisaOnTwoAndThreeQubits)
{
    auto two = StateVector::encode(std::vector<double>{1, 2, 3, 4}).value();
    two.apply(qisaAnsatz(2), std::vector<double>{.1, .2, .3, .4, .5, .6});
    expectValues(two, {{"ZI", -.726756221293},
                       {"IZ", .151841881694},
                       {"XI", -.055418195852},
                       {"IX", .715208737680},
                       {"YI", .059331648070},
                       {"XZ", -.681014832671},
                       {"YY", .678194967023}});
    auto three = StateVector::encode(std::vector<double>{1, 2, 3, 4, 5, 6}).value();
    three.apply(qisaAnsatz(3), std::vector<double>{.1, .2, .3, .4, .5, .6, .7, .8, .9});
    expectValues(three, {{"ZII", -.625573534137},
                         {"IZI", -.714621298459},
                         {"IIZ", -.028420494508},
                         {"XZI", -.321639861668},
                         {"YYI", .083890253619},
                         {"ZIX", -.837325369074}});
}

TEST(QuantumGoldens, QelmWithItsQubit0LeastSignificant)
{
    auto state = StateVector::encode(std::vector<double>{1, 2, 3, 4}).value();
    state.apply(qelmAnsatz(2), std::vector<double>{.1, .2, .3, .4, .5, .6});
    const std::vector<double> expected = {-.297988505188, .223101091151, .194259203657, .907574854046};
    for (std::size_t b = 0; b < 4; ++b)
        EXPECT_NEAR(std::abs(state.amplitudes()[b] - expected[b]), 0.0, 1e-12) << b;
}

TEST(QuantumGoldens, SwapTestByItsCircuit)
{
    const auto q = StateVector::encode(std::vector<double>{1, 2, 3}).value();
    const auto k = StateVector::encode(std::vector<double>{2, -1, 1}).value();
    const Complex overlap = q.inner(k);
    EXPECT_NEAR(std::norm(overlap), 0.10714285714, 1e-11);
    EXPECT_NEAR(0.5 * (1.0 + overlap.real()), 0.66366341768, 1e-11);  // Hadamard test
    const StateVector both = StateVector::product(StateVector(1), StateVector::product(q, k));
    const StateVector tested = StateVector(both).apply(swapTestCircuit(2));
    EXPECT_NEAR(0.5 * (1.0 + tested.qubit(0).bloch[2]), 0.55357142857, 1e-11);
    const StateVector a = StateVector(2).apply(pqcAnsatz(2, 2), randomNumbers(8, 1));
    const StateVector b = StateVector(2).apply(pqcAnsatz(2, 2), randomNumbers(8, 2));
    const StateVector complexStates =
        StateVector::product(StateVector(1), StateVector::product(a, b)).apply(swapTestCircuit(2));
    EXPECT_NEAR(complexStates.qubit(0).bloch[2], std::norm(a.inner(b)), 1e-14);
    // Inversion test: encode q, then k's preparation backwards; P(0…0) = F.
    StateVector inverted = StateVector(2).apply(amplitudeEncodingCircuit(std::vector<double>{1, 2, 3}));
    inverted.apply(amplitudeEncodingCircuit(std::vector<double>{2, -1, 1}).inverse());
    EXPECT_NEAR(inverted.probabilities()[0], 0.10714285714, 1e-11);
}

TEST(QuantumGoldens, AngleEncodingIsAProductOfCosines)
{
    const auto q = randomNumbers(5, 1);
    const auto k = randomNumbers(5, 2);
    double product = 1.0;
    for (std::size_t i = 0; i < 5; ++i)
        product *= std::cos(0.5 * (q[i] - k[i]));
    const auto state = [](std::span<const double> x) { return StateVector(x.size()).apply(angleEncoding(x)); };
    EXPECT_NEAR(state(q).inner(state(k)).real(), product, 1e-14);
}

// One repetition gives 2^(−n/2) exp(−i Σ x_j z_j − i Σ (π − x_j)(π − x_k) z_j z_k) with z = ±1.
TEST(QuantumGoldens, IqpMapHasItsClosedFormPhases)
{
    const std::vector<double> x = {0.3, -0.7, 1.2};
    const StateVector state = StateVector(3).apply(iqpFeatureMap(x, 1));
    constexpr double kPi = std::numbers::pi;
    for (std::size_t b = 0; b < 8; ++b) {
        double phase = 0.0;
        const auto z = [b](std::size_t qubit) { return (b >> (2 - qubit) & 1) != 0 ? -1.0 : 1.0; };
        for (std::size_t j = 0; j < 3; ++j) {
            phase -= x[j] * z(j);
            for (std::size_t k = j + 1; k < 3; ++k)
                phase -= (kPi - x[j]) * (kPi - x[k]) * z(j) * z(k);
        }
        EXPECT_NEAR(std::abs(state.amplitudes()[b] - std::polar(std::sqrt(0.125), phase)), 0.0, 1e-14) << b;
    }
}

// Without its gates, on the first qubits of any state: the same as by its gates.
TEST(QuantumGoldens, IqpMapActsAsItsCircuit)
{
    for (const std::size_t size : {1UL, 2UL, 3UL, 5UL})
        for (const std::size_t qubits : {size, size + 2}) {
            const std::vector<double> x = randomNumbers(size, 3);
            StateVector byGates = StateVector::encode(randomNumbers(std::size_t{1} << qubits, 5)).value();
            std::vector<Complex> state(byGates.amplitudes().begin(), byGates.amplitudes().end());
            byGates.apply(Circuit(qubits).append(iqpFeatureMap(x, 2)));
            applyIqpFeatureMap(x, 2, state);
            for (std::size_t b = 0; b < state.size(); ++b)
                EXPECT_NEAR(std::abs(state[b] - byGates.amplitudes()[b]), 0.0, 1e-13) << size << " " << b;
        }
}

TEST(QuantumGoldens, AmplitudeEncodingByGatesAlone)
{
    for (const std::size_t size : {1UL, 2UL, 3UL, 5UL, 8UL, 13UL, 64UL}) {
        const auto data = randomNumbers(size, size);
        const Circuit circuit = amplitudeEncodingCircuit(data);
        const StateVector state = StateVector(circuit.qubits()).apply(circuit);
        const StateVector expected = StateVector::encode(data).value();
        for (std::size_t b = 0; b < state.amplitudes().size(); ++b)
            EXPECT_NEAR(std::abs(state.amplitudes()[b] - expected.amplitudes()[b]), 0.0, 1e-13) << size << " " << b;
        EXPECT_LE(circuit.gateCounts()[Gate::RY], (std::size_t{1} << circuit.qubits()) - 1);
    }
}

TEST(QuantumGoldens, HistoricQisaRepeatsItsRing)
{
    const auto angles = randomNumbers(9, 4);
    Circuit byHand(3);
    for (std::size_t j = 0; j < 3; ++j)
        byHand.rx(j, angles[j]).ry(j, angles[3 + j]);
    for (int repetition = 0; repetition < 3; ++repetition)
        byHand.cx(0, 1).cx(1, 2).cx(2, 0).ry(0, angles[6]).ry(1, angles[7]).ry(2, angles[8]);
    const StateVector a = StateVector(3).apply(qisaHistoricAnsatz(3), angles);
    const StateVector b = StateVector(3).apply(byHand);
    EXPECT_NEAR(std::abs(a.inner(b)), 1.0, 1e-14);
}

}  // namespace
}  // namespace ketscope
