// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/charts/row_chart.h"

#include "core/base/error.h"
#include "tests/viz/synthetic.h"
#include "viz/colour_map.h"
#include "viz/thumbnail.h"

#include <QtCharts/QBarSeries>
#include <QtCharts/QBarSet>
#include <QtCharts/QValueAxis>

#include <QGraphicsScene>
#include <QPainter>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

std::vector<float> barsOf(const QChart& chart, int trace)
{
    const auto* series = qobject_cast<const QBarSeries*>(chart.series().constFirst());
    const QBarSet* set = series->barSets().at(trace);
    std::vector<float> values;
    for (int i = 0; i < set->count(); ++i)
        values.push_back(static_cast<float>(set->at(i)));
    return values;
}

TEST(RowChartTest, ShowsTheSelectedRowOfEveryTrace)
{
    const auto chart = makeRowChart();
    const Theme theme = lightTheme();
    EXPECT_TRUE(updateRowChart(*chart, threeTokens(), RowOrder::Position, theme).isEmpty());
    EXPECT_EQ(barsOf(*chart, 0), mapA()[0]);
    EXPECT_EQ(barsOf(*chart, 1), mapB()[0]);
    const auto* series = qobject_cast<QBarSeries*>(chart->series().constFirst());
    EXPECT_EQ(series->barSets()[1]->color(), theme.traceB);
    auto* axis = qobject_cast<QValueAxis*>(chart->axes(Qt::Vertical).constFirst());
    EXPECT_DOUBLE_EQ(axis->min(), 0.0);
    EXPECT_GE(axis->max(), 0.5);
}

TEST(RowChartTest, OrdersByWeightAndByDifference)
{
    const Matrix a = {{0.1F, 0.6F, 0.3F}, {1, 0, 0}, {1, 0, 0}}, b = {{0.4F, 0.5F, 0.1F}, {1, 0, 0}, {1, 0, 0}};
    const auto comparison = SyntheticComparison({"x", "y", "z"}).trace(a).trace(b).make();
    const auto chart = makeRowChart();
    updateRowChart(*chart, comparison, RowOrder::Weight, lightTheme());
    EXPECT_EQ(barsOf(*chart, 0), (std::vector<float>{0.6F, 0.1F, 0.3F}));  // by the larger of the two: 0.6, 0.4, 0.3
    updateRowChart(*chart, comparison, RowOrder::Difference, lightTheme());
    EXPECT_EQ(barsOf(*chart, 0), (std::vector<float>{0.1F, 0.3F, 0.6F}));
    EXPECT_EQ(chart->series().size(), 1);
    EXPECT_EQ(chart->axes().size(), 2);
}

TEST(RowChartTest, LongRowsShowTheLargestAndSaySo)
{
    const auto chart = makeRowChart();
    const QString note = updateRowChart(*chart, sample(200), RowOrder::Position, darkTheme());
    EXPECT_TRUE(note.contains(QStringLiteral("32 of 200 keys"))) << note.toStdString();
    const auto shown = barsOf(*chart, 0);
    ASSERT_EQ(shown.size(), 32U);
    const auto row = attentionLike(200, 1)[4];
    EXPECT_EQ(*std::max_element(shown.begin(), shown.end()), *std::max_element(row.begin(), row.end()));
}

TEST(RowChartTest, MaskedKeysHaveNoBars)
{
    const auto chart = makeRowChart();
    updateRowChart(*chart, sample(15, true), RowOrder::Position, lightTheme());
    EXPECT_EQ(barsOf(*chart, 0).size(), 5U);  // query 4 sees keys 0 … 4
}

TEST(RowChartTest, MarksTheSelectedKey)
{
    const Theme theme = lightTheme();
    QGraphicsScene scene;
    auto* chart = makeRowChart().release();
    scene.addItem(chart);  // which owns it now
    chart->resize(600.0, 300.0);
    updateRowChart(*chart, sample(15, false, true), RowOrder::Position, theme);
    QImage image(600, 300, QImage::Format_RGB32);
    image.fill(Qt::white);
    QPainter painter(&image);
    scene.render(&painter, QRectF(0, 0, 600, 300), QRectF(0, 0, 600, 300));
    painter.end();
    const double x = chart->mapToPosition({5.0, 0.0}, chart->series().constFirst()).x();
    const int top = static_cast<int>(chart->plotArea().top()) + 4;
    EXPECT_EQ(image.pixel(static_cast<int>(x), top), theme.accentBg.rgb());
    const double other = chart->mapToPosition({8.0, 0.0}, chart->series().constFirst()).x();
    EXPECT_EQ(image.pixel(static_cast<int>(other), top), theme.panel.rgb());
}

TEST(ThumbnailTest, IsOnePixelACellOrPooled)
{
    const ViewSettings view;
    const HeadMaps small(threeTokens(), threeTokens()->study.selection);
    const QImage a = headThumbnail(small, {0, std::nullopt}, {24, 24}, view, false);
    ASSERT_EQ(a.size(), QSize(3, 3));
    EXPECT_EQ(a.pixel(1, 1), colourMaps()[0].at(1.0));
    const QImage delta = headThumbnail(small, {1, 0}, {24, 24}, view, true);
    EXPECT_EQ(delta.pixel(0, 0), divergingMap(true).at(0.0));
    EXPECT_EQ(delta.pixel(1, 0), divergingMap(true).at(1.0));
    const auto large = sample(100, true);
    const QImage pooled =
        headThumbnail(HeadMaps(large, large->study.selection), {1, std::nullopt}, {24, 24}, view, false);
    EXPECT_EQ(pooled.size(), QSize(20, 20));
    EXPECT_EQ(qAlpha(pooled.pixel(19, 0)), 0);
    EXPECT_EQ(qAlpha(pooled.pixel(0, 19)), 255);
}

}  // namespace
}  // namespace ketscope::test
