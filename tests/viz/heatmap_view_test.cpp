// SPDX-License-Identifier: GPL-3.0-or-later
// What the heatmap's view settings do to its figures: filters, direction, zoom, standard errors, lines.
#include "core/base/error.h"
#include "tests/viz/synthetic.h"
#include "viz/colour_map.h"
#include "viz/figures/heatmap.h"

#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

const QRectF kArea(0.0, 0.0, 900.0, 420.0);

ComparisonPointer with(const ComparisonPointer& comparison, const std::function<void(HeatmapView&)>& change)
{
    auto copy = std::make_shared<Comparison>(*comparison);
    change(copy->study.view.heatmap);
    return copy;
}

QImage painted(const Figure& figure, const Theme& theme = lightTheme(), const QRectF& area = kArea)
{
    QImage image(area.size().toSize(), QImage::Format_RGB32);
    image.fill(theme.panel);
    QPainter painter(&image);
    figure.paint(painter, area, theme);
    return image;
}

ComparisonPointer topOne()
{
    return with(threeTokens(), [](HeatmapView& view) {
        view.filter.kind = MapFilter::Kind::Largest;
        view.filter.largest = 1;
    });
}

TEST(HeatmapViewTest, FilteredCellsAreAbsentAndSaidToBe)
{
    const Heatmap figure(topOne());
    const Theme theme = lightTheme();
    const HeatmapLayout layout = figure.layout(kArea, theme);
    const QImage image = painted(figure);
    const auto colour = [&](int panel, std::size_t q, std::size_t k) {
        return image.pixel((layout.cellRect(panel, q, k).topLeft() + QPointF(2, 2)).toPoint());
    };
    // Row 0 of A: 0.5, 0.25, 0.25; of B: 0.25, 0.5, 0.25.
    EXPECT_NE(colour(0, 0, 0), theme.panel.rgb());
    EXPECT_EQ(colour(0, 0, 1), theme.panel.rgb());
    EXPECT_EQ(colour(1, 0, 0), theme.panel.rgb());
    EXPECT_NE(colour(1, 0, 1), theme.panel.rgb());
    // A difference shows what either shows.
    EXPECT_NE(colour(2, 0, 0), theme.panel.rgb());
    EXPECT_NE(colour(2, 0, 1), theme.panel.rgb());
    EXPECT_EQ(colour(2, 0, 2), theme.panel.rgb());
    const QString said = QStringLiteral("top 1 keys a row shown, not renormalised");
    EXPECT_TRUE(figure.panelDetails(0).contains(said));
    EXPECT_TRUE(figure.caption().contains(said.mid(1)));
    EXPECT_TRUE(figure.metrics().contains(QStringLiteral("of all weights")));
    const Table table = figure.table();
    EXPECT_EQ(table.rows[1][4], QString());
    EXPECT_EQ(table.rows[1][5].toFloat(), 0.5F);
    EXPECT_TRUE(figure.sentence(0, 1).contains(QStringLiteral("A 0.250000 (filtered out)")));
}

TEST(HeatmapViewTest, MeasuresAreOfAllWeights)
{
    EXPECT_EQ(Heatmap(topOne()).data()->difference()->kl, Heatmap(threeTokens()).data()->difference()->kl);
}

TEST(HeatmapViewTest, RenormalisedRowsSumToOneAgain)
{
    auto comparison = std::make_shared<Comparison>(*threeTokens());
    comparison->input.tokens[0].special = true;
    comparison->study.view.heatmap.filter.hideSpecial = true;
    comparison->study.view.heatmap.filter.renormalise = true;
    const Heatmap figure(comparison);
    const auto value = [&](std::size_t k) { return figure.maps().cell({0, std::nullopt, false}, 1, k).value; };
    EXPECT_NEAR(value(1), 0.8 / 0.9, 1e-6);
    EXPECT_NEAR(value(1) + value(2), 1.0, 1e-6);
    EXPECT_EQ(figure.maps().cell({0, std::nullopt, false}, 1, 0).state, CellState::Hidden);
    EXPECT_TRUE(figure.caption().contains(QStringLiteral("rows renormalised over the other keys")));
}

