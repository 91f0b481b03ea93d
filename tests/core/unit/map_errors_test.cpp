// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/map_errors.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace ketscope::test {
namespace {

constexpr std::size_t kKeys = 4;
const std::vector<float> kA = {0.4F, 0.3F, 0.2F, 0.1F};
const std::vector<float> kB = {0.1F, 0.5F, 0.3F, 0.1F};

std::vector<float> multinomialErrors(const std::vector<float>& p, double shots)
{
    std::vector<float> errors;
    for (const float x : p)
        errors.push_back(static_cast<float>(std::sqrt(x * (1.0 - x) / shots)));
    return errors;
}

MatrixView row(const std::vector<float>& values) { return {values.data(), 1, values.size()}; }

double spread(const std::vector<double>& values)
{
    double mean = 0.0, squares = 0.0;
    for (const double value : values)
        mean += value / static_cast<double>(values.size());
    for (const double value : values)
        squares += (value - mean) * (value - mean) / static_cast<double>(values.size() - 1);
    return std::sqrt(squares);
}

// Var H = (Σ p ln² p − H²) / N for a multinomial sample: the known first order.
TEST(MapErrorsTest, EntropyHasTheErrorOfAMultinomialSample)
{
    constexpr double kShots = 5000.0;
    const MapErrors errors = compareErrors(row(kA), row(kB), row(multinomialErrors(kB, kShots)));
    double entropy = 0.0, squares = 0.0;
    for (const float p : kB) {
        entropy -= p * std::log(p);
        squares += p * std::log(p) * std::log(p);
    }
    EXPECT_NEAR(errors.entropyB, std::sqrt((squares - entropy * entropy) / kShots), 1e-7);
    EXPECT_EQ(errors.rows, 1U);
}

TEST(MapErrorsTest, AgreesWithTheSpreadOfSampledRows)
{
    constexpr std::size_t kShots = 4000, kRepeats = 4000;
    std::mt19937 random(7);
    std::discrete_distribution<std::size_t> draw(kB.begin(), kB.end());
    std::vector<double> kl, js, entropies;
    for (std::size_t repeat = 0; repeat < kRepeats; ++repeat) {
        std::vector<float> sampled(kKeys, 0.0F);
        for (std::size_t shot = 0; shot < kShots; ++shot)
            sampled[draw(random)] += 1.0F / static_cast<float>(kShots);
        kl.push_back(klDivergence(kA, sampled));
        js.push_back(jensenShannon(kA, sampled));
        entropies.push_back(entropy(sampled));
    }
    const MapErrors errors = compareErrors(row(kA), row(kB), row(multinomialErrors(kB, kShots)));
    EXPECT_NEAR(errors.kl, spread(kl), 0.06 * errors.kl);
    EXPECT_NEAR(errors.jensenShannon, spread(js), 0.06 * errors.jensenShannon);
    EXPECT_NEAR(errors.entropyB, spread(entropies), 0.06 * errors.entropyB);
}

TEST(MapErrorsTest, RowsAreIndependentAndTheMaximumHasItsCellsError)
{
    std::vector<float> a = kA, b = kB, errors = multinomialErrors(kB, 100.0);
    for (std::vector<float>* each : {&a, &b, &errors})
        each->insert(each->end(), each->begin(), each->begin() + kKeys);
    const MapErrors one = compareErrors(row(kA), row(kB), row(multinomialErrors(kB, 100.0)));
    const MatrixView two[] = {{a.data(), 2, kKeys}, {b.data(), 2, kKeys}, {errors.data(), 2, kKeys}};
    const MapErrors both = compareErrors(two[0], two[1], two[2]);
    EXPECT_NEAR(both.kl, one.kl / std::sqrt(2.0), 1e-12);
    EXPECT_NEAR(both.maximumDifference, errors[0], 1e-9);  // |0.1 − 0.4|
    const MapErrors parts[] = {one, one};
    EXPECT_NEAR(combineErrors(parts).kl, both.kl, 1e-12);
    EXPECT_TRUE(std::isnan(combineErrors(parts).maximumDifference));
    const std::vector<std::uint8_t> marked{1, 0};
    EXPECT_NEAR(compareErrors(two[0], two[1], two[2], marked).kl, one.kl, 1e-12);
}

TEST(MapErrorsTest, ExactWeightsHaveNone)
{
    const std::vector<float> none(kKeys, 0.0F);
    EXPECT_EQ(compareErrors(row(kA), row(kB), row(none)).kl, 0.0);
}

TEST(ColumnTest, IsComparedAsAShareOfWhatTheKeyReceives)
{
    const std::vector<float> a = {0.6F, 0.4F, 0.2F, 0.8F}, b = {0.3F, 0.7F, 0.3F, 0.7F};
    const MapComparison column = compareColumns({a.data(), 2, 2}, {b.data(), 2, 2}, 0);
    // 0.75, 0.25 against 0.5, 0.5.
    EXPECT_NEAR(column.entropyA, -0.75 * std::log(0.75) - 0.25 * std::log(0.25), 1e-6);
    EXPECT_NEAR(column.entropyB, std::log(2.0), 1e-6);
    EXPECT_NEAR(column.maximumDifference, 0.3, 1e-6);
    EXPECT_EQ(column.rows, 1U);
    const std::vector<float> empty(4, 0.0F);
    EXPECT_EQ(compareColumns({a.data(), 2, 2}, {empty.data(), 2, 2}, 0).rows, 0U);
}

}  // namespace
}  // namespace ketscope::test
