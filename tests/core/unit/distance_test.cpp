// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/distance.h"

#include "core/base/tensor.h"
#include "core/measures/measures.h"

#include <cmath>
#include <gmock/gmock.h>
#include <numeric>

namespace ketscope {
namespace {

Tensor uniform(std::size_t n, bool causal)
{
    Tensor map = Tensor::zeros({n, n});
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < (causal ? i + 1 : n); ++j)
            map.matrix()(i, j) = 1.0F / static_cast<float>(causal ? i + 1 : n);
    return map;
}

TEST(DistanceProfile, HandCase)
{
    Tensor map({2, 3});
    std::ranges::copy(std::initializer_list<float>{0.5F, 0.25F, 0.25F, 0.0F, 0.25F, 0.75F}, map.data());
    const std::vector<double> profile = distanceProfile(map.matrix());
    EXPECT_THAT(profile,
                testing::ElementsAre(testing::DoubleEq(0.375), testing::DoubleEq(0.5), testing::DoubleEq(0.125)));
    EXPECT_DOUBLE_EQ(meanOfProfile(profile), 0.75);
    EXPECT_THAT(cumulative(profile), testing::ElementsAre(0.375, 0.875, 1.0));
}

TEST(DistanceProfile, PaddingRowsDoNotCount)
{
    Tensor map({2, 2});
    std::ranges::copy(std::initializer_list<float>{1.0F, 0.0F, 1.0F, 0.0F}, map.data());
    const std::vector<std::uint8_t> rows = {1, 0};
    EXPECT_THAT(distanceProfile(map.matrix(), rows), testing::ElementsAre(1.0, 0.0));
    const std::vector<std::uint8_t> none = {0, 0};
    EXPECT_THAT(distanceProfile(map.matrix(), none), testing::ElementsAre(0.0, 0.0));
}

// Uniform rows have mean distance (n² − 1)/(3n), causal ones (n − 1)/4.
TEST(DistanceProfile, UniformRowsHaveTheClosedFormMeans)
{
    for (const std::size_t n : {1UL, 2UL, 7UL, 32UL}) {
        const auto size = static_cast<double>(n);
        EXPECT_NEAR(meanOfProfile(uniformDistanceProfile({}, n, n)), (size * size - 1.0) / (3.0 * size), 1e-12);
        EXPECT_NEAR(meanOfProfile(uniformDistanceProfile({.causal = true}, n, n)), (size - 1.0) / 4.0, 1e-12);
    }
}

TEST(DistanceProfile, OfUniformMapsIsTheBaseline)
{
    for (const bool causal : {false, true}) {
        const Tensor map = uniform(9, causal);
        const auto found = distanceProfile(map.matrix());
        const auto expected = uniformDistanceProfile({.causal = causal}, 9, 9);
        for (std::size_t d = 0; d < 9; ++d)
            EXPECT_NEAR(found[d], expected[d], 1e-7) << d;
        EXPECT_NEAR(std::accumulate(found.begin(), found.end(), 0.0), 1.0, 1e-6);
    }
}

TEST(DistanceProfile, AgreesWithTheMeanDistanceOfRows)
{
    const Tensor map = uniform(6, true);
    double mean = 0.0;
    for (std::size_t i = 0; i < 6; ++i)
        mean += meanDistance(map.matrix().row(i), i) / 6.0;
    EXPECT_NEAR(meanOfProfile(distanceProfile(map.matrix())), mean, 1e-7);
}

// A grid of 2 rows of 3 after a class token: patch 0 looks half at the class token, a quarter at itself, a quarter at
// patch 5, which is a row down and two columns right; every other patch looks at itself.
class PatchDistanceTest : public testing::Test {
protected:
    PatchDistanceTest()
    {
        map.matrix()(1, 0) = 0.5F;
        map.matrix()(1, 1) = map.matrix()(1, 6) = 0.25F;
        for (std::size_t i = 2; i < 7; ++i)
            map.matrix()(i, i) = 1.0F;
        map.matrix()(0, 3) = 1.0F;
    }

    std::vector<double> profile(PatchDistance distance) const
    {
        return patchDistanceProfile(map.matrix(), places, distance);
    }

    Tensor map = Tensor::zeros({7, 7});
    PatchPlaces places{3, 6, 1};
};

TEST_F(PatchDistanceTest, HandCaseOnAGridThatIsNotSquare)
{
    using testing::DoubleNear;
    const auto near = [](double value) { return DoubleNear(value, 1e-12); };
    EXPECT_DOUBLE_EQ(patchDistance(places, PatchDistance::Euclidean, 0, 5), std::sqrt(5.0));
    EXPECT_THAT(profile(PatchDistance::Euclidean),
                testing::ElementsAre(near(11.0 / 12.0), near(0.0), near(1.0 / 12.0)));
    EXPECT_THAT(profile(PatchDistance::Rows), testing::ElementsAre(near(11.0 / 12.0), near(1.0 / 12.0)));
    EXPECT_THAT(profile(PatchDistance::Columns), testing::ElementsAre(near(11.0 / 12.0), near(0.0), near(1.0 / 12.0)));
    EXPECT_NEAR(meanPatchDistance(map.matrix(), places, PatchDistance::Euclidean), std::sqrt(5.0) / 12.0, 1e-12);
    EXPECT_NEAR(meanPatchDistance(map.matrix(), places, PatchDistance::Columns), 2.0 / 12.0, 1e-12);
}

TEST_F(PatchDistanceTest, UniformRowsByHand)
{
    // 36 ordered pairs: columns apart by 0 are 12, by 1 are 16, by 2 are 8; rows apart by 0 are 18, by 1 are 18.
    const auto columns = uniformPatchDistanceProfile(places, PatchDistance::Columns);
    EXPECT_NEAR(columns.at(0), 12.0 / 36.0, 1e-12);
    EXPECT_NEAR(columns.at(1), 16.0 / 36.0, 1e-12);
    EXPECT_NEAR(columns.at(2), 8.0 / 36.0, 1e-12);
    const auto rows = uniformPatchDistanceProfile(places, PatchDistance::Rows);
    EXPECT_NEAR(rows.at(1), 0.5, 1e-12);
    // To the nearest whole patch √2 is 1 and √5 is 2: 6 at 0, 14 + 8 at 1, 4 + 4 at 2.
    const auto euclidean = uniformPatchDistanceProfile(places, PatchDistance::Euclidean);
    EXPECT_NEAR(euclidean.at(0), 6.0 / 36.0, 1e-12);
    EXPECT_NEAR(euclidean.at(1), 22.0 / 36.0, 1e-12);
    EXPECT_NEAR(euclidean.at(2), 8.0 / 36.0, 1e-12);
}

TEST_F(PatchDistanceTest, RowsThatGivePatchesNothingDoNotCount)
{
    Tensor all = Tensor::zeros({7, 7});
    for (std::size_t i = 0; i < 7; ++i)
        all.matrix()(i, 0) = 1.0F;
    EXPECT_THAT(patchDistanceProfile(all.matrix(), places, PatchDistance::Rows), testing::ElementsAre(0.0, 0.0));
    EXPECT_TRUE(std::isnan(meanPatchDistance(all.matrix(), places, PatchDistance::Rows)));
}

}  // namespace
}  // namespace ketscope