TEST(HeatmapViewTest, RanksFollowTheDirection)
{
    const auto column = with(threeTokens(), [](HeatmapView& view) { view.direction = AttentionDirection::ToKey; });
    // Column 1 of A: 0.25, 0.8, 0.36; of B: 0.5, 0.8, 0.32.
    EXPECT_TRUE(Heatmap(column).sentence(0, 1).endsWith(QStringLiteral("rank in the column: A 3, B 2 of 3")));
}

TEST(HeatmapViewTest, ZoomShowsTheWindowLargerAndInEveryMap)
{
    const auto comparison = with(sample(30), [](HeatmapView& view) { view.window = {10, 8, 4, 8}; });
    const Heatmap whole(sample(30)), part(comparison);
    const Theme theme = lightTheme();
    const HeatmapLayout before = whole.layout(kArea, theme), after = part.layout(kArea, theme);
    EXPECT_GT(after.cell, before.cell);
    EXPECT_FALSE(before.overview);
    ASSERT_TRUE(after.overview);
    for (int panel = 0; panel < 3; ++panel) {
        const auto first = after.cellAt(panel, after.mapRect(panel).topLeft() + QPointF(1, 1));
        ASSERT_TRUE(first);
        EXPECT_EQ(first->query, 10U);
        EXPECT_EQ(first->key, 4U);
        const Hit hit = part.hit(after.cellRect(panel, 17, 11).center(), kArea, theme);
        EXPECT_EQ(hit.query, 17U);
        EXPECT_EQ(hit.key, 11U);
        EXPECT_TRUE(after.mapRect(panel).contains(after.cellRect(panel, 17, 11)));
    }
    EXPECT_EQ(part.table().rows.size(), 64U);
    EXPECT_EQ(part.table().rows.front()[0], QStringLiteral("10"));
    EXPECT_TRUE(part.caption().contains(QStringLiteral("queries 10–17 and keys 4–11 of 30 × 30")));
    // The same weights have the same colours.
    const QImage image = painted(part), all = painted(whole);
    EXPECT_EQ(image.pixel((after.cellRect(0, 12, 6).topLeft() + QPointF(2, 2)).toPoint()),
              all.pixel((before.cellRect(0, 12, 6).topLeft() + QPointF(2, 2)).toPoint()));
}

TEST(HeatmapViewTest, DataAreKeptWhileOnlyTheWindowMoves)
{
    const Heatmap first(sample(30));
    auto moved = std::make_shared<Comparison>(first.maps().comparison());
    moved->study.view.heatmap.window = {3, 9, 3, 9};
    moved->study.selection.query = 2;
    HeatmapOptions options;
    options.data = first.data();
    EXPECT_EQ(Heatmap(moved, options).data(), first.data());
    moved->study.view.heatmap.filter.hideSpecial = true;
    EXPECT_NE(Heatmap(moved, options).data(), first.data());
}

