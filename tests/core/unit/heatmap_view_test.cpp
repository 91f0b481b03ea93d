// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/grid_measures.h"
#include "core/study/view_settings.h"

#include <cmath>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ketscope::test {
namespace {

TEST(HeatmapViewTest, EveryFieldSurvivesAStudy)
{
    ViewSettings view;
    HeatmapView& heatmap = view.heatmap;
    heatmap.standardErrors = false;
    heatmap.quantity = MapQuantity::Relevance;
    heatmap.direction = AttentionDirection::ToKey;
    heatmap.filter = {MapFilter::Kind::Mass, 0.125, 7, 0.75, true, true};
    heatmap.window = {3, 10, 4, 20};
    heatmap.shown = HeatmapView::Shown::Lines;
    heatmap.headCells = HeatmapView::HeadCells::Numbers;
    heatmap.gridMeasure = "js";
    heatmap.sortHeads = true;
    heatmap.lockedMaximum = 0.375;
    EXPECT_EQ(viewFromText(toText(view), "test"), view);
    EXPECT_EQ(viewFromText("{}", "test"), ViewSettings());
}

TEST(HeatmapViewTest, WrongFieldsAreRefused)
{
    Json json = toJson(ViewSettings());
    json["heatmap"]["filter"]["mass"] = 2.0;
    EXPECT_THROW(viewFromJson(json, "test"), Error);
    json = toJson(ViewSettings());
    json["heatmap"]["window"] = {1, 2, 3};
    EXPECT_THROW(viewFromJson(json, "test"), Error);
    json = toJson(ViewSettings());
    json["heatmap"]["grid_measure"] = "charm";
    EXPECT_THROW(viewFromJson(json, "test"), Error);
    json = toJson(ViewSettings());
    json["heatmap"]["locked_maximum"] = 0;
    EXPECT_THROW(viewFromJson(json, "test"), Error);
}

TEST(HeatmapViewTest, WindowsStayInsideTheMap)
{
    EXPECT_EQ(windowInside({}, 10, 20), (MapWindow{0, 10, 0, 20}));
    EXPECT_EQ(windowInside({8, 5, 2, 3}, 10, 20), (MapWindow{5, 5, 2, 3}));
    EXPECT_EQ(windowInside({30, 5, 2, 3}, 10, 20), (MapWindow{0, 10, 0, 20}));  // another input's
    EXPECT_EQ(windowInside({0, 50, 0, 50}, 10, 20), (MapWindow{0, 10, 0, 20}));
    EXPECT_TRUE(asStored({0, 10, 0, 20}, 10, 20).isAll());
    EXPECT_FALSE(asStored({0, 10, 0, 19}, 10, 20).isAll());
}

TEST(HeatmapViewTest, ZoomKeepsTheTokenUnderThePointer)
{
    const MapWindow whole{0, 100, 0, 100};
    const MapAnchor anchor{{20.0, 0.2}, {80.0, 0.8}};
    const MapWindow half = zoomed(whole, 0.5, anchor, 100, 100);
    EXPECT_EQ(half, (MapWindow{10, 50, 40, 50}));  // 20 and 80 at a fifth and four fifths, as before
    EXPECT_EQ(zoomed(half, 4.0, anchor, 100, 100), whole);
    EXPECT_EQ(zoomed(half, 1e-9, anchor, 100, 100).queries, kSmallestWindow);
    EXPECT_EQ(moved(half, -30, 7, 100, 100), (MapWindow{0, 50, 47, 50}));
    EXPECT_EQ(moved(half, 900, 900, 100, 100), (MapWindow{50, 50, 50, 50}));
}

// However many steps: the anchor stays within half a token of its place, and the way out leads back.
TEST(HeatmapViewTest, ZoomingStepByStepDoesNotDrift)
{
    const MapAnchor anchor{{313.7, 0.61}, {77.2, 0.15}};
    MapWindow window{0, 512, 0, 512};
    for (int step = 0; step < 40; ++step) {
        window = zoomed(window, step < 20 ? 0.8 : 1.25, anchor, 512, 512);
        const auto queries = static_cast<double>(window.queries);
        const double query = anchor.query.token - anchor.query.share * queries;
        if (query >= 0.0 && query + queries <= 512.0) {
            EXPECT_LE(std::abs(static_cast<double>(window.firstQuery) - query), 0.5) << step;
        }
    }
    EXPECT_GT(window.queries, 400U);
}

TEST(GridMeasureTest, KnowsTheLargestAndLeavesOutWhatIsNotDefined)
{
    EXPECT_EQ(gridMeasure("js").unit, "nats");
    EXPECT_EQ(gridMeasure("entropy").difference, nullptr);
    EXPECT_EQ(largestPlaces({0.1, std::nan(""), 0.9, 0.5}, 2), (std::vector<std::size_t>{2, 3}));
    EXPECT_EQ(largestPlaces({std::nan("")}, 5).size(), 0U);
}

}  // namespace
TEST(ViewSettings, ChangedFieldsAreNamedToTheSecondLevel)
{
    const ViewSettings before;
    ViewSettings after = before;
    EXPECT_TRUE(changedFields(before, after).empty());
    after.scale = ColourScale::Linear;
    after.heatmap.window = {1, 5, 1, 5};
    after.heatmap.standardErrors = !before.heatmap.standardErrors;
    std::vector<std::string> fields = changedFields(before, after);
    std::ranges::sort(fields);
    ASSERT_EQ(fields.size(), 3U);
    EXPECT_EQ(fields[2], "scale");
    EXPECT_EQ(std::ranges::count_if(fields, [](const std::string& field) { return field.starts_with("heatmap/"); }), 2);
}

}  // namespace ketscope::test
