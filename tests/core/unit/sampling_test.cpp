// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/sampling.h"
#include "tests/support/statistics.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

namespace ketscope {
namespace {

using namespace test;
using Counts = std::vector<std::uint64_t>;

const std::vector<double> kGolden = {0.05, 0.4, 0.25, 0.3};
const std::vector<std::string> kEstimators = {"naive", "stratified", "systematic"};

Counts draw(const std::string& estimator, std::span<const double> p, std::uint64_t count, std::uint32_t row)
{
    RandomStream stream({.seed = 17}, row);
    if (estimator == "naive")
        return independentCounts(p, count, stream);
    return estimator == "stratified" ? stratifiedCounts(p, count, stream)
                                     : systematicCounts(p, count, stream.uniform());
}

double squaredError(const Counts& counts, std::span<const double> p)
{
    const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
    double sum = 0.0;
    for (std::size_t j = 0; j < p.size(); ++j)
        sum += std::pow(static_cast<double>(counts[j]) / total - p[j], 2);
    return sum;
}

// A row with many different probabilities.
std::vector<double> longRow(std::size_t n)
{
    std::vector<double> p(n);
    RandomStream stream({.seed = 4}, 0);
    for (double& x : p)
        x = std::exp(stream.normal());
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& x : p)
        x /= sum;
    return p;
}

TEST(Sampling, SystematicCountsOfTheWorkedExample)
{
    EXPECT_EQ(systematicCounts(kGolden, 8, 0.1), (Counts{1, 3, 2, 2}));
    EXPECT_EQ(systematicCounts(kGolden, 8, 0.5), (Counts{0, 4, 2, 2}));
    EXPECT_EQ(systematicCounts(kGolden, 8, 0.9), (Counts{0, 3, 2, 3}));
}

TEST(Sampling, EveryShotIsCounted)
{
    const auto p = longRow(37);
    for (const std::string& estimator : kEstimators)
        for (const std::uint64_t count : {1UL, 2UL, 100UL, 1048576UL})
            for (std::uint32_t row = 0; row < 50; ++row) {
                const Counts counts = draw(estimator, p, count, row);
                EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), count);
            }
    for (const double offset : {0.0, std::nextafter(1.0, 0.0)}) {
        const Counts counts = systematicCounts(p, 1048576, offset);
        EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), 1048576U);
    }
}

TEST(Sampling, ForbiddenKeysAreNeverDrawn)
{
    const std::vector<double> p = {0.0, 0.5, 0.0, 0.5, 0.0};
    for (const std::string& estimator : kEstimators)
        for (const std::uint64_t count : {6UL, 33UL})
            for (std::uint32_t row = 0; row < 200; ++row) {
                const Counts counts = draw(estimator, p, count, row);
                EXPECT_EQ(counts[0] + counts[2] + counts[4], 0U);
            }
}

// E‖P̂ − p‖² = (1 − ‖p‖²)/S.
TEST(Sampling, NaiveErrorIsTheClosedForm)
{
    const auto p = longRow(32);
    const double purity = std::inner_product(p.begin(), p.end(), p.begin(), 0.0);
    for (const std::uint64_t count : {16UL, 300UL}) {
        Samples errors;
        for (std::uint32_t row = 0; row < 20000; ++row)
            errors.add(squaredError(draw("naive", p, count, row), p));
        EXPECT_LT(std::abs(errors.mean() - (1.0 - purity) / static_cast<double>(count)), 4.0 * errors.errorOfMean());
    }
}

// 8 shots on 4 keys are drawn one by one, 40 key by key.
TEST(Sampling, NaiveCountsAreMultinomial)
{
    for (const std::uint64_t count : {8UL, 40UL}) {
        constexpr int kDraws = 50000;
        const auto size = static_cast<double>(count);
        std::vector<double> totals(4, 0.0);
        Samples products;  // covariance of two counts: −S p₁ p₃
        for (std::uint32_t row = 0; row < kDraws; ++row) {
            const Counts counts = draw("naive", kGolden, count, row);
            for (std::size_t j = 0; j < 4; ++j)
                totals[j] += static_cast<double>(counts[j]);
            products.add((static_cast<double>(counts[1]) - size * 0.4) * (static_cast<double>(counts[3]) - size * 0.3));
        }
        double chiSquare = 0.0;
        for (std::size_t j = 0; j < 4; ++j) {
            const double expected = kDraws * size * kGolden[j];
            chiSquare += (totals[j] - expected) * (totals[j] - expected) / expected;
        }
        EXPECT_LT(chiSquare, 21.1);  // 3 degrees of freedom, p = 1e-4
        EXPECT_LT(std::abs(products.mean() + size * 0.4 * 0.3), 4.0 * products.errorOfMean());
    }
}

