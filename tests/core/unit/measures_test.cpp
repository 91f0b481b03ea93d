// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "core/measures/measures.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace ketscope {
namespace {

using Row = std::vector<float>;

const Row kFirst = {0.7F, 0.2F, 0.1F};
const Row kSecond = {0.1F, 0.8F, 0.1F};
const Row kThird = {0.25F, 0.25F, 0.5F};
const Row kEmpty = {0.0F, 0.0F, 0.0F};
const Row kNegative = {0.8F, -0.1F, 0.3F};
const Row kBroken = {0.5F, std::numeric_limits<float>::quiet_NaN(), 0.5F};

TEST(Entropy, WorkedExamples)
{
    EXPECT_NEAR(entropy(kFirst), 0.801818552543, 1e-7);
    EXPECT_NEAR(entropy(kSecond), 0.639031859650, 1e-7);
    EXPECT_NEAR(entropy(kThird), 1.039720770840, 1e-7);
    EXPECT_NEAR(entropy(Row(16, 0.0625F)), std::log(16.0), 1e-12);
    EXPECT_EQ(entropy(Row{0.0F, 1.0F, 0.0F}), 0.0);
    EXPECT_EQ(entropy(kEmpty), 0.0);
}

TEST(Entropy, UndefinedForWeightsThatAreNoDistribution)
{
    EXPECT_TRUE(std::isnan(entropy(kNegative)));
    EXPECT_TRUE(std::isnan(entropy(kBroken)));
    EXPECT_TRUE(std::isnan(entropy(Row{std::numeric_limits<float>::infinity()})));
}

TEST(Entropy, NormalisedByTheAllowedKeys)
{
    EXPECT_NEAR(normalizedEntropy(Row{0.5F, 0.5F, 0.0F, 0.0F}, 2), 1.0, 1e-12);
    EXPECT_NEAR(normalizedEntropy(Row{0.5F, 0.5F, 0.0F, 0.0F}, 4), 0.5, 1e-12);
    EXPECT_EQ(normalizedEntropy(Row{1.0F, 0.0F}, 1), 0.0);
    EXPECT_EQ(normalizedEntropy(kEmpty, 0), 0.0);
}

TEST(MeanDistance, WorkedExamples)
{
    EXPECT_NEAR(meanDistance(kFirst, 0), 0.4, 1e-7);
    EXPECT_NEAR(meanDistance(kSecond, 1), 0.2, 1e-7);
    EXPECT_NEAR(meanDistance(kThird, 2), 0.75, 1e-7);
}

TEST(MeanDistance, UniformMapsHaveTheClosedFormMeans)
{
    for (const std::size_t n : {1UL, 2UL, 8UL, 32UL}) {
        const auto size = static_cast<double>(n);
        double all = 0.0;
        double causal = 0.0;
        for (std::size_t i = 0; i < n; ++i) {
            all += meanDistance(Row(n, 1.0F / static_cast<float>(n)), i) / size;
            Row seen(n, 0.0F);
            std::fill_n(seen.begin(), i + 1, 1.0F / static_cast<float>(i + 1));
            causal += meanDistance(seen, i) / size;
        }
        EXPECT_NEAR(all, (size * size - 1.0) / (3.0 * size), 1e-5) << n;
        EXPECT_NEAR(causal, (size - 1.0) / 4.0, 1e-5) << n;
    }
}

TEST(Divergence, JensenShannonWorkedExampleAndBounds)
{
    EXPECT_NEAR(jensenShannon(kFirst, kSecond), 0.222923186232, 1e-7);
    EXPECT_NEAR(jensenShannon(kSecond, kFirst), 0.222923186232, 1e-7);
    EXPECT_EQ(jensenShannon(kThird, kThird), 0.0);
    EXPECT_NEAR(jensenShannon(Row{1.0F, 0.0F}, Row{0.0F, 1.0F}), std::log(2.0), 1e-12);
    const Row doubled = {1.4F, 0.4F, 0.2F};
    EXPECT_NEAR(jensenShannon(doubled, kSecond), 0.222923186232, 1e-7);
}

TEST(Divergence, KullbackLeiblerByHand)
{
    const double expected = 0.7 * std::log(7.0) + 0.2 * std::log(0.25);
    EXPECT_NEAR(klDivergence(kFirst, kSecond), expected, 1e-5);
    EXPECT_EQ(klDivergence(kThird, kThird), 0.0);
    // A weight of 0 is floored at 1e-6: ln(1/1e-6) and a little for renormalising.
    EXPECT_NEAR(klDivergence(Row{1.0F, 0.0F}, Row{0.0F, 1.0F}), std::log(1e6), 1e-4);
}

TEST(Divergence, UndefinedWithoutADistribution)
{
    for (const Row& bad : {kEmpty, kNegative, kBroken}) {
        EXPECT_TRUE(std::isnan(jensenShannon(bad, kFirst)));
        EXPECT_TRUE(std::isnan(jensenShannon(kFirst, bad)));
        EXPECT_TRUE(std::isnan(klDivergence(bad, kFirst)));
        EXPECT_TRUE(std::isnan(klDivergence(kFirst, bad)));
    }
}

TEST(Difference, LargestAndTopKey)
{
    EXPECT_NEAR(maximumDifference(kFirst, kSecond), 0.6, 1e-7);
    EXPECT_FALSE(sameTopKey(kFirst, kSecond));
    EXPECT_TRUE(sameTopKey(kFirst, Row{0.4F, 0.3F, 0.3F}));
    EXPECT_TRUE(sameTopKey(kFirst, Row{0.4F, 0.4F, 0.2F}));  // of equal weights the first key counts
}

TEST(AllowedKeys, CombinesAllMasks)
{
    const std::vector<std::uint8_t> padding = {1, 0, 1, 1};
    std::vector<float> bias(12, 0.0F);
    bias[8 + 3] = -std::numeric_limits<float>::infinity();
    AttentionMask mask;
    EXPECT_EQ(allowedKeys(mask, 0, 3, 4), 4U);
    mask.causal = true;  // the first of three queries sees two of four keys
    EXPECT_EQ(allowedKeys(mask, 0, 3, 4), 2U);
    mask.keyAllowed = padding;
    EXPECT_EQ(allowedKeys(mask, 0, 3, 4), 1U);
    EXPECT_EQ(allowedKeys(mask, 2, 3, 4), 3U);
    mask.additive = {bias.data(), 3, 4};
    EXPECT_EQ(allowedKeys(mask, 2, 3, 4), 2U);
}

TEST(CompareMaps, MeansOverMarkedRows)
{
    const std::vector<float> a = {0.7F, 0.2F, 0.1F, 0.1F, 0.8F, 0.1F, 0.25F, 0.25F, 0.5F};
    const std::vector<float> b = {0.1F, 0.8F, 0.1F, 0.1F, 0.8F, 0.1F, 0.5F, 0.25F, 0.25F};
    const MapComparison all = compareMaps({a.data(), 3, 3}, {b.data(), 3, 3});
    EXPECT_EQ(all.rows, 3U);
    EXPECT_NEAR(all.jensenShannon, (0.222923186232 + jensenShannon(kThird, Row{0.5F, 0.25F, 0.25F})) / 3.0, 1e-7);
    EXPECT_NEAR(all.kl, (klDivergence(kFirst, kSecond) + 0.25 * std::log(2.0)) / 3.0, 1e-5);
    EXPECT_NEAR(all.maximumDifference, 0.6, 1e-7);
    EXPECT_NEAR(all.meanDifference, (1.2 + 0.5) / 9.0, 1e-7);
    EXPECT_NEAR(all.entropyA, (0.801818552543 + 0.639031859650 + 1.039720770840) / 3.0, 1e-7);
    EXPECT_NEAR(all.entropyB, (2 * 0.639031859650 + 1.039720770840) / 3.0, 1e-7);
    EXPECT_NEAR(all.topKeyAgreement, 1.0 / 3.0, 1e-12);
    const std::vector<std::uint8_t> second = {0, 1, 0};
    const MapComparison one = compareMaps({a.data(), 3, 3}, {b.data(), 3, 3}, second);
    EXPECT_EQ(one.rows, 1U);
    EXPECT_EQ(one.maximumDifference, 0.0);
    EXPECT_EQ(one.topKeyAgreement, 1.0);
}

TEST(CompareMaps, DivergencesAndEntropiesAreTheirDefinitions)
{
    RandomStream random({5}, 0);
    for (int round = 0; round < 200; ++round) {
        std::vector<float> a(40), b(40);
        for (std::vector<float>* const row : {&a, &b})
            for (float& weight : *row) {
                const double kind = random.uniform();  // nothing, less than the floor, or a weight
                const double value = std::pow(random.uniform(), 3.0);
                weight = static_cast<float>(kind < 0.2 ? 0.0 : kind < 0.4 ? 1e-9 * value : value);
            }
        const MapComparison found = compareMaps({a.data(), 1, a.size()}, {b.data(), 1, b.size()});
        EXPECT_NEAR(found.kl, klDivergence(a, b), 1e-13);
        EXPECT_NEAR(found.jensenShannon, jensenShannon(a, b), 1e-13);
        EXPECT_NEAR(found.entropyA, entropy(a), 1e-13);
        EXPECT_NEAR(found.entropyB, entropy(b), 1e-13);
        const MapComparison same = compareMaps({a.data(), 1, a.size()}, {a.data(), 1, a.size()});
        EXPECT_EQ(same.kl, 0.0);
        EXPECT_EQ(same.jensenShannon, 0.0);
    }
}

// Every measure is over the rows that it is defined for: an entropy of A does not depend on B.
TEST(CompareMaps, EachMeasureIsOverItsOwnRows)
{
    const std::vector<float> a = {0.7F, 0.2F, 0.1F, 0.0F, 0.0F, 0.0F};
    const std::vector<float> b = {0.1F, 0.8F, 0.1F, 0.1F, 0.8F, 0.1F};
    const MapComparison result = compareMaps({a.data(), 2, 3}, {b.data(), 2, 3});
    EXPECT_EQ(result.rows, 1U);
    EXPECT_NEAR(result.jensenShannon, 0.222923186232, 1e-7);
    EXPECT_EQ(result.rowsA, 1U);
    EXPECT_EQ(result.rowsB, 2U);
    EXPECT_EQ(result.compared, 2U);
    EXPECT_NEAR(result.entropyA, entropy(std::span(a).first(3)), 1e-7);
    EXPECT_NEAR(result.entropyB, entropy(std::span(b).first(3)), 1e-7);  // both rows have the same
    EXPECT_NEAR(result.maximumDifference, 0.8, 1e-7);
    EXPECT_NEAR(result.meanDifference, (0.6 + 0.6 + 0.0 + 0.1 + 0.8 + 0.1) / 6.0, 1e-7);
    const MapComparison empty = compareMaps({a.data() + 3, 1, 3}, {b.data(), 1, 3});
    EXPECT_EQ(empty.rows, 0U);
    EXPECT_TRUE(std::isnan(empty.kl));
    EXPECT_TRUE(std::isnan(empty.entropyA));
    EXPECT_NEAR(empty.maximumDifference, 0.8, 1e-7);
    const std::vector<float> negative = {1.2F, -0.1F, -0.1F};
    const MapComparison less = compareMaps({b.data(), 1, 3}, {negative.data(), 1, 3});
    EXPECT_NEAR(less.entropyA, entropy(std::span(b).first(3)), 1e-7);
    EXPECT_TRUE(std::isnan(less.entropyB));
    EXPECT_NEAR(less.maximumDifference, 1.1, 1e-6);
    EXPECT_NEAR(combine(std::array{empty, less, result}).entropyB, result.entropyB, 1e-7);
    EXPECT_EQ(combine(std::array{empty, less, result}).compared, 4U);
}

TEST(CompareMaps, CombiningWeighsByRows)
{
    const std::vector<float> a = {0.7F, 0.2F, 0.1F, 0.1F, 0.8F, 0.1F, 0.25F, 0.25F, 0.5F};
    const std::vector<float> b = {0.1F, 0.8F, 0.1F, 0.3F, 0.6F, 0.1F, 0.5F, 0.25F, 0.25F};
    const std::array<MapComparison, 3> parts = {compareMaps({a.data(), 1, 3}, {b.data(), 1, 3}),
                                                compareMaps({a.data() + 3, 2, 3}, {b.data() + 3, 2, 3}),
                                                MapComparison{}};
    const MapComparison whole = compareMaps({a.data(), 3, 3}, {b.data(), 3, 3});
    const MapComparison combined = combine(parts);
    EXPECT_EQ(combined.rows, 3U);
    EXPECT_NEAR(combined.kl, whole.kl, 1e-12);
    EXPECT_NEAR(combined.jensenShannon, whole.jensenShannon, 1e-12);
    EXPECT_NEAR(combined.meanDifference, whole.meanDifference, 1e-12);
    EXPECT_NEAR(combined.entropyA, whole.entropyA, 1e-12);
    EXPECT_NEAR(combined.entropyB, whole.entropyB, 1e-12);
    EXPECT_NEAR(combined.topKeyAgreement, whole.topKeyAgreement, 1e-12);
    EXPECT_EQ(combined.maximumDifference, whole.maximumDifference);
    EXPECT_EQ(combine({}).rows, 0U);
}

TEST(CompareCells, TwoOutcomesByHand)
{
    const CellComparison cell = compareCells(0.5, 0.25);
    EXPECT_NEAR(cell.kl, 0.5 * std::log(2.0) + 0.5 * std::log(0.5 / 0.75), 1e-12);
    EXPECT_NEAR(cell.jensenShannon, jensenShannon(Row{0.5F, 0.5F}, Row{0.25F, 0.75F}), 1e-12);
    EXPECT_EQ(cell.difference, -0.25);
    EXPECT_NEAR(compareCells(1.0, 0.0).jensenShannon, std::log(2.0), 1e-12);
    EXPECT_TRUE(std::isfinite(compareCells(1.0, 0.0).kl));
    EXPECT_EQ(compareCells(0.3, 0.3).kl, 0.0);
    EXPECT_TRUE(std::isnan(compareCells(-0.1, 0.3).kl));
    EXPECT_NEAR(compareCells(-0.1, 0.3).difference, 0.4, 1e-12);
}

}  // namespace
}  // namespace ketscope
