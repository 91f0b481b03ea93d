// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/map_filter.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

constexpr AttentionDirection kRow = AttentionDirection::FromQuery, kColumn = AttentionDirection::ToKey;

// Rows of 1; token 0 is special.
const std::vector<float> kWeights = {0.5F, 0.3F, 0.2F, 0.6F, 0.1F, 0.3F, 0.2F, 0.4F, 0.4F};
const SpecialTokens kSpecial{{1, 0, 0}, {1, 0, 0}};

std::string pattern(const MapFilter& filter, AttentionDirection direction = kRow, const AttentionMask& mask = {},
                    const std::vector<float>& weights = kWeights)
{
    const ShownCells cells(MatrixView(weights.data(), 3, 3), mask, filter, kSpecial, direction);
    std::string text;
    for (std::size_t query = 0; query < 3; ++query)
        for (std::size_t key = 0; key < 3; ++key)
            text += cells.shows(query, key) ? 'x' : '.';
    return text.substr(0, 3) + ' ' + text.substr(3, 3) + ' ' + text.substr(6);
}

MapFilter filterOf(MapFilter::Kind kind)
{
    MapFilter filter;
    filter.kind = kind;
    return filter;
}

TEST(MapFilterTest, WithoutAFilterAllIsShown)
{
    EXPECT_EQ(pattern({}), "xxx xxx xxx");
    EXPECT_EQ(describe({}, kRow), "");
    EXPECT_TRUE(ShownCells().shows(7, 9));
}

TEST(MapFilterTest, ThresholdsKeepWhatIsAtLeastAsLarge)
{
    MapFilter filter = filterOf(MapFilter::Kind::Value);
    filter.least = 0.3;
    EXPECT_EQ(pattern(filter), "xx. x.x .xx");
    EXPECT_EQ(pattern(filter, kColumn), "xx. x.x .xx");  // a threshold has no direction
    EXPECT_EQ(pattern(filter, kRow, {}, {-0.5F, 0.1F, 0, 0, 0, 0, 0, 0, NAN}), "x.. ... ..x");
    EXPECT_EQ(describe(filter, kRow), "weights of at least 0.3 shown, not renormalised");
}

TEST(MapFilterTest, LargestOfRowsAndOfColumns)
{
    MapFilter filter = filterOf(MapFilter::Kind::Largest);
    filter.largest = 1;
    EXPECT_EQ(pattern(filter), "x.. x.. .x.");  // of equal weights the earlier one
    EXPECT_EQ(pattern(filter, kColumn), "... x.. .xx");
    EXPECT_EQ(describe(filter, kRow), "top 1 keys a row shown, not renormalised");
    EXPECT_EQ(describe(filter, kColumn), "top 1 queries a column shown, not renormalised");
}

TEST(MapFilterTest, TheFewestKeysThatHoldTheMass)
{
    MapFilter filter = filterOf(MapFilter::Kind::Mass);
    filter.mass = 0.8;
    EXPECT_EQ(pattern(filter), "xx. x.x .xx");
    filter.mass = 0.6;
    EXPECT_EQ(pattern(filter), "xx. x.. .xx");  // 0.5 + 0.3; 0.6 alone; 0.4 + 0.4
    filter.mass = 1.0;
    EXPECT_EQ(pattern(filter), "xxx xxx xxx");
    EXPECT_EQ(describe(filter, kRow), "fewest keys with 100 % of a row's mass shown, not renormalised");
}

TEST(MapFilterTest, SpecialTokensAreHiddenAndRowsRenormalisedOnDemand)
{
    MapFilter filter;
    filter.hideSpecial = true;
    EXPECT_EQ(pattern(filter), "... .xx .xx");
    EXPECT_EQ(describe(filter, kRow), "special tokens hidden, not renormalised");
    const MatrixView map(kWeights.data(), 3, 3);
    EXPECT_EQ(ShownCells(map, {}, filter, kSpecial, kRow).factor(1), 1.0);
    filter.renormalise = true;
    const ShownCells cells(map, {}, filter, kSpecial, kRow);
    EXPECT_NEAR(cells.factor(1), 1.0 / 0.4, 1e-6);
    EXPECT_NEAR(cells.factor(2), 1.0 / 0.8, 1e-6);
    EXPECT_EQ(describe(filter, kRow), "special tokens hidden, rows renormalised over the other keys");
    // Largest among the others.
    filter.kind = MapFilter::Kind::Largest;
    filter.largest = 1;
    EXPECT_EQ(pattern(filter), "... ..x .x.");
}

TEST(MapFilterTest, MaskedCellsAreNeverShown)
{
    AttentionMask mask;
    mask.causal = true;
    MapFilter filter = filterOf(MapFilter::Kind::Largest);
    filter.largest = 2;
    EXPECT_EQ(pattern(filter, kRow, mask), "x.. xx. .xx");
}

}  // namespace
}  // namespace ketscope::test