// The variances over many draws, key by key, and the bound on every one of them.
void expectQuantileLaws(const std::string& estimator, std::span<const double> variances, double bound)
{
    const auto p = longRow(32);
    constexpr std::uint64_t kShots = 16;
    std::vector<Samples> frequencies(p.size());
    for (std::uint32_t row = 0; row < 20000; ++row) {
        const Counts counts = draw(estimator, p, kShots, row);
        for (std::size_t j = 0; j < p.size(); ++j) {
            const double frequency = static_cast<double>(counts[j]) / kShots;
            ASSERT_LT(std::abs(frequency - p[j]), bound / kShots);
            frequencies[j].add(frequency);
        }
    }
    for (std::size_t j = 0; j < p.size(); ++j) {
        EXPECT_LT(std::abs(frequencies[j].mean() - p[j]), 4.0 * std::sqrt(variances[j] / 20000.0)) << j;
        EXPECT_LT(std::abs(frequencies[j].variance() - variances[j]), 4.0 * frequencies[j].errorOfVariance() + 1e-9)
            << j;
    }
}

TEST(Sampling, SystematicIsUnbiasedWithTheClosedFormVarianceAndNeverOffByAShot)
{
    const auto p = longRow(32);
    std::vector<double> closedForm;
    for (const double x : p) {
        const double fraction = 16.0 * x - std::floor(16.0 * x);
        closedForm.push_back(fraction * (1.0 - fraction) / 256.0);
    }
    const auto variances = systematicVariances(p, 16);
    for (std::size_t j = 0; j < p.size(); ++j)
        EXPECT_NEAR(variances[j], closedForm[j], 1e-15);
    expectQuantileLaws("systematic", closedForm, 1.0);
}

TEST(Sampling, StratifiedIsUnbiasedWithTheClosedFormVarianceAndNeverOffByTwoShots)
{
    expectQuantileLaws("stratified", stratifiedVariances(longRow(32), 16), 2.0);
}

// Edges at 0.4, 3.6, 5.6 and 8 shots: 0.4·0.6, then 0.6·0.4 + 0.6·0.4, 0.4·0.6 + 0.6·0.4, 0.4·0.6, over S².
TEST(Sampling, StratifiedVarianceOfTheWorkedExample)
{
    const auto variances = stratifiedVariances(kGolden, 8);
    const std::vector<double> expected = {0.24, 0.48, 0.48, 0.24};
    for (std::size_t j = 0; j < 4; ++j)
        EXPECT_NEAR(variances[j], expected[j] / 64.0, 1e-12);
}

// Outcomes turned around, with everything that belongs to them.
TEST(Sampling, OrderOnlyMovesOutcomes)
{
    const auto p = longRow(12);
    const std::vector<double> turned(p.rbegin(), p.rend());
    std::vector<std::uint32_t> order(12);
    for (std::uint32_t i = 0; i < 12; ++i)
        order[i] = 11 - i;
    for (std::uint32_t row = 0; row < 100; ++row) {
        RandomStream a({.seed = 17}, row);
        RandomStream b({.seed = 17}, row);
        Counts counts = stratifiedCounts(turned, 9, b);
        std::ranges::reverse(counts);
        EXPECT_EQ(stratifiedCounts(p, 9, a, order), counts);
        counts = systematicCounts(turned, 9, 0.3);
        std::ranges::reverse(counts);
        EXPECT_EQ(systematicCounts(p, 9, 0.3, order), counts);
    }
}

TEST(Sampling, CertainKeyHasNoVariance)
{
    const std::vector<double> p = {0.0, 1.0, 0.0};
    for (const std::string& estimator : kEstimators)
        for (std::uint32_t row = 0; row < 100; ++row)
            EXPECT_EQ(draw(estimator, p, 7, row), (Counts{0, 7, 0}));
}

// Slope of ln(root mean square error) over ln(shots).
double errorSlope(const std::string& estimator)
{
    const auto p = longRow(32);
    const auto rms = [&](std::uint64_t count) {
        double sum = 0.0;
        for (std::uint32_t row = 0; row < 2000; ++row)
            sum += squaredError(draw(estimator, p, count, row), p) / 2000.0;
        return std::sqrt(sum);
    };
    return std::log(rms(8192) / rms(128)) / std::log(64.0);
}

TEST(Sampling, ErrorFallsAsOneOverRootShotsOrOneOverShots)
{
    EXPECT_NEAR(errorSlope("naive"), -0.5, 0.02);
    EXPECT_NEAR(errorSlope("stratified"), -1.0, 0.05);
    EXPECT_NEAR(errorSlope("systematic"), -1.0, 0.05);
}

}  // namespace
}  // namespace ketscope
