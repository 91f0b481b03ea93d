// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

TEST(Random, PhiloxMatchesPublishedKnownAnswers)
{
    const std::array<std::uint32_t, 4> zero = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), zero);
    const std::array<std::uint32_t, 4> pi = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
    EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}), pi);
}

TEST(Random, EveryPartOfTheKeySeparatesStreams)
{
    const RandomKey base{7, 0, 1, 2};
    const std::uint32_t first = RandomStream(base, 3, 0).next();
    EXPECT_EQ(RandomStream(base, 3, 0).next(), first);
    EXPECT_NE(RandomStream({8, 0, 1, 2}, 3, 0).next(), first);
    EXPECT_NE(RandomStream({7, 1, 1, 2}, 3, 0).next(), first);
    EXPECT_NE(RandomStream({7, 0, 2, 2}, 3, 0).next(), first);
    EXPECT_NE(RandomStream({7, 0, 1, 3}, 3, 0).next(), first);
    EXPECT_NE(RandomStream(base, 4, 0).next(), first);
    EXPECT_NE(RandomStream(base, 3, 1).next(), first);
}

TEST(Random, NormalHasMeanZeroAndVarianceOne)
{
    RandomStream stream({11}, 0);
    constexpr int kDraws = 200000;
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < kDraws; ++i) {
        const double x = stream.normal();
        sum += x;
        squares += x * x;
    }
    EXPECT_LT(std::abs(sum / kDraws), 4.0 / std::sqrt(kDraws));
    EXPECT_LT(std::abs(squares / kDraws - 1.0), 4.0 * std::sqrt(2.0 / kDraws));
}

TEST(Random, BinomialHasExactMeanAndVariance)
{
    for (const double p : {0.02, 0.3, 0.8}) {
        constexpr std::uint64_t kTrials = 50;
        constexpr int kDraws = 100000;
        RandomStream stream({5}, 1);
        double sum = 0.0;
        double squares = 0.0;
        for (int i = 0; i < kDraws; ++i) {
            const auto k = static_cast<double>(stream.binomial(kTrials, p));
            ASSERT_LE(k, kTrials);
            sum += k;
            squares += k * k;
        }
        const double variance = kTrials * p * (1 - p);
        const double mean = sum / kDraws;
        EXPECT_LT(std::abs(mean - kTrials * p), 4.0 * std::sqrt(variance / kDraws)) << p;
        EXPECT_NEAR((squares / kDraws - mean * mean) / variance, 1.0, 0.03) << p;
    }
    EXPECT_EQ(RandomStream({1}, 0).binomial(9, 0.0), 0U);
    EXPECT_EQ(RandomStream({1}, 0).binomial(9, 1.0), 9U);
}

// Both ways of drawing (gaps below np = 10, rejection above) against the exact probabilities.
TEST(Random, BinomialCountsFollowTheExactDistribution)
{
    struct Case {
        std::uint64_t trials;
        double p;
    };
    for (const auto& [trials, p] : {Case{30, 0.2}, Case{40, 0.4}, Case{200, 0.1}, Case{1000, 0.7}}) {
        constexpr int kDraws = 200000;
        const auto n = static_cast<double>(trials);
        std::vector<double> seen(trials + 1, 0.0);
        RandomStream stream({13}, 2);
        for (int i = 0; i < kDraws; ++i)
            seen.at(stream.binomial(trials, p)) += 1.0;
        double chiSquare = 0.0;
        double cells = 0.0;
        for (std::size_t k = 0; k <= trials; ++k) {
            const auto x = static_cast<double>(k);
            const double expected = kDraws
                                    * std::exp(std::lgamma(n + 1) - std::lgamma(x + 1) - std::lgamma(n - x + 1)
                                               + x * std::log(p) + (n - x) * std::log1p(-p));
            if (expected < 10.0)
                continue;
            chiSquare += (seen[k] - expected) * (seen[k] - expected) / expected;
            cells += 1.0;
        }
        EXPECT_LT(chiSquare, cells + 4.0 * std::sqrt(2.0 * cells)) << trials << " " << p;
    }
}

}  // namespace
}  // namespace ketscope
