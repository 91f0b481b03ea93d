// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/sampling.h"
#include "tests/support/random_head.h"
#include "tests/support/statistics.h"

#include <cmath>
#include <gmock/gmock.h>
#include <numeric>

namespace ketscope {
namespace {

using namespace test;
using Counts = std::vector<std::uint64_t>;

const Mechanism& shots() { return mechanism("shots"); }
const std::vector<float> kGolden = {0.05F, 0.4F, 0.25F, 0.3F};

Counts draw(const std::string& estimator, std::span<const float> p, std::uint64_t count, std::uint32_t row)
{
    RandomStream stream({.seed = 17}, row);
    return estimator == "naive" ? independentCounts(p, count, stream) : systematicCounts(p, count, stream.uniform());
}

double squaredError(const Counts& counts, std::span<const float> p)
{
    const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
    double sum = 0.0;
    for (std::size_t j = 0; j < p.size(); ++j)
        sum += std::pow(static_cast<double>(counts[j]) / total - p[j], 2);
    return sum;
}

// A row with many different probabilities.
std::vector<float> longRow(std::size_t n)
{
    std::vector<float> p(n);
    RandomStream stream({.seed = 4}, 0);
    for (float& x : p)
        x = static_cast<float>(std::exp(stream.normal()));
    const float sum = std::accumulate(p.begin(), p.end(), 0.0F);
    for (float& x : p)
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
    for (const std::string estimator : {"naive", "systematic"})
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
    const std::vector<float> p = {0.0F, 0.5F, 0.0F, 0.5F, 0.0F};
    for (const std::string estimator : {"naive", "systematic"})
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

TEST(Sampling, SystematicIsUnbiasedWithTheClosedFormVarianceAndNeverOffByAShot)
{
    const auto p = longRow(32);
    constexpr std::uint64_t kShots = 16;
    std::vector<Samples> frequencies(p.size());
    for (std::uint32_t row = 0; row < 20000; ++row) {
        const Counts counts = draw("systematic", p, kShots, row);
        for (std::size_t j = 0; j < p.size(); ++j) {
            const double frequency = static_cast<double>(counts[j]) / kShots;
            ASSERT_LT(std::abs(frequency - p[j]), 1.0 / kShots);
            frequencies[j].add(frequency);
        }
    }
    for (std::size_t j = 0; j < p.size(); ++j) {
        const double fraction = kShots * p[j] - std::floor(kShots * p[j]);
        const double variance = fraction * (1.0 - fraction) / (kShots * kShots);
        EXPECT_LT(std::abs(frequencies[j].mean() - p[j]), 4.5 * std::sqrt(variance / 20000.0)) << j;
        EXPECT_LT(std::abs(frequencies[j].variance() - variance), 4.5 * frequencies[j].errorOfVariance() + 1e-9) << j;
    }
}

TEST(Sampling, CertainKeyHasNoVariance)
{
    const std::vector<float> p = {0.0F, 1.0F, 0.0F};
    for (const std::string estimator : {"naive", "systematic"})
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
    EXPECT_NEAR(errorSlope("systematic"), -1.0, 0.05);
}

TEST(Shots, StandardErrorIsTheSpreadOverSeeds)
{
    RandomHead head(3, 6, 5, 4);
    head.input.mask.causal = true;
    for (const std::string estimator : {"naive", "systematic"}) {
        const Parameters parameters = with(shots(), {{"estimator", estimator}, {"shots", "50"}});
        const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
        const HeadResult once = runHead(shots(), head.input, parameters);
        std::vector<Samples> spread(18);
        for (std::uint64_t seed = 0; seed < 4000; ++seed) {
            head.input.random.seed = seed;
            const HeadResult result = runHead(shots(), head.input, parameters);
            for (std::size_t cell = 0; cell < 18; ++cell)
                spread[cell].add(result.weights.data()[cell]);
        }
        for (std::size_t cell = 0; cell < 18; ++cell) {
            const double p = exact.weights.data()[cell];
            const double fraction = 50.0 * p - std::floor(50.0 * p);
            const double error =
                estimator == "naive" ? std::sqrt(p * (1.0 - p) / 50.0) : std::sqrt(fraction * (1.0 - fraction)) / 50.0;
            EXPECT_NEAR(once.standardError.data()[cell], error, 1e-4) << estimator << cell;
            EXPECT_LT(std::abs(spread[cell].mean() - p), 4.5 * error / std::sqrt(4000.0) + 1e-6) << estimator << cell;
            EXPECT_LT(std::abs(spread[cell].variance() - error * error), 4.5 * spread[cell].errorOfVariance() + 1e-9)
                << estimator << cell;
        }
    }
}

// E‖Ĥ − H‖² = (Σ pⱼ‖vⱼ‖² − ‖Σ pⱼvⱼ‖²)/S.
TEST(Shots, OutputErrorIsTheClosedForm)
{
    RandomHead head(1, 9, 5, 4);
    const Parameters parameters = with(shots(), {{"shots", "20"}});
    const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
    double expected = 0.0;
    for (std::size_t j = 0; j < 9; ++j)
        for (const float v : head.values.matrix().row(j))
            expected += static_cast<double>(exact.weight(0, j)) * v * v / 20.0;
    for (const float h : exact.output.values())
        expected -= static_cast<double>(h) * h / 20.0;
    Samples errors;
    for (std::uint64_t seed = 0; seed < 8000; ++seed) {
        head.input.random.seed = seed;
        const HeadResult result = runHead(shots(), head.input, parameters);
        double square = 0.0;
        for (std::size_t c = 0; c < 4; ++c)
            square += std::pow(static_cast<double>(result.output.data()[c]) - exact.output.data()[c], 2);
        errors.add(square);
    }
    EXPECT_LT(std::abs(errors.mean() - expected), 4.0 * errors.errorOfMean());
}

TEST(Shots, ManyShotsComeToTheSoftmax)
{
    RandomHead head(6, 12, 5, 4);
    const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
    for (const std::string estimator : {"naive", "systematic"}) {
        const Parameters parameters = with(shots(), {{"estimator", estimator}, {"shots", "1048576"}});
        const HeadResult result = runHead(shots(), head.input, parameters);
        for (std::size_t cell = 0; cell < 72; ++cell) {
            const double bound = estimator == "naive" ? 5.0 * result.standardError.data()[cell] : 1.0 / 1048576.0;
            EXPECT_NEAR(result.weights.data()[cell], exact.weights.data()[cell], bound + 1e-6) << estimator;
        }
    }
}

}  // namespace
}  // namespace ketscope
