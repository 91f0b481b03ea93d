// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/trajectory.h"
#include "tests/support/random_head.h"

#include <cmath>
#include <gmock/gmock.h>
#include <numeric>

namespace ketscope {
namespace {

using namespace test;
using Vector = std::vector<double>;
using Changes = std::vector<std::pair<std::string, std::string>>;

const Mechanism& fidelity() { return mechanism("fidelity"); }

Vector rowOf(MatrixView matrix, std::size_t row)
{
    const auto values = matrix.row(row);
    return {values.begin(), values.end()};
}

Vector scaled(Vector values, double factor)
{
    for (double& x : values)
        x *= factor;
    return values;
}

// What makes a vector's state.
using Encoder = std::function<Circuit(const Vector&)>;

Circuit loadedIqp(const Vector& data, std::size_t qubits, std::size_t repetitions)
{
    Circuit circuit(qubits);
    for (std::size_t first = 0; first < data.size(); first += qubits)
        circuit.append(
            iqpFeatureMap(std::span(data).subspan(first, std::min(qubits, data.size() - first)), repetitions));
    return circuit;
}

DensityMatrix stateOf(const Circuit& circuit, const Noise& noise, NoisePlace place)
{
    return DensityMatrix(circuit.qubits()).apply(circuit, {}, noise, place);
}

// Direct weights Tr(ρσ)/Σ of one query against all keys, by density matrices.
Vector rowByDefinition(const RandomHead& head, std::size_t row, const Encoder& encode, const Noise& noise,
                       NoisePlace place, bool both = true)
{
    const DensityMatrix query = stateOf(encode(rowOf(head.input.queries, row)), noise, place);
    Vector weights;
    for (std::size_t key = 0; key < head.input.keys.rows; ++key)
        weights.push_back(query.overlap(stateOf(encode(rowOf(head.input.keys, key)), both ? noise : Noise{}, place)));
    return scaled(weights, 1.0 / std::accumulate(weights.begin(), weights.end(), 0.0));
}

void expectRows(const RandomHead& head, const Changes& changes, const Encoder& encode, const Noise& noise,
                NoisePlace place, bool both = true)
{
    const HeadResult result = runHead(fidelity(), head.input, with(fidelity(), changes));
    for (std::size_t i = 0; i < head.input.queries.rows; ++i) {
        const Vector expected = rowByDefinition(head, i, encode, noise, place, both);
        for (std::size_t j = 0; j < expected.size(); ++j)
            EXPECT_NEAR(result.weight(i, j), expected[j], 2e-6) << changes.front().second << " " << i << " " << j;
    }
}

struct Case {
    Changes changes;
    Noise noise;
};

std::vector<Case> noises()
{
    return {{{{"noise", "depolarizing"}, {"lambda", "0.1"}}, {depolarizing(0.1)}},
            {{{"noise", "depolarizing-register"}, {"lambda", "0.1"}}, {{}, 0.1}},
            {{{"noise", "amplitude-damping"}, {"gamma", "0.2"}}, {amplitudeDamping(0.2)}},
            {{{"noise", "phase-damping"}, {"lambda", "0.3"}}, {phaseDamping(0.3)}}};
}

Changes also(Changes changes, const Changes& more)
{
    changes.insert(changes.end(), more.begin(), more.end());
    return changes;
}

TEST(FidelityNoise, EveryMapIsItsDensityMatrices)
{
    const RandomHead head(2, 4, 5, 3);
    const std::vector<std::pair<Changes, Encoder>> maps = {
        {{}, [](const Vector& x) { return amplitudeEncodingCircuit(x); }},
        {{{"map", "angle"}, {"bandwidth", "0.7"}}, [](const Vector& x) { return angleEncoding(scaled(x, 0.7)); }},
        {{{"map", "iqp"}, {"bandwidth", "0.3"}, {"qubits", "3"}, {"repetitions", "1"}},
         [](const Vector& x) { return loadedIqp(scaled(x, 0.3), 3, 1); }},
    };
    for (const auto& [map, encode] : maps)
        for (const auto& [changes, noise] : noises()) {
            expectRows(head, also(changes, map), encode, noise, NoisePlace::AtEnd);
            expectRows(head, also(also(changes, map), {{"noise-at", "gates"}}), encode, noise,
                       NoisePlace::AfterEachGate);
            expectRows(head, also(also(changes, map), {{"noisy-states", "query"}}), encode, noise, NoisePlace::AtEnd,
                       false);
        }
}

// F → (1 − λ)F + λ/D on one side, (1 − λ)²F + (1 − (1 − λ)²)/D on both; beside the query itself, whose F is 1. D = 4.
TEST(FidelityNoise, RegisterDepolarisingIsTheClosedForm)
{
    RandomHead head(1, 2, 3, 2);
    std::ranges::copy(std::array{1.0F, 2.0F, 3.0F}, head.queries.data());
    std::ranges::copy(std::array{2.0F, -1.0F, 1.0F, 1.0F, 2.0F, 3.0F}, head.keys.data());
    constexpr double kF = 0.10714285714;
    const auto ratio = [&](const Changes& changes) {
        const HeadResult result =
            runHead(fidelity(), head.input,
                    with(fidelity(), also({{"noise", "depolarizing-register"}, {"lambda", "0.2"}}, changes)));
        return static_cast<double>(result.weight(0, 0)) / result.weight(0, 1);
    };
    EXPECT_NEAR(ratio({{"noisy-states", "query"}}), (0.8 * kF + 0.05) / (0.8 + 0.05), 1e-6);
    EXPECT_NEAR(ratio({}), (0.64 * kF + 0.09) / (0.64 + 0.09), 1e-6);
    const double ten = std::pow(0.8, 10.0);  // 3 rotations and 2 CNOTs prepare each of the two states
    EXPECT_NEAR(ratio({{"noise-at", "gates"}}), (ten * kF + 0.25 * (1 - ten)) / (ten + 0.25 * (1 - ten)), 1e-6);
}

// Two qubits, one repetition: amplitude b is ½ e^(−iφ_b), φ = s₀x₀ + s₁x₁ + s₀s₁(π − x₀)(π − x₁) with signs s of the bits.
TEST(FidelityMap, IqpByHand)
{
    RandomHead head(1, 2, 2, 2);
    std::ranges::copy(std::array{0.3F, -0.8F}, head.queries.data());
    std::ranges::copy(std::array{1.1F, 0.4F, 0.3F, -0.8F}, head.keys.data());
    const auto phase = [](double x, double y, int b) {
        const double first = (b & 2) != 0 ? -1.0 : 1.0;
        const double second = (b & 1) != 0 ? -1.0 : 1.0;
        constexpr double kPi = std::numbers::pi;
        return first * x + second * y + first * second * (kPi - x) * (kPi - y);
    };
    std::complex<double> overlap = 0.0;
    for (int b = 0; b < 4; ++b)
        overlap += 0.25 * std::polar(1.0, phase(0.3F, -0.8F, b) - phase(1.1F, 0.4F, b));
    const Changes changes = {{"map", "iqp"}, {"qubits", "2"}, {"repetitions", "1"}};
    const HeadResult result = runHead(fidelity(), head.input, with(fidelity(), changes));
    EXPECT_NEAR(result.weight(0, 0) / result.weight(0, 1), std::norm(overlap), 1e-6);
    const HeadResult selected =
        runHead(fidelity(), head.input, with(fidelity(), also(changes, {{"sign", "post-select"}})));
    EXPECT_EQ(selected.weight(0, 0) == 0.0F, overlap.real() <= 0.0);
}

TEST(FidelityMap, BandwidthScalesTheAngles)
{
    RandomHead head(1, 2, 2, 2);
    std::ranges::copy(std::array{0.5F, -1.0F}, head.queries.data());
    std::ranges::copy(std::array{2.0F, 0.3F, 0.5F, -1.0F}, head.keys.data());
    const HeadResult result =
        runHead(fidelity(), head.input, with(fidelity(), {{"map", "angle"}, {"bandwidth", "0.4"}}));
    EXPECT_NEAR(result.weight(0, 0) / result.weight(0, 1), std::pow(std::cos(0.3) * std::cos(0.26), 2), 1e-6);
}

const Changes kTrajectories = {{"noise", "amplitude-damping"}, {"gamma", "0.2"}, {"simulation", "trajectories"}};

// The mean of many runs is the density matrix's row, within the errors that are given, and those are the spread over seeds.
TEST(FidelityNoise, TrajectoriesComeToTheDensityMatrix)
{
    RandomHead head(2, 5, 4, 3);
    for (float& x : head.keys.values())
        x = std::abs(x) + 0.5F;
    for (float& x : head.queries.values())
        x = std::abs(x) + 0.5F;
    for (const std::string rule : {"direct", "softmax"})
        for (const std::string at : {"state", "gates"}) {
            const Changes common = {{"rule", rule}, {"tau", "0.5"}, {"noise-at", at}, {"runs", "256"}};
            const HeadResult exact =
                runHead(fidelity(), head.input,
                        with(fidelity(), also(also(kTrajectories, common), {{"simulation", "density"}})));
            const Parameters parameters = with(fidelity(), also(kTrajectories, common));
            constexpr int kSeeds = 200;
            Vector sum(10, 0.0);
            Vector squares(10, 0.0);
            Vector errors(10, 0.0);
            for (int seed = 0; seed < kSeeds; ++seed) {
                head.input.random.seed = static_cast<std::uint64_t>(seed);
                const HeadResult result = runHead(fidelity(), head.input, parameters);
                for (std::size_t cell = 0; cell < 10; ++cell) {
                    const double w = result.weights.data()[cell];
                    sum[cell] += w;
                    squares[cell] += w * w;
                    errors[cell] += result.standardError.data()[cell] / static_cast<double>(kSeeds);
                }
            }
            for (std::size_t cell = 0; cell < 10; ++cell) {
                const double mean = sum[cell] / kSeeds;
                const double spread = std::sqrt(squares[cell] / kSeeds - mean * mean);
                EXPECT_NEAR(mean, exact.weights.data()[cell], 4.0 * spread / std::sqrt(kSeeds) + 1e-3) << rule << at;
                EXPECT_NEAR(errors[cell] / spread, 1.0, 0.25) << rule << at;  // 4σ of a spread over 200 seeds is 0.2
            }
        }
}

TEST(FidelityNoise, ShotsMeasureTheNoisyFidelity)
{
    const RandomHead head(3, 4, 5, 3);
    const Changes noisy = {{"noise", "depolarizing"}, {"lambda", "0.2"}};
    const HeadResult exact = runHead(fidelity(), head.input, with(fidelity(), noisy));
    for (const std::string test : {"inversion", "swap"}) {
        const HeadResult result =
            runHead(fidelity(), head.input, with(fidelity(), also(noisy, {{"test", test}, {"shots", "1048576"}})));
        for (std::size_t cell = 0; cell < 12; ++cell)
            EXPECT_NEAR(result.weights.data()[cell], exact.weights.data()[cell],
                        5.0F * result.standardError.data()[cell] + 1e-6F);
    }
}

TEST(FidelityNoise, RefusesDensityMatricesThatDoNotFit)
{
    const RandomHead head(1, 2, 257, 1);
    const Changes noisy = {{"noise", "depolarizing"}};
    try {
        runHead(fidelity(), head.input, with(fidelity(), noisy));
        FAIL() << "not refused";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        EXPECT_THAT(error.what(), testing::HasSubstr("256 components"));
    }
    EXPECT_NO_THROW(runHead(fidelity(), head.input, with(fidelity(), also(noisy, {{"simulation", "trajectories"}}))));
    EXPECT_NO_THROW(runHead(fidelity(), head.input, with(fidelity(), also(noisy, {{"map", "angle"}}))));
}

TEST(FidelityNoise, PropertiesFollowTheSimulation)
{
    const auto properties = [](const Changes& changes) { return fidelity().properties(with(fidelity(), changes)); };
    EXPECT_TRUE(properties(kTrajectories).sampled);
    EXPECT_TRUE(properties(kTrajectories).givesStandardError);
    EXPECT_FALSE(properties(also(kTrajectories, {{"simulation", "density"}})).sampled);
    EXPECT_FALSE(properties(also(kTrajectories, {{"map", "angle"}})).sampled);
    EXPECT_FALSE(properties(also(kTrajectories, {{"sign", "affine"}})).sampled);
    EXPECT_EQ(properties({}).gradient, GradientKind::Exact);
    EXPECT_EQ(properties({{"noise", "depolarizing"}}).gradient, GradientKind::Exact);
    EXPECT_EQ(properties({{"noise", "depolarizing"}, {"noise-at", "gates"}}).gradient, GradientKind::Exact);
    EXPECT_EQ(properties({{"noise", "depolarizing"}, {"noise-at", "gates"}, {"map", "angle"}}).gradient,
              GradientKind::Exact);
    EXPECT_EQ(properties(kTrajectories).gradient, GradientKind::None);
    EXPECT_EQ(properties({{"test", "swap"}}).gradient, GradientKind::None);
    EXPECT_EQ(properties({{"noise", "depolarizing-register"}}).gradient, GradientKind::Exact);
}

}  // namespace
}  // namespace ketscope
