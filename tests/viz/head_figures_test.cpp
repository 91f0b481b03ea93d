// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/head_statistics.h"
#include "core/study/patch_places.h"
#include "tests/support/aligned.h"
#include "tests/viz/synthetic.h"
#include "viz/figures/head_matrix.h"
#include "viz/line_plot.h"

#include <QImage>
#include <cmath>
#include <gtest/gtest.h>
#include <set>

namespace ketscope::test {
namespace {

const QRectF kArea(0, 0, 700, 300);

std::unique_ptr<Figure> figure(const char* id, const ComparisonPointer& comparison)
{
    return figureType(QString::fromLatin1(id)).make(comparison);
}

double number(const Table& table, std::size_t row, const QString& column)
{
    return table.rows.at(row).at(table.header.indexOf(column)).toDouble();
}

double entropyOfRow(const std::vector<float>& row)
{
    double sum = 0.0;
    for (const float a : row)
        sum -= a > 0.0F ? double(a) * std::log(double(a)) : 0.0;
    return sum;
}

TEST(HeadMatrix, TableHasTheMeanEntropyOfEveryHead)
{
    const Table table = HeadMatrix(threeTokens()).table();
    ASSERT_EQ(table.rows.size(), 6U);
    const std::size_t selected = kLayer * 3 + kHead;
    double a = 0.0, b = 0.0;
    for (std::size_t q = 0; q < 3; ++q) {
        a += entropyOfRow(mapA()[q]) / 3.0;
        b += entropyOfRow(mapB()[q]) / 3.0;
    }
    EXPECT_NEAR(number(table, selected, QStringLiteral("A")), a, 1e-6);
    EXPECT_NEAR(number(table, selected, QStringLiteral("B")), b, 1e-6);
    EXPECT_NEAR(number(table, selected, QStringLiteral("Δ")), b - a, 1e-6);
    EXPECT_NEAR(number(table, 0, QStringLiteral("A")), std::log(3.0), 1e-6) << "another head is uniform";
    EXPECT_EQ(table.rows[0][2], QStringLiteral("no"));
    EXPECT_EQ(table.rows[selected][2], QStringLiteral("yes"));
}

TEST(HeadMatrix, ShowsTheMeasureOfTheView)
{
    auto comparison = std::make_shared<Comparison>(*threeTokens());
    comparison->study.view.headMeasure = "self";
    const Table table = HeadMatrix(comparison).table();
    double self = 0.0;
    for (std::size_t q = 0; q < 3; ++q)
        self += double(mapA()[q][q]) / 3.0;
    EXPECT_NEAR(number(table, kLayer * 3 + kHead, QStringLiteral("A")), self, 1e-6);
    comparison->study.view.headMeasure = "sharpness";
    EXPECT_THROW(HeadMatrix{comparison}, Error);
}

TEST(HeadMatrix, TheCellUnderThePointIsItsHead)
{
    const HeadMatrix matrix(threeTokens());
    const Theme theme = lightTheme();
    const HeadMatrixLayout layout = matrix.layout(kArea, theme);
    ASSERT_EQ(layout.maps.size(), 3U);
    for (std::size_t panel = 0; panel < 3; ++panel)
        for (std::size_t layer = 0; layer < 2; ++layer)
            for (std::size_t head = 0; head < 3; ++head) {
                const QPointF at = layout.maps[panel].topLeft()
                                   + QPointF((double(head) + 0.5) * layout.pitch, (double(layer) + 0.5) * layout.pitch);
                const Hit hit = matrix.hit(at, kArea, theme);
                EXPECT_EQ(hit.panel, int(panel));
                EXPECT_EQ(hit.layer, layer);
                EXPECT_EQ(hit.head, head);
                EXPECT_TRUE(hit.sentence.startsWith(QStringLiteral("layer %1, head %2: ").arg(layer).arg(head)));
            }
    EXPECT_EQ(matrix.hit(QPointF(-5, -5), kArea, theme).panel, -1);
}

// 12 × 12 heads never leave the area, and panels go below each other when cells would be too small to read.
TEST(HeadMatrix, FitsEveryWidth)
{
    const HeadMatrix matrix(threeTokens());
    for (const double scale : {0.9, 1.0, 2.0})
        for (const double width : {240.0, 340.0, 700.0, 1400.0}) {
            const Theme theme = lightTheme(scale);
            const HeadMatrixLayout layout = matrix.layout(QRectF(0, 0, width, 0), theme);
            for (const QRectF& map : layout.maps)
                EXPECT_LE(map.right(), width) << scale << " " << width;
            EXPECT_LE(layout.weightBar->right(), width);
            EXPECT_LE(layout.maps.back().bottom(), layout.height);
        }
}

TEST(TokenEntropy, IsTheEntropyOfEveryRow)
{
    const Table table = figure("token-entropy", threeTokens())->table();
    ASSERT_EQ(table.rows.size(), 3U);
    for (std::size_t q = 0; q < 3; ++q) {
        EXPECT_NEAR(number(table, q, QStringLiteral("A")), entropyOfRow(mapA()[q]), 1e-6);
        EXPECT_NEAR(number(table, q, QStringLiteral("B")), entropyOfRow(mapB()[q]), 1e-6);
        EXPECT_NEAR(number(table, q, QStringLiteral("uniform")), std::log(3.0), 1e-8);
    }
}

TEST(TokenEntropy, TheUniformLineOfACausalStackRises)
{
    const Table table = figure("token-entropy", sample(6, true))->table();
    for (std::size_t q = 0; q < 6; ++q)
        EXPECT_NEAR(number(table, q, QStringLiteral("uniform")), std::log(double(q + 1)), 1e-8);
}

TEST(DistanceProfile, SumsTheMassAtEveryDistance)
{
    const Table table = figure("distance-profile", threeTokens())->table();
    ASSERT_EQ(table.rows.size(), 3U);
    for (std::size_t distance = 0; distance < 3; ++distance) {
        double mass = 0.0;
        for (std::size_t q = 0; q < 3; ++q)
            for (std::size_t k = 0; k < 3; ++k)
                mass += (q > k ? q - k : k - q) == distance ? double(mapA()[q][k]) / 3.0 : 0.0;
        EXPECT_NEAR(number(table, distance, QStringLiteral("A")), mass, 1e-6);
    }
    EXPECT_NEAR(number(table, 0, QStringLiteral("uniform")), 1.0 / 3.0, 1e-8);
    EXPECT_NEAR(number(table, 2, QStringLiteral("uniform")), 2.0 / 9.0, 1e-8);
}

TEST(DistanceProfile, CumulativeEndsAtOneAndUniformAgainstItselfIsOne)
{
    auto comparison = std::make_shared<Comparison>(*threeTokens());
    comparison->study.view.distanceCurve = DistanceCurve::Cumulative;
    EXPECT_NEAR(number(figure("distance-profile", comparison)->table(), 2, QStringLiteral("A")), 1.0, 1e-6);
    comparison->study.view.distanceCurve = DistanceCurve::AgainstUniform;
    const Table ratios = figure("distance-profile", comparison)->table();
    for (std::size_t distance = 0; distance < 3; ++distance)
        EXPECT_NEAR(number(ratios, distance, QStringLiteral("uniform")), 1.0, 1e-12);
}

// Words look at patches: there is no distance between them.
TEST(DistanceProfile, IsRefusedWhereQueriesAndKeysAreDifferentTokens)
{
    auto comparison = std::make_shared<Comparison>(*threeTokens());
    comparison->statistics = std::make_shared<StatisticsMemo>();
    comparison->model.stacks[0].keys = TokenAxis::Image;
    EXPECT_THROW(makeFigure(figureType(QStringLiteral("distance-profile")), comparison), Error);
    EXPECT_TRUE(std::isnan((*comparison->statistics->of(*comparison, 0, 0))[0][0].meanDistance));
    EXPECT_FALSE(std::isnan((*comparison->statistics->of(*comparison, 0, 0))[0][0].entropy));
}

// Distances in the picture's own stack are those on the grid, and the class token has none.
TEST(DistanceProfile, OfPatchesIsOnTheirGrid)
{
    auto comparison = std::make_shared<Comparison>(*Aligned().make());
    const auto& stacks = comparison->model.stacks;
    const auto vision = std::ranges::find_if(stacks, [](const StackInfo& stack) {
        return stack.queries == TokenAxis::Image && stack.keys == TokenAxis::Image;
    });
    ASSERT_NE(vision, stacks.end());
    comparison->study.selection = {static_cast<std::size_t>(vision - stacks.begin()), 0, 0, 0, 0};
    const auto rows = figure("row-distance", comparison), columns = figure("column-distance", comparison);
    EXPECT_EQ(rows->table().rows.size(), kAlignedRows);
    EXPECT_EQ(columns->table().rows.size(), kAlignedColumns);
    const auto euclidean = figure("distance-profile", comparison);
    EXPECT_EQ(euclidean->table().rows.size(),
              std::size_t(std::lround(std::hypot(kAlignedRows - 1, kAlignedColumns - 1))) + 1);
    double sum = 0.0;
    for (std::size_t i = 0; i < euclidean->table().rows.size(); ++i)
        sum += number(euclidean->table(), i, QStringLiteral("A"));
    EXPECT_NEAR(sum, 1.0, 1e-6);
    EXPECT_TRUE(euclidean->caption().contains(QStringLiteral("class token left out")));
    EXPECT_FALSE(obstacleOf(figureType(QStringLiteral("row-distance")), *threeTokens()).isEmpty());
}

// The ranking measures distances as the profile beside it does: between patches on their grid, as the view says.
TEST(HeadRanking, DistancesOfPatchesAreOnTheirGrid)
{
    auto comparison = std::make_shared<Comparison>(*Aligned().make());
    const auto& stacks = comparison->model.stacks;
    const auto vision = std::ranges::find_if(stacks, [](const StackInfo& stack) {
        return stack.queries == TokenAxis::Image && stack.keys == TokenAxis::Image;
    });
    const auto stack = static_cast<std::size_t>(vision - stacks.begin());
    comparison->study.selection = {stack, 0, 0, 0, 0};
    comparison->plans[1] = nullptr;  // not known: every head may differ
    // B looks at the next patch below, A at every patch alike.
    auto changed = std::make_shared<Trace>(*comparison->traces[1]);
    Tensor maps = Tensor::zeros(changed->stacks[stack].attention[0]->shape());
    const std::size_t tokens = maps.shape()[1], first = tokens - kAlignedPatches;
    for (std::size_t head = 0; head < maps.shape()[0]; ++head)
        for (std::size_t token = 0; token < tokens; ++token)
            maps.matrix({head}).row(token)[token + kAlignedColumns < tokens ? token + kAlignedColumns : first] = 1.0F;
    changed->stacks[stack].attention[0] = std::make_shared<const Tensor>(std::move(maps));
    comparison->traces[1] = changed;
    const auto places = patchPlacesOf(*comparison);
    ASSERT_TRUE(places.has_value());
    for (const PatchDistance distance : {PatchDistance::Euclidean, PatchDistance::Rows}) {
        comparison->study.view.patchDistance = distance;
        const auto mean = [&](std::size_t trace) {
            return meanPatchDistance(comparison->traces[trace]->stacks[stack].attention[0]->matrix({0}), *places,
                                     distance);
        };
        const Table table = figure("head-ranking", comparison)->table();
        const auto row =
            std::ranges::find_if(table.rows, [](const auto& each) { return each[0] == u"0" && each[1] == u"0"; });
        ASSERT_NE(row, table.rows.end());
        EXPECT_NEAR(row->at(3).toDouble(), mean(1) - mean(0), 1e-6);
    }
}

TEST(StandardErrorFigure, SaysWhyItCannotBeDrawn)
{
    const FigureType& type = figureType(QStringLiteral("standard-error"));
    EXPECT_FALSE(obstacleOf(type, *sample(9)).isEmpty());
    EXPECT_TRUE(obstacleOf(type, *sample(9, false, true)).isEmpty());
    EXPECT_NE(makeFigure(type, sample(9, false, true)), nullptr);
}

TEST(CurveFigures, ThePositionUnderThePointIsSaid)
{
    const Theme theme = lightTheme();
    const auto curve = figure("token-entropy", threeTokens());
    std::set<std::size_t> seen;
    for (double x = 0; x < kArea.width(); x += 5.0) {
        const Hit hit = curve->hit(QPointF(x, 120), kArea, theme);
        if (hit.query) {
            seen.insert(*hit.query);
            EXPECT_TRUE(hit.sentence.contains(QStringLiteral("entropy A")));
        }
    }
    EXPECT_EQ(seen, (std::set<std::size_t>{0, 1, 2}));
}

TEST(LinePlot, PositionsAndValuesLieWhereTheAxesSay)
{
    LinePlot plot;
    plot.series = {{0, {}, {0.0, 0.5, 1.0}}};
    const LinePlotLayout layout = layoutLinePlot(plot, kArea, lightTheme());
    EXPECT_DOUBLE_EQ(layout.yOf(0.0), layout.plot.bottom());
    EXPECT_DOUBLE_EQ(layout.yOf(1.0), layout.plot.top());
    EXPECT_DOUBLE_EQ(layout.xOf(1), (layout.xOf(0) + layout.xOf(2)) / 2.0);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(layout.positionAt({layout.xOf(double(i)), layout.plot.center().y()}), i);
}

TEST(LinePlot, TicksHaveTheDecimalsThatTheyNeed)
{
    EXPECT_EQ(tickDecimals(1.0), 0);
    EXPECT_EQ(tickDecimals(20.0), 0);
    EXPECT_EQ(tickDecimals(0.5), 1);
    EXPECT_EQ(tickDecimals(0.025), 3);
    EXPECT_EQ(tickDecimals(5e-7), 7);  // of cosines that differ in the seventh decimal
    EXPECT_EQ(tickDecimals(1e-12), 9);
}

TEST(LinePlot, AGapIsNotBridged)
{
    LinePlot plot;
    plot.series = {{0, {}, {1.0, 1.0, std::nan(""), 1.0, 1.0}}};
    const Theme theme = lightTheme();
    QImage image(700, 300, QImage::Format_RGB32);
    image.fill(theme.panel);
    QPainter painter(&image);
    plot.maximum = 2.0;
    paintLinePlot(painter, plot, kArea, theme);
    painter.end();
    const LinePlotLayout layout = layoutLinePlot(plot, kArea, theme);
    const auto column = [&](double position) {
        for (int y = int(layout.yOf(1.0)) - 2; y <= int(layout.yOf(1.0)) + 2; ++y)
            if (QColor(image.pixel(int(layout.xOf(position)), y)).blue()
                    - QColor(image.pixel(int(layout.xOf(position)), y)).red()
                > 60)
                return true;
        return false;
    };
    EXPECT_TRUE(column(0.5));
    EXPECT_FALSE(column(2.0));
    EXPECT_TRUE(column(3.5));
}

TEST(HeadFigures, FollowTheComparedPair)
{
    auto comparison = std::make_shared<Comparison>(*sampleOfTraces(6, 3));
    comparison->study.view.compared = {1, 2, false, {}};
    for (const char* id : {"head-matrix", "head-ranking", "token-entropy", "distance-profile"}) {
        const auto figure = figureType(QString::fromLatin1(id)).make(comparison);
        EXPECT_FALSE(figure->caption().contains(QStringLiteral("A,"))) << id << figure->caption().toStdString();
        EXPECT_TRUE(figure->caption().contains(QStringLiteral("C,"))) << id;
    }
    const Table table = figureType(QStringLiteral("head-matrix")).make(comparison)->table();
    EXPECT_EQ(table.header.mid(3), (QStringList{QStringLiteral("B"), QStringLiteral("C"), QStringLiteral("Δ")}));
    for (const QStringList& row : table.rows)
        EXPECT_NEAR(row[5].toDouble(), row[4].toDouble() - row[3].toDouble(), 1e-6);
}

}  // namespace
}  // namespace ketscope::test
