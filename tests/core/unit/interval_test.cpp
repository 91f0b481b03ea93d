// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/interval.h"

#include "core/base/random.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace ketscope {
namespace {

// Tables of Student's t, 97.5 %.
TEST(Interval, StudentsQuantiles)
{
    for (const auto& [freedom, quantile] :
         {std::pair{1, 12.7062}, {2, 4.3027}, {4, 2.7764}, {5, 2.5706}, {9, 2.2622}, {30, 2.0423}, {1000, 1.9623}})
        EXPECT_NEAR(studentQuantile(static_cast<std::size_t>(freedom)), quantile, 1e-3 * quantile) << freedom;
}

TEST(Interval, OfThreeNumbers)
{
    const std::vector<double> values = {1.0, 2.0, 6.0};
    const Interval interval = meanInterval(values);
    const double half = 4.302653 * std::sqrt(7.0 / 3.0);
    EXPECT_NEAR(interval.mean, 3.0, 1e-12);
    EXPECT_NEAR(interval.low, 3.0 - half, 1e-5);
    EXPECT_NEAR(interval.high, 3.0 + half, 1e-5);
}

TEST(Interval, CoversTheTruthNineteenTimesInTwenty)
{
    int covered = 0;
    for (std::uint32_t draw = 0; draw < 4000; ++draw) {
        RandomStream stream({.seed = 3}, draw);
        std::vector<double> values(5);
        for (double& x : values)
            x = 2.0 + stream.normal();
        const Interval interval = meanInterval(values);
        covered += interval.low <= 2.0 && 2.0 <= interval.high ? 1 : 0;
    }
    EXPECT_NEAR(covered / 4000.0, 0.95, 4.0 * std::sqrt(0.95 * 0.05 / 4000.0));
}

TEST(Interval, OfEqualNumbersIsOneNumber)
{
    const std::vector<double> values(10, 21888.1);
    const Interval interval = meanInterval(values);
    EXPECT_EQ(interval.mean, 21888.1);
    EXPECT_EQ(interval.low, 21888.1);
    EXPECT_EQ(interval.high, 21888.1);
}

TEST(Interval, SaysWhenThereIsNone)
{
    EXPECT_TRUE(std::isnan(meanInterval({}).mean));
    const std::vector<double> one = {4.0};
    EXPECT_EQ(meanInterval(one).mean, 4.0);
    EXPECT_TRUE(std::isnan(meanInterval(one).low));
    const std::vector<double> broken = {4.0, std::numeric_limits<double>::quiet_NaN()};
    EXPECT_TRUE(std::isnan(meanInterval(broken).mean));
}

}  // namespace
}  // namespace ketscope
