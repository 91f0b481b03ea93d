// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/concentration.h"

#include "core/base/tensor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using Row = std::vector<float>;

// methods.md §24.
TEST(Gini, WorkedExamples)
{
    EXPECT_NEAR(giniCoefficient(Row{0.7F, 0.2F, 0.1F}, 3), 0.4, 1e-7);
    EXPECT_NEAR(giniCoefficient(Row{0.1F, 0.8F, 0.1F}, 3), 0.466667, 1e-6);
    EXPECT_NEAR(giniCoefficient(Row{0.25F, 0.25F, 0.5F}, 3), 0.166667, 1e-6);
}

TEST(Gini, IsZeroForEqualWeightsAndLargestForOneKey)
{
    for (const std::size_t n : {1UL, 2UL, 7UL, 32UL}) {
        const auto size = static_cast<double>(n);
        EXPECT_NEAR(giniCoefficient(Row(n, static_cast<float>(1.0 / size)), n), 0.0, 1e-7) << n;
        Row one(n, 0.0F);
        one[n / 2] = 1.0F;
        EXPECT_NEAR(giniCoefficient(one, n), (size - 1.0) / size, 1e-7) << n;
    }
}

// Against the definition, Σ Σ |xᵢ − xⱼ| / 2 n Σ x, with few weights and with many.
TEST(Gini, IsTheMeanDifferenceOfTwoWeights)
{
    for (const std::size_t n : {5U, 63U, 64U, 200U}) {
        Row row;
        double sum = 0.0, differences = 0.0;
        for (std::size_t i = 0; i < n; ++i)
            row.push_back(i % 7 == 0 ? 0.0F : static_cast<float>(std::exp(std::sin(12.9898 * static_cast<double>(i)))));
        for (const float one : row) {
            sum += static_cast<double>(one);
            for (const float other : row)
                differences += std::abs(static_cast<double>(one) - static_cast<double>(other));
        }
        EXPECT_NEAR(giniCoefficient(row, n), differences / (2.0 * static_cast<double>(n) * sum), 1e-9) << n;
    }
}

TEST(Gini, OfAColumnIsOverTheQueriesThatMaySeeTheKey)
{
    Tensor map({3, 3});
    std::ranges::copy(Row{1.0F, 0.0F, 0.0F, 0.5F, 0.5F, 0.0F, 0.25F, 0.5F, 0.25F}, map.data());
    AttentionMask mask;
    EXPECT_NEAR(columnGini(map.matrix(), 1, mask), 1.0 / 3.0, 1e-7);
    mask.causal = true;
    EXPECT_NEAR(columnGini(map.matrix(), 1, mask), 0.0, 1e-7) << "the first query may not see it";
    EXPECT_NEAR(columnGini(map.matrix(), 0, mask), 2.0 * (1.0 - 0.25) / (3.0 * 1.75), 1e-7);
}

TEST(Gini, CountsOnlyTheKeysThatMayBeSeen)
{
    EXPECT_NEAR(giniCoefficient(Row{0.5F, 0.5F, 0.0F, 0.0F}, 2), 0.0, 1e-7);
    EXPECT_NEAR(giniCoefficient(Row{0.5F, 0.5F, 0.0F, 0.0F}, 4), 0.5, 1e-7);
    EXPECT_NEAR(giniCoefficient(Row{7.0F, 2.0F, 1.0F}, 3), 0.4, 1e-7) << "the sum does not matter";
    EXPECT_TRUE(std::isnan(giniCoefficient(Row{0.8F, -0.1F, 0.3F}, 3)));
    EXPECT_TRUE(std::isnan(giniCoefficient(Row{0.0F, 0.0F}, 2)));
    EXPECT_TRUE(std::isnan(giniCoefficient(Row{0.5F, std::nanf("")}, 2)));
}

TEST(Gini, OfMapsIsTheMeanOfEachOnesRows)
{
    Tensor a({3, 3});
    Tensor b({3, 3});
    std::ranges::copy(Row{0.7F, 0.2F, 0.1F, 0.1F, 0.8F, 0.1F, 0.25F, 0.25F, 0.5F}, a.data());
    std::ranges::copy(Row{1.0F, 0.0F, 0.0F, 0.8F, 0.3F, -0.1F, 0.5F, 0.0F, 0.5F}, b.data());
    const GiniMeans both = meanGini(a.matrix(), b.matrix(), {});
    EXPECT_NEAR(both.a, (0.4 + giniCoefficient(a.matrix().row(1), 3) + 0.166667) / 3.0, 1e-6);
    EXPECT_NEAR(both.b, (2.0 / 3.0 + 1.0 / 3.0) / 2.0, 1e-6);
    const std::vector<std::uint8_t> rows = {0, 1, 1};
    EXPECT_NEAR(meanGini(a.matrix(), b.matrix(), {}, rows).b, 1.0 / 3.0, 1e-6);
    const std::vector<std::uint8_t> second = {0, 1, 0};
    EXPECT_TRUE(std::isnan(meanGini(a.matrix(), b.matrix(), {}, second).b));
    EXPECT_NEAR(combine(std::array{both, meanGini(a.matrix(), b.matrix(), {}, second)}).b, both.b, 1e-12);
    Tensor causal = Tensor::zeros({2, 2});  // rows (1, 0) and (½, ½): one key, then two equal ones
    causal.matrix()(0, 0) = 1.0F;
    causal.matrix()(1, 0) = causal.matrix()(1, 1) = 0.5F;
    AttentionMask mask;
    mask.causal = true;
    EXPECT_NEAR(meanGini(causal.matrix(), causal.matrix(), mask).a, 0.0, 1e-7);
}

}  // namespace
}  // namespace ketscope
