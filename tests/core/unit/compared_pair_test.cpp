// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/compared_pair.h"
#include "core/study/summary.h"
#include "tests/support/toy_model.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::ElementsAre;

// Three traces of the toy model: A attends to itself, B is uniform in layer 0, C in layer 1 head 0.
std::shared_ptr<Comparison> threeTraces()
{
    const auto loaded = test::toyModel();
    const Study study{.modelPath = "toy",
                      .input = {.text = "a bb"},
                      .candidates = {{{parseSpec("rff@layers=0")}}, {{parseSpec("rff@layers=1;heads=0")}}}};
    Monitor monitor;
    return std::make_shared<Comparison>(*runStudy(study, *loaded, nullptr, 1, monitor));
}

TEST(ComparedPair, IsWhatTheViewSaysWhereItIsThere)
{
    const auto comparison = threeTraces();
    ComparisonView& view = comparison->study.view.compared;
    EXPECT_EQ(comparedPair(*comparison), (ComparedPair{0, 1}));
    EXPECT_THAT(shownTraces(*comparison), ElementsAre(0, 1));
    view = {1, 2, false, {}};
    EXPECT_EQ(comparedPair(*comparison), (ComparedPair{1, 2}));
    EXPECT_THAT(shownTraces(*comparison), ElementsAre(1, 2));
    EXPECT_TRUE(showsDifference(*comparison));
    view = {2, 0, false, {}};
    EXPECT_EQ(comparedPair(*comparison), (ComparedPair{2, 0}));
    EXPECT_THAT(shownTraces(*comparison), ElementsAre(2, 0));
    view = {1, 2, true, {}};
    EXPECT_THAT(shownTraces(*comparison), ElementsAre(0, 1, 2));
    EXPECT_FALSE(showsDifference(*comparison));
}

TEST(ComparedPair, FallsBackToTracesThatAreThere)
{
    const auto comparison = threeTraces();
    ComparisonView& view = comparison->study.view.compared;
    view = {0, 7, false, {}};
    EXPECT_EQ(comparedPair(*comparison), (ComparedPair{0, 1}));
    view = {9, 1, false, {}};
    EXPECT_EQ(comparedPair(*comparison), (ComparedPair{0, 1}));
    view = {1, 1, false, {}};
    EXPECT_EQ(comparedPair(*comparison), (ComparedPair{1, 0}));
    comparison->traces.resize(1);
    EXPECT_EQ(comparedPair(*comparison), (ComparedPair{0, 0}));
    EXPECT_THAT(shownTraces(*comparison), ElementsAre(0));
    EXPECT_FALSE(showsDifference(*comparison));
}

TEST(ComparedPair, IsReadFromText)
{
    ComparisonView view;
    readComparedTraces("C,A", 3, "--traces", view);
    EXPECT_EQ(view, (ComparisonView{2, 0, false, {}}));
    readComparedTraces("all", 3, "--traces", view);
    EXPECT_TRUE(view.everyTrace);
    readComparedTraces("A,B", 3, "--traces", view);
    EXPECT_FALSE(view.everyTrace);
    for (const char* wrong : {"", "A", "A,", "A,D", "A,A", "A,B,C", "a,b"})
        EXPECT_THROW(readComparedTraces(wrong, 3, "--traces", view), Error) << wrong;
}

// Two tokens. Where C looks at itself and B is uniform: KL(C‖B) = ln 2, up to the floor of 1e-6, and max |Δ| is ½.
TEST(ComparedPair, MeasuresOfTwoCandidatesByHand)
{
    const auto comparison = threeTraces();
    const ComparedPair cb{2, 1};
    const std::vector<HeadSummary> heads = summarizeHeads(*comparison, cb);
    ASSERT_EQ(heads.size(), 3U) << "both heads of layer 0 that B patches, and head 0 of layer 1 that C patches";
    EXPECT_EQ(heads[0].layer, 0U);
    EXPECT_NEAR(heads[0].maps.kl, std::log(2.0), 2e-5);
    EXPECT_NEAR(heads[0].maps.entropyA, 0.0, 1e-9);
    EXPECT_NEAR(heads[0].maps.entropyB, std::log(2.0), 1e-6);
    EXPECT_NEAR(heads[0].maps.maximumDifference, 0.5, 1e-6);
    EXPECT_EQ(heads[2].layer, 1U);
    EXPECT_EQ(heads[2].head, 0U);
    EXPECT_NEAR(heads[2].maps.entropyA, std::log(2.0), 1e-6) << "here C is the uniform one";
    EXPECT_NEAR(heads[2].maps.entropyB, 0.0, 1e-9);
    const std::vector<HeadSummary> turned = summarizeHeads(*comparison, {1, 2});
    EXPECT_NEAR(turned[0].maps.entropyA, heads[0].maps.entropyB, 1e-12);
    EXPECT_NEAR(turned[0].maps.jensenShannon, heads[0].maps.jensenShannon, 1e-12);
    EXPECT_EQ(summarizeHeads(*comparison, 2).size(), 1U);
    EXPECT_TRUE(mayDiffer(*comparison, cb, 0, 0, 1));
    EXPECT_FALSE(mayDiffer(*comparison, cb, 0, 1, 1));
    EXPECT_TRUE(plansAreKnown(*comparison, cb));
    EXPECT_EQ(patcherOf({2, 0}), 2U);
}

}  // namespace
}  // namespace ketscope
