// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/quantum/bit_noise.h"

#include <cmath>
#include <gmock/gmock.h>
#include <numeric>
#include <set>

namespace ketscope {
namespace {

using Vector = std::vector<double>;
const Vector kProbabilities = {0.05, 0.4, 0.25, 0.3};

Vector after(const Noise& noise, Vector distribution = kProbabilities)
{
    applyNoise(distribution, noise);
    return distribution;
}

void expectNear(const Vector& actual, const Vector& expected, double tolerance = 1e-15)
{
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i)
        EXPECT_NEAR(actual[i], expected[i], tolerance) << i;
}

TEST(BitNoise, WorkedExamples)
{
    expectNear(after({depolarizing(0.2)}), {0.102, 0.358, 0.238, 0.302});
    expectNear(after({{}, 0.2}), {0.09, 0.37, 0.25, 0.29});
    expectNear(after({amplitudeDamping(0.2)}), {0.192, 0.368, 0.248, 0.192});
    expectNear(after({generalizedAmplitudeDamping(0.2, 0.3)}), {0.1356, 0.3644, 0.2444, 0.2556});
    expectNear(after({readoutError(0.02, 0.05)}), {0.08062, 0.38788, 0.24838, 0.28312});
    expectNear(after({phaseDamping(0.7)}), kProbabilities);
}

TEST(BitNoise, LimitsAreTheGroundStateAndTheUniform)
{
    expectNear(after({amplitudeDamping(1.0)}), {1.0, 0.0, 0.0, 0.0});
    expectNear(after({depolarizing(1.0)}), Vector(4, 0.25));
    expectNear(after({{}, 1.0}), Vector(4, 0.25));
}

// p'ₐ = Σ_b Πᵢ M[aᵢ bᵢ] p_b, bit by bit.
TEST(BitNoise, IsTheKroneckerPowerOfTheBitMatrix)
{
    const BitMatrix m = bitMatrix(generalizedAmplitudeDamping(0.3, 0.2));
    Vector p(16);
    for (std::size_t i = 0; i < 16; ++i)
        p[i] = static_cast<double>(1 + (7 * i) % 5) / 45.0;
    Vector expected(16, 0.0);
    for (std::size_t a = 0; a < 16; ++a)
        for (std::size_t b = 0; b < 16; ++b) {
            double weight = p[b];
            for (std::size_t bit = 0; bit < 4; ++bit)
                weight *= m[2 * ((a >> bit) & 1) + ((b >> bit) & 1)];
            expected[a] += weight;
        }
    Vector actual = p;
    applyToEveryBit(actual, m);
    expectNear(actual, expected);
}

TEST(BitNoise, BitZeroIsTheMostSignificant)
{
    Vector p = {0.0, 0.0, 0.0, 1.0};
    applyToBit(p, 0, bitMatrix(amplitudeDamping(1.0)));
    expectNear(p, {0.0, 1.0, 0.0, 0.0});
}

TEST(BitNoise, QubitsAreTheLogarithmRoundedUp)
{
    const std::vector<std::pair<std::size_t, std::size_t>> expected = {{1, 0},   {2, 1},   {3, 2},
                                                                       {128, 7}, {129, 8}, {1048576, 20}};
    for (const auto& [states, qubits] : expected)
        EXPECT_EQ(registerQubits(states), qubits) << states;
    try {
        registerQubits(1048577);
        FAIL() << "not refused";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("1048576"));
    }
}

TEST(KeyLabels, AreDifferentNumbersOfTheRegister)
{
    for (const KeyLabels kind : {KeyLabels::Binary, KeyLabels::Gray, KeyLabels::Random})
        for (const std::size_t keys : {1UL, 2UL, 5UL, 64UL, 100UL}) {
            const auto labels = keyLabels(kind, keys, {.seed = 3});
            EXPECT_EQ(std::set(labels.begin(), labels.end()).size(), keys);
            EXPECT_THAT(labels, testing::Each(testing::Lt(1U << registerQubits(keys))));
        }
}

TEST(KeyLabels, GrayNeighboursDifferInOneBit)
{
    const auto labels = keyLabels(KeyLabels::Gray, 64, {});
    for (std::size_t key = 1; key < 64; ++key)
        EXPECT_TRUE(std::has_single_bit(labels[key] ^ labels[key - 1])) << key;
}

TEST(KeyLabels, RandomOnesDependOnTheSeedAndTheQubitsAlone)
{
    const auto labels = keyLabels(KeyLabels::Random, 60, {.seed = 3});
    EXPECT_EQ(labels, keyLabels(KeyLabels::Random, 60, {.seed = 3}));
    EXPECT_NE(labels, keyLabels(KeyLabels::Random, 60, {.seed = 4}));
    const auto more = keyLabels(KeyLabels::Random, 64, {.seed = 3});
    EXPECT_TRUE(std::equal(labels.begin(), labels.end(), more.begin()));
    EXPECT_NE(more, keyLabels(KeyLabels::Binary, 64, {}));
}

TEST(BitNoise, PaddingIsDroppedOrShown)
{
    const Vector keys = {0.2, 0.5, 0.3};
    const auto labels = keyLabels(KeyLabels::Binary, 3, {});
    Vector distribution = loadRegister(keys, labels, 2);
    expectNear(distribution, {0.2, 0.5, 0.3, 0.0});
    mixWithUniform(distribution, 0.2);
    Vector weights(3);
    EXPECT_NEAR(readRegister(distribution, labels, {}, Padding::ShowLeak, weights), 0.05, 1e-15);
    expectNear(weights, {0.21, 0.45, 0.29});
    EXPECT_NEAR(readRegister(distribution, labels, {}, Padding::Postselect, weights), 0.05, 1e-15);
    expectNear(weights, {0.21 / 0.95, 0.45 / 0.95, 0.29 / 0.95});
    const std::vector<std::uint8_t> allowed = {1, 0, 1};
    EXPECT_NEAR(readRegister(distribution, labels, allowed, Padding::Postselect, weights), 0.5, 1e-15);
    expectNear(weights, {0.42, 0.0, 0.58});
}

TEST(BitNoise, EverythingMayLeak)
{
    const std::vector<std::uint32_t> labels = {1, 2, 3};  // no key at 00, where damping ends
    Vector distribution = loadRegister(Vector{0.2, 0.5, 0.3}, labels, 2);
    applyNoise(distribution, {amplitudeDamping(1.0)});
    Vector weights(3);
    EXPECT_EQ(readRegister(distribution, labels, {}, Padding::Postselect, weights), 1.0);
    expectNear(weights, Vector(3, 0.0));
}

// Damping moves weight to keys of few ones: which keys those are is decided by the labels alone.
TEST(BitNoise, DampingDependsOnTheLabels)
{
    const Vector uniform(8, 0.125);
    Vector rows[2];
    for (const KeyLabels kind : {KeyLabels::Binary, KeyLabels::Gray}) {
        const auto labels = keyLabels(kind, 8, {});
        Vector distribution = loadRegister(uniform, labels, 3);
        applyNoise(distribution, {amplitudeDamping(0.3)});
        Vector weights(8);
        readRegister(distribution, labels, {}, Padding::Postselect, weights);
        for (std::size_t key = 0; key < 8; ++key)
            EXPECT_NEAR(weights[key],
                        0.125 * std::pow(0.7, std::popcount(labels[key]))
                            * std::pow(1.3, 3 - std::popcount(labels[key])),
                        1e-15);
        rows[kind == KeyLabels::Gray] = weights;
    }
    EXPECT_NE(rows[0], rows[1]);
}

}  // namespace
}  // namespace ketscope