TEST(HeatmapViewTest, StandardErrorsHaveAMapOfTheirOwn)
{
    Matrix errors(3, std::vector<float>(3, 0.01F));
    errors[1][2] = 0.04F;
    const auto comparison = SyntheticComparison({"a", "b", "c"}).trace(mapA()).trace(mapB(), errors).make();
    const auto figure = figureType(QStringLiteral("standard-error")).make(comparison);
    const auto* map = dynamic_cast<const Heatmap*>(figure.get());
    ASSERT_NE(map, nullptr);
    ASSERT_EQ(map->sources().size(), 1U);  // A is exact
    const HeatmapLayout layout = map->layout(kArea, lightTheme());
    const QImage image = painted(*figure);
    const auto scale = ValueScale::sequential(ColourScale::Linear, map->maximum());
    const auto colour = [&](std::size_t q, std::size_t k) {
        return image.pixel((layout.cellRect(0, q, k).topLeft() + QPointF(2, 2)).toPoint());
    };
    EXPECT_EQ(colour(1, 2), colourMap(QStringLiteral("cividis")).at(scale.position(0.04F)));
    EXPECT_EQ(colour(0, 0), colourMap(QStringLiteral("cividis")).at(scale.position(0.01F)));
    EXPECT_TRUE(figure->hit(layout.cellRect(0, 1, 2).center(), kArea, lightTheme())
                    .sentence.contains(QStringLiteral("SE of B 0.0400")));
    EXPECT_EQ(figure->table().header.last(), QStringLiteral("B SE"));
    EXPECT_THROW(figureType(QStringLiteral("standard-error")).make(threeTokens()), Error);
}

TEST(BipartiteTest, LabelsAreHitAndLinesHaveTheWeights)
{
    const auto figure = figureType(QStringLiteral("bipartite")).make(threeTokens());
    const Table table = figure->table();
    EXPECT_EQ(table.header.last(), QStringLiteral("weight"));
    EXPECT_EQ(table.rows.size(), 8U + 9U);  // A has one weight of zero
    EXPECT_EQ(table.rows[1].mid(0, 5).join(u'|'), QStringLiteral("A|0|is|1|it"));
    EXPECT_EQ(table.rows[1][5].toFloat(), 0.25F);
    const QRectF area(0, 0, 600, figure->heightFor(600, lightTheme()));
    std::set<std::size_t> queries, keys;
    for (double y = area.top(); y < area.bottom(); y += 3.0) {
        const Hit left = figure->hit({4.0, y}, area, lightTheme());
        if (left.query)
            queries.insert(*left.query);
        const Hit right = figure->hit({284.0, y}, area, lightTheme());
        if (right.key)
            keys.insert(*right.key);
    }
    EXPECT_EQ(queries.size(), 3U);
    EXPECT_EQ(keys.size(), 3U);
    EXPECT_TRUE(figure->caption().contains(QStringLiteral("from query 0 “is”")));
}

// B's even weights are each a three-hundredth of A's one: those of the selected query are drawn all the same.
TEST(BipartiteTest, EvenWeightsBesideAMapOfOneKeyAreSeen)
{
    constexpr std::size_t kTokens = 300;
    Matrix one(kTokens, std::vector<float>(kTokens, 0.0F));
    for (std::vector<float>& row : one)
        row[0] = 1.0F;
    const Matrix even(kTokens, std::vector<float>(kTokens, 1.0F / static_cast<float>(kTokens)));
    SyntheticComparison made(sentence(kTokens));
    made.trace(one).trace(even).select(150, 0);
    const QImage image = painted(*figureType(QStringLiteral("bipartite")).make(made.make()));
    int orange = 0;  // in B's half, below its header
    for (int y = 80; y < image.height(); ++y)
        for (int x = image.width() / 2 + 20; x < image.width(); ++x)
            orange += image.pixelColor(x, y).red() > image.pixelColor(x, y).blue() + 25 ? 1 : 0;
    EXPECT_GT(orange, 500);
}

