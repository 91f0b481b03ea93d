// SPDX-License-Identifier: GPL-3.0-or-later
// Statistics of classifiers against values computed by hand or from closed forms.
#include "core/measures/classification.h"
#include "core/measures/number_text.h"
#include "core/measures/row_agreement.h"
#include "core/tasks/timing.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

namespace ketscope {
namespace {

TEST(Classification, ConfusionByHand)
{
    ConfusionMatrix matrix(3);  // truth × answer: 0: 3 right, 1 as 1; 1: 2 right, 2 as 0; class 2 never occurs
    for (const auto& [truth, answer, times] :
         {std::array{0, 0, 3}, std::array{0, 1, 1}, std::array{1, 1, 2}, std::array{1, 0, 2}})
        for (int i = 0; i < times; ++i)
            matrix.add(static_cast<std::size_t>(truth), static_cast<std::size_t>(answer));
    EXPECT_DOUBLE_EQ(matrix.accuracy(), 5.0 / 8.0);
    EXPECT_DOUBLE_EQ(matrix.f1(0), 2.0 * 3.0 / (4.0 + 5.0));  // 2TP/(truths + answers)
    EXPECT_DOUBLE_EQ(matrix.f1(1), 2.0 * 2.0 / (4.0 + 3.0));
    EXPECT_TRUE(std::isnan(matrix.f1(2)));
    EXPECT_DOUBLE_EQ(matrix.macroF1(), 0.5 * (6.0 / 9.0 + 4.0 / 7.0));
    EXPECT_TRUE(std::isnan(ConfusionMatrix(2).accuracy()));
}

TEST(Classification, BetaFunction)
{
    EXPECT_NEAR(regularizedBeta(0.3, 1.0, 1.0), 0.3, 1e-14);
    EXPECT_NEAR(regularizedBeta(0.3, 2.0, 1.0), 0.09, 1e-14);         // x²
    EXPECT_NEAR(regularizedBeta(0.3, 1.0, 3.0), 1.0 - 0.343, 1e-14);  // 1 − (1 − x)³
    EXPECT_NEAR(regularizedBeta(0.5, 37.5, 37.5), 0.5, 1e-13);        // symmetric
    EXPECT_NEAR(regularizedBeta(0.8, 3.0, 2.0), 0.8192, 1e-13);       // 4x³ − 3x⁴
    EXPECT_EQ(regularizedBeta(0.0, 2.0, 3.0), 0.0);
    EXPECT_EQ(regularizedBeta(1.0, 2.0, 3.0), 1.0);
}

TEST(Classification, BinomialIntervals)
{
    const Interval none = binomialInterval(0, 10);
    EXPECT_EQ(none.low, 0.0);
    EXPECT_NEAR(none.high, 1.0 - std::pow(0.025, 0.1), 1e-10);  // (1 − p)ⁿ = 0.025
    const Interval all = binomialInterval(10, 10);
    EXPECT_NEAR(all.low, std::pow(0.025, 0.1), 1e-10);
    EXPECT_EQ(all.high, 1.0);
    // Both ends are where a tail of the binomial distribution has 2.5 %.
    const Interval some = binomialInterval(7, 20);
    const auto tail = [](double p, int from, int to) {
        double sum = 0.0;
        for (int k = from; k <= to; ++k)
            sum += std::exp(std::lgamma(21.0) - std::lgamma(k + 1.0) - std::lgamma(21.0 - k) + k * std::log(p)
                            + (20 - k) * std::log(1.0 - p));
        return sum;
    };
    EXPECT_DOUBLE_EQ(some.mean, 0.35);
    EXPECT_NEAR(tail(some.low, 7, 20), 0.025, 1e-9);
    EXPECT_NEAR(tail(some.high, 0, 7), 0.025, 1e-9);
    EXPECT_TRUE(std::isnan(binomialInterval(0, 0).mean));
}

TEST(Classification, McNemar)
{
    EXPECT_NEAR(mcnemarProbability(0, 5), 2.0 / 32.0, 1e-12);
    EXPECT_NEAR(mcnemarProbability(1, 5), 2.0 * 7.0 / 64.0, 1e-12);  // (1 + 6)/2⁶, both tails
    EXPECT_NEAR(mcnemarProbability(5, 1), 2.0 * 7.0 / 64.0, 1e-12);
    EXPECT_EQ(mcnemarProbability(4, 4), 1.0);
    EXPECT_EQ(mcnemarProbability(0, 0), 1.0);
    EXPECT_NEAR(mcnemarProbability(3, 4), 1.0, 1e-12);
}

TEST(Classification, PairedDifferences)
{
    // b = 6 gained, c = 2 lost of 40: Agresti and Min by hand, b + ½, c + ½, n + 2.
    std::vector<double> differences(40, 0.0);
    std::fill_n(differences.begin(), 6, 1.0);
    std::fill_n(differences.begin() + 6, 2, -1.0);
    const Interval interval = pairedDifference(differences);
    const double half = 1.959963985 * std::sqrt(9.0 - 16.0 / 42.0) / 42.0;
    EXPECT_DOUBLE_EQ(interval.mean, 0.1);
    EXPECT_NEAR(interval.low, 4.0 / 42.0 - half, 1e-12);
    EXPECT_NEAR(interval.high, 4.0 / 42.0 + half, 1e-12);
    const Interval same = pairedDifference(std::vector<double>(98, 0.0));
    EXPECT_EQ(same.mean, 0.0);
    EXPECT_NEAR(same.high, 1.959963985 / 100.0, 1e-12);
}

TEST(Classification, BootstrapOfAMeanIsAsWideAsItShouldBe)
{
    std::vector<double> values(400);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = i % 4 == 0 ? 1.0 : 0.0;  // share ¼: standard error √(3/16/400)
    const auto mean = [&](std::span<const std::size_t> items) {
        double sum = 0.0;
        for (const std::size_t item : items)
            sum += values[item];
        return sum / static_cast<double>(items.size());
    };
    const Interval interval = bootstrapInterval(values.size(), mean, 7);
    const double half = 1.96 * std::sqrt(0.1875 / 400.0);
    EXPECT_DOUBLE_EQ(interval.mean, 0.25);
    EXPECT_NEAR(interval.low, 0.25 - half, 0.15 * half);
    EXPECT_NEAR(interval.high, 0.25 + half, 0.15 * half);
    EXPECT_EQ(interval, bootstrapInterval(values.size(), mean, 7));
    EXPECT_TRUE(std::isnan(bootstrapInterval(0, mean, 7).mean));
}

TEST(Classification, MediansByOrderStatistics)
{
    std::vector<double> values(10);
    std::iota(values.begin(), values.end(), 1.0);
    const Interval ten = medianInterval(values);  // P(Bin(10, ½) ≤ 1) = 11/1024 ≤ 0.025 < 56/1024
    EXPECT_EQ(ten, (Interval{5.5, 2.0, 9.0}));
    EXPECT_EQ(medianInterval({3.0, 1.0, 2.0}), (Interval{2.0, 1.0, 3.0}));
    EXPECT_TRUE(std::isnan(medianInterval({}).mean));
}

TEST(RowAgreement, ByHand)
{
    const std::array<float, 4> a = {0.1F, 0.2F, 0.3F, 0.4F};
    const std::array<float, 4> b = {0.2F, 0.1F, 0.4F, 0.3F};
    EXPECT_NEAR(spearman(a, b), 1.0 - 6.0 * 4.0 / (4.0 * 15.0), 1e-12);  // Σd² = 4
    EXPECT_NEAR(spearman(a, a), 1.0, 1e-12);
    const std::array<float, 4> tied = {0.1F, 0.1F, 0.4F, 0.4F};
    EXPECT_NEAR(spearman(a, tied), 4.0 / std::sqrt(5.0 * 4.0), 1e-12);  // mean ranks ½, ½, 2½, 2½
    EXPECT_TRUE(std::isnan(spearman(a, std::array<float, 4>{1.0F, 1.0F, 1.0F, 1.0F})));
    EXPECT_DOUBLE_EQ(topJaccard(a, b, 1), 0.0);
    EXPECT_DOUBLE_EQ(topJaccard(a, b, 2), 1.0);
    EXPECT_DOUBLE_EQ(topJaccard(a, b, 3), 0.5);  // {3, 2, 1} and {2, 3, 0}: two of four
    EXPECT_NEAR(cosineOf(std::array<float, 2>{1.0F, 0.0F}, std::array<float, 2>{3.0F, 4.0F}), 0.6, 1e-7);
}

TEST(NumberText, ThreeDigitsAndWholeNumbers)
{
    EXPECT_EQ(significantText(0.041234), "0.0412");
    EXPECT_EQ(significantText(128.0), "128");
    EXPECT_EQ(significantText(4071059.0), "4071059");
    EXPECT_EQ(significantText(-1.5), "−1.50");
    EXPECT_EQ(significantText(0.0), "0");
    EXPECT_EQ(significantText(NAN), "–");
    EXPECT_EQ(significantText(1.2345e-7), "1.23e-07");
    EXPECT_EQ(intervalText({0.5, 0.25, 0.75}), "0.500 ± 0.250");
    EXPECT_EQ(intervalText({0.5, 0.5, 0.5}), "0.500");
    EXPECT_EQ(intervalText({0.25, 0.125, 0.75}), "0.250 [0.125 … 0.750]");
    EXPECT_EQ(intervalText({0.5, NAN, NAN}), "0.500");
    EXPECT_EQ(intervalText({-1.0, -2.74, 1.11e-14}), "−1 [−2.74 … 0]");
    EXPECT_EQ(intervalText({-5.2e-19, -2.7e-18, 1.6e-18}), "0");  // what rounding leaves of zero
}

}  // namespace
}  // namespace ketscope
