// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/averaged_draws.h"
#include "tests/support/random_head.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

Parameters withRepeats(const Mechanism& mechanism, int repeats)
{
    return with(mechanism, {{"m", "32"}, {"repeats", std::to_string(repeats)}});
}

class AveragedDraws : public testing::TestWithParam<const char*> {};

TEST_P(AveragedDraws, AreTheMeanOfTheDrawsWithTheirSpread)
{
    const Mechanism& of = mechanism(GetParam());
    const RandomHead head(9, 9, 8, 5);
    const HeadResult mean = runHead(of, head.input, withRepeats(of, 4));
    std::vector<HeadResult> draws;
    for (std::uint64_t draw = 0; draw < 4; ++draw)
        draws.push_back(runHead(of, withDraw(head.input, draw), withRepeats(of, 1)));
    for (std::size_t query = 0; query < 9; ++query)
        for (std::size_t key = 0; key < 9; ++key) {
            double sum = 0.0, squares = 0.0;
            for (const HeadResult& draw : draws)
                sum += static_cast<double>(draw.weights.matrix()(query, key)) / 4.0;
            for (const HeadResult& draw : draws)
                squares += std::pow(static_cast<double>(draw.weights.matrix()(query, key)) - sum, 2);
            EXPECT_NEAR(mean.weights.matrix()(query, key), sum, 1e-7);
            EXPECT_NEAR(mean.standardError.matrix()(query, key), std::sqrt(squares / 3.0 / 4.0), 1e-6);
        }
    EXPECT_NE(draws[0].weights.values()[3], draws[1].weights.values()[3]) << "the draws are independent ones";
}

// E[SE²] is the variance of the weights over seeds.
TEST_P(AveragedDraws, TheirErrorIsThatOfTheMean)
{
    const Mechanism& of = mechanism(GetParam());
    const RandomHead head(6, 6, 8, 4);
    constexpr int kSeeds = 200;
    std::vector<double> sums(36, 0.0), squares(36, 0.0);
    double claimed = 0.0;
    for (int seed = 0; seed < kSeeds; ++seed) {
        HeadInput input = head.input;
        input.random.seed = 1000U + static_cast<std::uint64_t>(seed);
        const HeadResult done = runHead(of, input, withRepeats(of, 8));
        for (std::size_t i = 0; i < 36; ++i) {
            const double weight = done.weights.values()[i];
            sums[i] += weight;
            squares[i] += weight * weight;
            claimed += std::pow(static_cast<double>(done.standardError.values()[i]), 2) / kSeeds;
        }
    }
    double measured = 0.0;
    for (std::size_t i = 0; i < 36; ++i)
        measured += (squares[i] - sums[i] * sums[i] / kSeeds) / (kSeeds - 1);
    // The relative standard deviation of one such variance over 200 seeds is √(2/199) = 0.1; the cells of a row are not
    // independent, so that their sum is hardly better.
    EXPECT_NEAR(claimed / measured, 1.0, 0.4);
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, AveragedDraws, testing::Values("rff", "rfa", "performer"));

TEST(AveragedDrawsTest, OneDrawKnowsNothingOfItsError)
{
    for (const char* id : {"rff", "rfa", "performer"}) {
        const Mechanism& of = mechanism(id);
        EXPECT_FALSE(of.properties(of.defaults()).givesStandardError);
        EXPECT_TRUE(of.properties(withRepeats(of, 2)).givesStandardError);
    }
}

}  // namespace
}  // namespace ketscope::test