// Hundreds of lines to one token would be a surface: the thickest of neighbours stand for them, and the header says so.
TEST(BipartiteTest, ManyLinesToOneTokenAreThinned)
{
    constexpr std::size_t kTokens = 508;
    const Matrix even(kTokens, std::vector<float>(kTokens, 1.0F / static_cast<float>(kTokens)));
    SyntheticComparison made(sentence(kTokens));
    made.trace(even).select(0, 250);
    const auto figure = figureType(QStringLiteral("bipartite")).make(with(made.make(), [](HeatmapView& view) {
        view.direction = AttentionDirection::ToKey;
    }));
    EXPECT_TRUE(figure->caption().contains(QStringLiteral("Only the thickest of every 4 × 4 cells")))
        << figure->caption().toStdString();
    const Theme& theme = lightTheme();
    const QRectF area(0, 0, 600, 900);
    QImage image(area.size().toSize(), QImage::Format_ARGB32);
    image.fill(theme.panel);
    QPainter painter(&image);
    figure->paint(painter, area, theme);
    painter.end();
    // Down a column near the queries, between lines in A's colour there is ground again and again.
    int changes = 0;
    bool blue = false;
    for (int y = 70; y < image.height(); ++y) {
        const QColor colour = image.pixelColor(200, y);
        const bool now = colour.blue() > colour.red() + 30;
        changes += now != std::exchange(blue, now) ? 1 : 0;
    }
    EXPECT_GT(changes, 120);
    EXPECT_EQ(figure->table().rows.size(), kTokens * kTokens);  // all of it
    const auto few = figureType(QStringLiteral("bipartite")).make(threeTokens());
    EXPECT_FALSE(few->caption().contains(QStringLiteral("the thickest of every")));
}

TEST(BipartiteTest, FiltersAndWindowLeaveLinesOut)
{
    const FigureType& type = figureType(QStringLiteral("bipartite"));
    EXPECT_EQ(type.make(topOne())->table().rows.size(), 6U);
    const auto window = with(threeTokens(), [](HeatmapView& view) { view.window = {0, 2, 1, 1}; });
    EXPECT_EQ(type.make(window)->table().rows.size(), 4U);
    EXPECT_NE(painted(*type.make(topOne())), painted(*type.make(threeTokens())));
}

TEST(Heatmap, ShowsTheComparedPairInItsOrder)
{
    auto comparison = std::make_shared<Comparison>(*sampleOfTraces(6, 3));
    comparison->study.view.compared = {2, 1, false, {}};
    const Heatmap figure(comparison);
    ASSERT_EQ(figure.sources().size(), 3U);
    EXPECT_EQ(figure.sources()[0].trace, 2U);
    EXPECT_EQ(figure.sources()[1].trace, 1U);
    EXPECT_EQ(figure.sources()[2].trace, 1U);
    EXPECT_EQ(figure.sources()[2].baseline, 2U);
    const double b = figure.maps().weights(1)(4, 5), c = figure.maps().weights(2)(4, 5);
    EXPECT_NEAR(figure.maps().cell(figure.sources()[2], 4, 5).value, b - c, 1e-7);
    EXPECT_TRUE(figure.caption().contains(QStringLiteral("Δ is B − C"))) << figure.caption().toStdString();
    comparison->study.view.compared.everyTrace = true;
    EXPECT_EQ(Heatmap(comparison).sources().size(), 3U) << "all traces, no difference";
    EXPECT_TRUE(Heatmap(comparison).alikeInGrey(600.0, lightTheme()).isEmpty());
}

TEST(Heatmap, MoreThanThreeTracesStandInTwoRowsOnOneScale)
{
    const Heatmap figure(sampleOfTraces(9, 5));
    const HeatmapLayout layout = figure.layout(QRectF(0, 0, 2000, 1200), lightTheme());
    ASSERT_EQ(layout.panelCount(), 5);
    EXPECT_EQ(layout.mapRect(0).top(), layout.mapRect(2).top());
    EXPECT_EQ(layout.mapRect(3).top(), layout.mapRect(4).top());
    EXPECT_GT(layout.mapRect(3).top(), layout.mapRect(2).bottom());
    EXPECT_FALSE(layout.differenceBar.has_value());
    double largest = 0.0;
    for (const MapSource& source : figure.sources())
        for (std::size_t query = 0; query < 9; ++query)
            for (std::size_t key = 0; key < 9; ++key)
                largest = std::max(largest, figure.maps().cell(source, query, key).value);
    EXPECT_GE(figure.maximum(), largest);
}

}  // namespace
}  // namespace ketscope::test
