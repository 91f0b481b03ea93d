// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/left_out_draws.h"
#include "core/study/output_errors.h"
#include "tests/support/random_head.h"

#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

struct Case {
    const char* id;
    std::vector<std::pair<std::string, std::string>> changes;
};

Parameters parametersOf(const Case& of, int repeats)
{
    Parameters parameters = mechanism(of.id).defaults();
    for (const auto& [id, value] : of.changes)
        parameters.setText(id, value);
    parameters.set("repeats", repeats);
    return parameters;
}

class LeftOutDraws : public testing::TestWithParam<Case> {};

// A weight is linear in the draws' weights: its jackknife error over single draws is the standard error of their mean.
TEST_P(LeftOutDraws, OfALinearNumberTheJackknifeIsTheErrorOfTheMean)
{
    constexpr std::uint64_t kDraws = 6;
    const Mechanism& of = mechanism(GetParam().id);
    const RandomHead head(9, 9, 8, 5);
    const Parameters parameters = parametersOf(GetParam(), kDraws);
    ASSERT_EQ(drawsOf(of, parameters), kDraws);
    const HeadResult whole = runHead(of, head.input, parameters);
    std::vector<HeadResult> without;
    for (std::uint64_t group = 0; group < kDraws; ++group)
        without.push_back(runHead(*withoutDrawGroup(of, group, kDraws), head.input, parameters));
    for (std::size_t i = 0; i < 81; ++i) {
        std::vector<double> values;
        double mean = 0.0;
        for (const HeadResult& each : without) {
            values.push_back(each.weights.values()[i]);
            mean += values.back() / kDraws;
        }
        EXPECT_NEAR(mean, whole.weights.values()[i], 1e-6) << "every draw is left out once";
        EXPECT_NEAR(jackknifeError(values), whole.standardError.values()[i], 2e-6);
    }
    EXPECT_NE(without[0].weights.values()[3], without[1].weights.values()[3]);
}

// What remains has the numbers that it has in the whole, and those are the first ones of a head with fewer repeats.
TEST_P(LeftOutDraws, TheFirstDrawsAreThoseOfFewerRepeats)
{
    const Mechanism& of = mechanism(GetParam().id);
    const RandomHead head(9, 9, 8, 5);
    const HeadResult first = runHead(*withoutDrawGroup(of, 1, 2), head.input, parametersOf(GetParam(), 8));
    const HeadResult fewer = runHead(of, head.input, parametersOf(GetParam(), 4));
    EXPECT_TRUE(std::ranges::equal(first.weights.values(), fewer.weights.values()));
    EXPECT_TRUE(std::ranges::equal(first.output.values(), fewer.output.values()));
}

TEST_P(LeftOutDraws, FewerDrawsThanGroupsLeaveOutNothing)
{
    const Mechanism& of = mechanism(GetParam().id);
    const RandomHead head(5, 5, 8, 5);
    for (const int repeats : {1, 2}) {
        const HeadResult left = runHead(*withoutDrawGroup(of, 0, 3), head.input, parametersOf(GetParam(), repeats));
        const HeadResult whole = runHead(of, head.input, parametersOf(GetParam(), repeats));
        EXPECT_TRUE(std::ranges::equal(left.weights.values(), whole.weights.values()));
    }
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, LeftOutDraws,
                         testing::Values(Case{"rff", {{"m", "32"}}}, Case{"rfa", {{"m", "32"}}},
                                         Case{"performer", {{"m", "32"}}}, Case{"shots", {{"shots", "16"}}},
                                         Case{"shots", {{"shots", "16"}, {"register", "on"}}},
                                         Case{"shots", {{"shots", "16"}, {"control", "favor"}}}),
                         [](const auto& test) { return std::string(test.param.id) + std::to_string(test.index); });

TEST(DrawGroup, PartsAllDrawsIntoGroupsOfAlmostOneSize)
{
    for (const std::uint64_t draws : {2U, 7U, 10U, 32U, 64U})
        for (std::uint64_t groups = 1; groups <= std::min<std::uint64_t>(draws, 10); ++groups) {
            std::uint64_t next = 0;
            for (std::uint64_t group = 0; group < groups; ++group) {
                const DrawRange range = drawGroup(draws, group, groups);
                EXPECT_EQ(range.first, next) << "no draw is in two groups, none in no group";
                EXPECT_GE(range.last - range.first, draws / groups);
                EXPECT_LE(range.last - range.first, draws / groups + 1);
                next = range.last;
            }
            EXPECT_EQ(next, draws);
        }
}

TEST(DrawsOf, AreOneWhereThereAreNoRepeats)
{
    EXPECT_EQ(drawsOf(mechanism("exact"), mechanism("exact").defaults()), 1U);
    Parameters entropy = parametersOf({"shots", {{"estimator", "hybrid"}, {"ratio", "1"}}}, 8);
    EXPECT_EQ(drawsOf(mechanism("shots"), entropy), 1U) << "nothing is left to chance";
    EXPECT_EQ(&wholeMechanism(*withoutDrawGroup(mechanism("rff"), 0, 2)), &mechanism("rff"));
    EXPECT_EQ(&wholeMechanism(mechanism("rff")), &mechanism("rff"));
}

}  // namespace
}  // namespace ketscope::test
