// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/map_levels.h"

#include "tests/viz/synthetic.h"
#include "viz/figures/heatmap.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

TEST(MapLevelsTest, BlocksHaveTheirValueOfLargestMagnitude)
{
    constexpr std::size_t kRows = 10, kColumns = 7;
    const auto value = [](std::size_t row, std::size_t column) {
        return (row * 13 + column * 29) % 23 == 5 ? -9.0F : static_cast<float>((row * 7 + column * 3) % 8);
    };
    const MapLevels levels(kRows, kColumns, value);
    for (const std::size_t pool : {std::size_t{3}, std::size_t{6}, std::size_t{9}, std::size_t{12}}) {
        const MapLevels::Level* level = levels.levelFor(pool);
        ASSERT_NE(level, nullptr);
        ASSERT_EQ(level->pool, pool);
        for (std::size_t row = 0; row < level->rows; ++row) {
            for (std::size_t column = 0; column < level->columns; ++column) {
                float largest = 0.0F;
                for (std::size_t r = row * pool; r < std::min(kRows, (row + 1) * pool); ++r)
                    for (std::size_t c = column * pool; c < std::min(kColumns, (column + 1) * pool); ++c)
                        largest = std::abs(value(r, c)) > std::abs(largest) ? value(r, c) : largest;
                EXPECT_EQ(level->values[row * level->columns + column], largest);
            }
        }
    }
    EXPECT_EQ(levels.levelFor(6)->pool, 6U);
    EXPECT_EQ(levels.levelFor(15)->pool, 3U);
    EXPECT_EQ(levels.levelFor(2), nullptr);
}

TEST(MapLevelsTest, MarksGiveWayToNumbersAndNumbersToWhatIsNotFinite)
{
    const float masked = MapLevels::kMasked, hidden = MapLevels::kHidden;
    EXPECT_EQ(MapLevels::pooled(masked, 0.0F), 0.0F);
    EXPECT_EQ(MapLevels::pooled(0.25F, hidden), 0.25F);
    EXPECT_EQ(MapLevels::pooled(masked, hidden), hidden);
    EXPECT_TRUE(std::isnan(MapLevels::pooled(NAN, 5.0F)));
    EXPECT_TRUE(std::isnan(MapLevels::pooled(masked, NAN)));
    EXPECT_EQ(MapLevels::pooled(0.5F, -0.75F), -0.75F);
}

TEST(MapLevelsTest, TakeASixthOfTheMap)
{
    constexpr std::size_t kSide = 729;
    const MapLevels levels(kSide, kSide, [](std::size_t, std::size_t) { return 1.0F; });
    EXPECT_LE(levels.bytes(), kSide * kSide * sizeof(float) / 6);
}

// What a zoomed figure reads from levels is what it would read from the cells.
TEST(MapLevelsTest, GridsFromLevelsAndFromCellsAgree)
{
    const auto comparison = sample(300, true);
    const HeadMaps maps(comparison, comparison->study.selection);
    for (const MapSource& source : {MapSource{0, std::nullopt, false}, MapSource{1, 0, false}}) {
        const MapLevels levels(300, 300, [&](std::size_t q, std::size_t k) { return maps.valueOrMark(source, q, k); });
        for (const std::size_t pool : {std::size_t{3}, std::size_t{6}, std::size_t{9}}) {
            const MapWindow window{31, 100, 50, 77};
            const CellGrid pooled = maps.grid(source, pool, window, &levels);
            const CellGrid direct = maps.grid(source, pool, window, nullptr);
            ASSERT_EQ(pooled.rows, direct.rows);
            ASSERT_EQ(pooled.columns, direct.columns);
            for (std::size_t i = 0; i < direct.cells.size(); ++i) {
                EXPECT_EQ(pooled.cells[i].state, direct.cells[i].state);
                EXPECT_EQ(pooled.cells[i].value, direct.cells[i].value);
            }
        }
    }
}

// What blocks too small for levels are read from, and what the levels themselves are made of.
TEST(MapLevelsTest, RowsAndCellsAgree)
{
    for (const bool causal : {false, true}) {
        auto comparison = std::make_shared<Comparison>(*sample(40, causal));
        for (const MapFilter::Kind filter : {MapFilter::Kind::All, MapFilter::Kind::Largest}) {
            HeatmapView view;
            view.filter.kind = filter;
            const HeadMaps maps(comparison, comparison->study.selection, view);
            for (const MapSource& source : {MapSource{0, std::nullopt, false}, MapSource{1, 0, false}}) {
                std::vector<float> row(30);
                maps.readRow(source, 17, 5, row);
                for (std::size_t i = 0; i < row.size(); ++i)
                    EXPECT_EQ(row[i], maps.valueOrMark(source, 17, 5 + i));
                const CellGrid blocks = maps.grid(source, 2, {7, 12, 9, 14}, nullptr);
                for (std::size_t block = 0; block < blocks.cells.size(); ++block) {
                    const std::size_t query = 6 + block / blocks.columns * 2, key = 8 + block % blocks.columns * 2;
                    const auto [q, k] = maps.representative(source, 2, query, key);
                    const Cell cell = maps.cell(source, q, k);
                    EXPECT_EQ(blocks.cells[block].state, cell.state);
                    if (cell.state == CellState::Value) {
                        EXPECT_EQ(blocks.cells[block].value, static_cast<double>(static_cast<float>(cell.value)));
                    }
                }
            }
        }
    }
}

TEST(MapLevelsTest, BlocksAreOneTwoOrThoseOfALevel)
{
    EXPECT_EQ(poolAtHand(1), 1U);
    EXPECT_EQ(poolAtHand(2), 2U);
    const std::pair<std::size_t, std::size_t> pools[] = {{3, 3},   {4, 6},   {10, 12}, {13, 18},
                                                         {19, 27}, {28, 36}, {37, 54}};
    for (const auto& [least, pool] : pools)
        EXPECT_EQ(poolAtHand(least), pool);
}

}  // namespace
}  // namespace ketscope::test
