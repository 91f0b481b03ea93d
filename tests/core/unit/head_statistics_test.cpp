// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/head_statistics.h"

#include "core/base/error.h"
#include "core/study/comparison.h"
#include "core/study/grid_measures.h"
#include "tests/support/toy_model.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

Tensor matrix(std::size_t rows, std::size_t columns, std::initializer_list<float> values)
{
    Tensor map({rows, columns});
    std::ranges::copy(values, map.data());
    return map;
}

TEST(HeadStatistics, HandCase)
{
    const Tensor map = matrix(2, 2, {1.0F, 0.0F, 0.5F, 0.5F});
    const HeadStatistics s = statisticsOf(map.matrix(), {});
    const double half = std::log(2.0) / 2.0;
    EXPECT_NEAR(s.entropy, half, 1e-12);
    EXPECT_NEAR(s.normalizedEntropy, 0.5, 1e-12);
    EXPECT_NEAR(s.effectiveKeys, 1.5, 1e-12);
    EXPECT_NEAR(s.meanDistance, 0.25, 1e-12);
    EXPECT_NEAR(s.selfMass, 0.75, 1e-12);
    EXPECT_NEAR(s.firstMass, 0.75, 1e-12);
    EXPECT_NEAR(s.lastMass, 0.25, 1e-12);
    EXPECT_NEAR(giniOf(map.matrix(), {}), 0.25, 1e-12) << "1/2 and 0";
    EXPECT_TRUE(std::isnan(s.gini)) << "only when it is asked for";
}

TEST(HeadStatistics, PaddingCountsNeitherAsQueryNorAsLastKey)
{
    const Tensor map = matrix(3, 3, {0.25F, 0.75F, 0.0F, 0.5F, 0.5F, 0.0F, 1.0F, 0.0F, 0.0F});
    const std::vector<std::uint8_t> real = {1, 1, 0};
    const HeadStatistics s = statisticsOf(map.matrix(), {.keyAllowed = real}, real);
    EXPECT_NEAR(s.lastMass, 0.625, 1e-12);
    EXPECT_NEAR(s.firstMass, 0.375, 1e-12);
}

TEST(HeadStatistics, ARowThatIsNoDistributionMakesEntropyUndefined)
{
    const Tensor map = matrix(1, 2, {1.5F, -0.5F});
    EXPECT_TRUE(std::isnan(statisticsOf(map.matrix(), {}).entropy));
    const std::vector<std::uint8_t> none = {0};
    EXPECT_TRUE(std::isnan(statisticsOf(map.matrix(), {}, none).selfMass));
}

// The toy model: patched heads are uniform over three tokens, all others look at themselves.
TEST(StatisticsMemo, KnowsEveryHeadAndMeasuresSharedLayersOnce)
{
    Monitor monitor;
    const auto loaded = test::toyModel();
    Study study{.modelPath = "toy", .input = {.text = "a bb ccc"}, .candidates = {{{parseSpec("rff@layers=1")}}}};
    const ComparisonPointer first = runStudy(study, *loaded, nullptr, 1, monitor);
    const auto heads = first->statistics->of(*first, 1, 0);
    ASSERT_EQ(heads->size(), 2U);
    ASSERT_EQ((*heads)[1].size(), 2U);
    EXPECT_NEAR((*heads)[0][1].entropy, 0.0, 1e-6);
    EXPECT_NEAR((*heads)[1][0].entropy, std::log(3.0), 1e-6);
    EXPECT_EQ(first->statistics->layersKnown(), 2U);
    const auto before = first->statistics->of(*first, 0, 0);
    EXPECT_EQ(first->statistics->layersKnown(), 3U) << "B has A's first layer";
    EXPECT_EQ((*before)[0][1].entropy, (*heads)[0][1].entropy);
    EXPECT_NE((*before)[1][0].entropy, (*heads)[1][0].entropy);
    study.candidates = {{{parseSpec("rff@layers=0")}}};
    const ComparisonPointer second = runStudy(study, *loaded, first, 1, monitor);
    EXPECT_EQ((*second->statistics->of(*second, 0, 0))[1][0].entropy, (*before)[1][0].entropy);
    EXPECT_EQ(second->statistics->layersKnown(), 3U) << "A did not change";
    EXPECT_NEAR((*second->statistics->of(*second, 1, 0))[0][0].entropy, std::log(3.0), 1e-6);
    EXPECT_EQ(second->statistics->layersKnown(), 5U);
}

// Patched heads are uniform, all others have one key of three; the first head was measured without it before.
TEST(StatisticsMemo, AddsTheGiniCoefficientWhenItIsAskedFor)
{
    Monitor monitor;
    const auto loaded = test::toyModel();
    const Study study{.modelPath = "toy", .input = {.text = "a bb ccc"}, .candidates = {{{parseSpec("rff@layers=1")}}}};
    const ComparisonPointer run = runStudy(study, *loaded, nullptr, 1, monitor);
    EXPECT_TRUE(std::isnan((*run->statistics->of(*run, 1, 0))[1][0].gini));
    const auto heads = run->statistics->of(*run, 1, 0, true);
    EXPECT_NEAR((*heads)[0][1].gini, 2.0 / 3.0, 1e-6);
    EXPECT_NEAR((*heads)[1][0].gini, 0.0, 1e-6);
    EXPECT_NEAR((*heads)[1][0].entropy, std::log(3.0), 1e-6);
    const std::vector<double> grid = gridValues(*run, gridMeasure("gini"), 0, 0, 0, monitor);
    EXPECT_NEAR(grid.front(), 2.0 / 3.0, 1e-6);
}

TEST(HeadMeasures, AreFoundByIdAndRefuseOthers)
{
    for (const HeadMeasure& measure : headMeasures())
        EXPECT_EQ(&headMeasure(measure.id), &measure);
    EXPECT_THROW(headMeasure("sharpness"), Error);
}

}  // namespace
}  // namespace ketscope
