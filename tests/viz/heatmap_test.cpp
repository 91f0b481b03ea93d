// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/heatmap.h"

#include "core/base/error.h"
#include "tests/viz/synthetic.h"
#include "viz/colour_map.h"
#include "viz/map_panel.h"

#include <gtest/gtest.h>
#include <limits>

namespace ketscope::test {
namespace {

const QRectF kArea(0.0, 0.0, 900.0, 420.0);

QImage painted(const Figure& figure, const Theme& theme, const QRectF& area = kArea)
{
    QImage image(area.size().toSize(), QImage::Format_RGB32);
    image.fill(theme.panel);
    QPainter painter(&image);
    figure.paint(painter, area, theme);
    return image;
}

QRgb at(const QImage& image, QPointF where) { return image.pixel(where.toPoint()); }

// Away from marks, which are drawn around the middle of a cell.
QPointF corner(const QRectF& cell) { return cell.topLeft() + QPointF(2.0, 2.0); }

TEST(HeatmapTest, IsRegistered)
{
    const FigureType& type = figureType(QStringLiteral("heatmap"));
    EXPECT_EQ(type.id, QStringLiteral("heatmap"));
    EXPECT_NE(dynamic_cast<Heatmap*>(type.make(threeTokens()).get()), nullptr);
    EXPECT_THROW(figureType(QStringLiteral("piechart")), Error);
}

TEST(HeatmapTest, CellsHaveTheColourOfTheirValue)
{
    for (const Theme& theme : {lightTheme(), darkTheme()}) {
        const Heatmap figure(threeTokens());
        const HeatmapLayout layout = figure.layout(kArea, theme);
        const QImage image = painted(figure, theme);
        ASSERT_EQ(layout.panelCount(), 3);
        // Largest weight 0.8 of both maps is the end of one shared scale.
        EXPECT_DOUBLE_EQ(figure.maximum(), 0.8);
        const auto weights = ValueScale::sequential(ColourScale::SquareRoot, 0.8);
        const auto deltas = ValueScale::symmetric(ColourScale::SquareRoot, 0.3);
        for (std::size_t q = 0; q < 3; ++q) {
            for (std::size_t k = 0; k < 3; ++k) {
                const double a = mapA()[q][k], b = mapB()[q][k];
                EXPECT_EQ(at(image, corner(layout.cellRect(0, q, k))), colourMaps()[0].at(weights.position(a)));
                EXPECT_EQ(at(image, corner(layout.cellRect(1, q, k))), colourMaps()[0].at(weights.position(b)));
                EXPECT_EQ(at(image, corner(layout.cellRect(2, q, k))),
                          divergingMap(theme.dark).at(deltas.position(b - a)));
            }
        }
    }
}

TEST(HeatmapTest, DifferenceIsBlueForLessAndOrangeForMore)
{
    const Heatmap figure(threeTokens());
    const Theme theme = printTheme();
    const HeatmapLayout layout = figure.layout(kArea, theme);
    const QImage image = painted(figure, theme);
    const QColor less(at(image, corner(layout.cellRect(2, 0, 0))));  // 0.5 → 0.25
    const QColor more(at(image, corner(layout.cellRect(2, 0, 1))));  // 0.25 → 0.5
    EXPECT_GT(less.blue(), less.red() + 40);
    EXPECT_GT(more.red(), more.blue() + 40);
    EXPECT_EQ(at(image, corner(layout.cellRect(2, 1, 1))), qRgb(0xF4, 0xF4, 0xF2));  // 0.8 → 0.8
}

TEST(HeatmapTest, CellsOfOneLayoutDoNotOverlapAndShareRows)
{
    const Heatmap figure(sample(15));
    const HeatmapLayout layout = figure.layout(kArea, lightTheme());
    EXPECT_DOUBLE_EQ(layout.gap, 1.0);
    for (int panel = 0; panel < 3; ++panel) {
        EXPECT_TRUE(kArea.contains(layout.mapRect(panel)));
        EXPECT_DOUBLE_EQ(layout.mapRect(panel).top(), layout.mapRect(0).top());
        EXPECT_EQ(layout.mapRect(panel).size(), layout.mapRect(0).size());
        EXPECT_FALSE(layout.cellRect(panel, 3, 4).intersects(layout.cellRect(panel, 3, 5)));
        EXPECT_TRUE(layout.rowBand(panel, 3).contains(layout.cellRect(panel, 3, 14)));
        EXPECT_TRUE(layout.columnBand(panel, 4).contains(layout.cellRect(panel, 14, 4)));
        EXPECT_EQ(layout.panels[static_cast<std::size_t>(panel)].rowLabels.has_value(), panel == 0);
    }
    EXPECT_LE(layout.height, kArea.height());
}

TEST(HeatmapTest, HitFindsTheCellThatIsDrawnThere)
{
    for (const std::size_t tokens : {std::size_t{15}, std::size_t{64}}) {
        const Heatmap figure(sample(tokens));
        const Theme theme = lightTheme();
        const HeatmapLayout layout = figure.layout(kArea, theme);
        for (int panel = 0; panel < 3; ++panel) {
            const Hit hit = figure.hit(layout.cellRect(panel, 3, 7).center(), kArea, theme);
            EXPECT_EQ(hit.panel, panel);
            EXPECT_EQ(hit.query, 3U);
            EXPECT_EQ(hit.key, 7U);
        }
        const Hit row =
            figure.hit({layout.mapRect(0).left() - 10.0, layout.cellRect(0, 5, 0).center().y()}, kArea, theme);
        EXPECT_EQ(row.query, 5U);
        EXPECT_FALSE(row.key);
        // Up along the slant, a column's label is still that column's.
        const QPointF slant(10.0, -10.0 * std::tan(layout.labelAngle * 3.14159265 / 180.0));
        const QPointF column(layout.cellRect(1, 0, 6).center().x(), layout.mapRect(1).top());
        const Hit key = figure.hit(column + slant, kArea, theme);
        EXPECT_EQ(key.key, 6U);
        EXPECT_FALSE(key.query);
        EXPECT_EQ(figure.hit({895.0, 415.0}, kArea, theme).panel, -1);
    }
}

TEST(HeatmapTest, SentenceHasSixDigitsAndStandardErrors)
{
    Matrix errors(3, std::vector<float>(3, 0.015F));
    const auto comparison = SyntheticComparison({"not", "great", "is"}).trace(mapA()).trace(mapB(), errors).make();
    const Heatmap figure(comparison);
    EXPECT_EQ(figure.sentence(0, 1).toStdString(),
              "query 0 “not”, key 1 “great”: A 0.250000, B 0.500000 ± 0.0150 SE, Δ 0.250000; "
              "rank in the row: A 2, B 1 of 3");
    EXPECT_EQ(figure.sentence(0, 0).toStdString(),
              "query 0 “not”, key 0 “not”: A 0.500000, B 0.250000 ± 0.0150 SE, Δ \u22120.250000; "
              "rank in the row: A 1, B 2 of 3");
}

TEST(HeatmapTest, CausalCellsAreDotsOnThePanel)
{
    const auto comparison =
        SyntheticComparison({"a", "b", "c"}).trace({{1, 0, 0}, {0.5F, 0.5F, 0}, {0.2F, 0.3F, 0.5F}}).causal().make();
    const Heatmap figure(comparison);
    const Theme theme = lightTheme();
    const HeatmapLayout layout = figure.layout(kArea, theme);
    const QImage image = painted(figure, theme);
    const QRectF masked = layout.cellRect(0, 0, 2);
    EXPECT_EQ(at(image, corner(masked)), theme.panel.rgb());
    EXPECT_NE(at(image, masked.center()), theme.panel.rgb());
    // A weight of zero that is allowed has the colour of zero.
    EXPECT_NE(at(image, corner(layout.cellRect(0, 2, 0))), theme.panel.rgb());
    EXPECT_EQ(figure.sentence(0, 2).toStdString(), "query 0 “a”, key 2 “c”: masked");
}

TEST(HeatmapTest, PaddingKeysAreMaskedAndPaddingQueriesDoNotCount)
{
    const Matrix even = {{0.5F, 0.5F, 0}, {0.5F, 0.5F, 0}, {1, 0, 0}};
    const Matrix uneven = {{0.5F, 0.5F, 0}, {0.5F, 0.5F, 0}, {0, 1, 0}};
    const auto comparison = SyntheticComparison({"a", "b", "[PAD]"}).trace(even).trace(uneven).padding(1).make();
    const Heatmap figure(comparison);
    EXPECT_EQ(figure.maps().cell({0, std::nullopt}, 0, 2).state, CellState::Masked);
    EXPECT_DOUBLE_EQ(figure.maps().compare(0, 1).maximumDifference, 0.0);
}

TEST(HeatmapTest, ValuesThatAreNotFiniteGetACross)
{
    Matrix broken = mapA();
    broken[1][2] = std::numeric_limits<float>::quiet_NaN();
    broken[2][1] = std::numeric_limits<float>::infinity();
    const auto comparison = SyntheticComparison({"a", "b", "c"}).trace(broken).make();
    const Heatmap figure(comparison);
    const Theme theme = lightTheme();
    const HeatmapLayout layout = figure.layout(kArea, theme);
    const QImage image = painted(figure, theme);
    for (const auto& [q, k] : {std::pair{1, 2}, {2, 1}}) {
        const QRectF cell = layout.cellRect(0, static_cast<std::size_t>(q), static_cast<std::size_t>(k));
        EXPECT_EQ(at(image, cell.center()), theme.error.rgb());
        EXPECT_EQ(at(image, corner(cell)), theme.panel.rgb());
    }
    EXPECT_DOUBLE_EQ(figure.maximum(), 0.8);
}

TEST(HeatmapTest, LabelsEveryKthTokenAndTheSelectedOne)
{
    const Theme theme = lightTheme();
    EXPECT_EQ(Heatmap(sample(15)).layout(kArea, theme).labelStep, 1U);
    const HeatmapLayout layout = Heatmap(sample(64)).layout(kArea, theme);
    EXPECT_GT(layout.labelStep, 1U);
    // Slanted labels of neighbours must not touch.
    const double apart = static_cast<double>(layout.labelStep) * layout.cell * std::sin(47.0 * 3.14159265 / 180.0);
    EXPECT_GE(apart, layout.labelPixels * 0.97);

    const auto inked = [&](const QImage& image, std::size_t query) {
        const double y = layout.mapRect(0).top() + (static_cast<double>(query) + 0.5) * layout.cell;
        for (int x = 0; x < static_cast<int>(layout.mapRect(0).left()) - 8; ++x)
            if (QColor(image.pixel(x, static_cast<int>(y))).lightness() < 150)
                return true;
        return false;
    };
    HeatmapOptions crosshair;
    crosshair.crosshair = true;
    const std::size_t step = layout.labelStep, between = step * 3 + step / 2;
    const Matrix map = attentionLike(64, 1);
    const auto comparison = SyntheticComparison(sentence(64)).trace(map).trace(map).select(between, between).make();
    const QImage plain = painted(Heatmap(comparison), theme);
    const QImage marked = painted(Heatmap(comparison, crosshair), theme);
    EXPECT_TRUE(inked(plain, step * 3));
    EXPECT_FALSE(inked(plain, between));
    EXPECT_TRUE(inked(marked, between));
    EXPECT_FALSE(inked(marked, step * 3));  // gives way
}

// A label that the pointer is at leaves its neighbours whole, or out of sight where it would touch them.
TEST(HeatmapTest, APointedLabelLeavesNoHalfLetters)
{
    const Theme theme = lightTheme();
    for (const std::size_t n : {std::size_t{15}, std::size_t{64}}) {
        SCOPED_TRACE(n);
        const Heatmap figure(sample(n));
        const HeatmapLayout layout = figure.layout(kArea, theme);
        const HeatmapLayout::Panel& panel = layout.panels.front();
        const QImage plain = painted(figure, theme);
        QImage pointed = plain;
        const std::size_t step = layout.labelStep, key = step == 1 ? 7 : 3 * step + step / 2;
        {
            QPainter painter(&pointed);
            figure.paintCrosshair(painter, layout, std::nullopt, key, theme);
        }
        // Ink along a token's slanted label, from `least` to `most` of its size across, below the middle.
        const auto ink = [&](const QImage& image, std::size_t token, double least, double most) {
            const double slant = layout.labelAngle * 3.14159265 / 180.0;
            const QPointF foot(panel.map.left() + (static_cast<double>(token) + 0.5) * layout.cell,
                               panel.map.top() - 5.0);
            int sum = 0;
            for (double along = 0.0; along < layout.labelPixels * 4.0; along += 0.5)
                for (double across = least * layout.labelPixels; across <= most * layout.labelPixels; across += 0.5) {
                    const QPointF where = foot
                                          + QPointF(along * std::cos(slant) + across * std::sin(slant),
                                                    -along * std::sin(slant) + across * std::cos(slant));
                    if (panel.columnLabels.contains(where))
                        sum += 255 - QColor(at(image, where)).lightness();
                }
            return sum;
        };
        for (std::size_t token = 0; token < n; token += step) {
            const std::size_t distance = token > key ? token - key : key - token;
            const int before = ink(plain, token, -0.45, 0.45), now = ink(pointed, token, -0.45, 0.45);
            if (distance >= step) {
                EXPECT_NEAR(now, before, before * 0.08) << token;
            }
        }
        if (step > 1) {
            const int before = ink(plain, 3 * step, -0.4, -0.15), now = ink(pointed, 3 * step, -0.4, -0.15);
            EXPECT_GT(before, 0);
            EXPECT_LT(now, before * 0.1) << "gives way whole";
        }
    }
}

TEST(HeatmapTest, PoolsByTheLargestAndSaysSo)
{
    Matrix flat(512, std::vector<float>(512, 0.001F));
    flat[300][101] = 0.9F;
    const auto comparison = SyntheticComparison(sentence(512)).trace(flat).trace(flat).make();
    const Heatmap figure(comparison);
    const Theme theme = lightTheme();
    const HeatmapLayout layout = figure.layout(kArea, theme);
    ASSERT_GT(layout.pool, 1U);
    EXPECT_LT(layout.cell, 1.0);
    const QImage image = painted(figure, theme);
    const auto scale = ValueScale::sequential(ColourScale::SquareRoot, 0.9);
    EXPECT_EQ(at(image, layout.cellRect(0, 300, 101).center() - QPointF(0.5, 0.5)),
              colourMaps()[0].at(scale.position(0.9)));
    const Hit hit = figure.hit(layout.cellRect(0, 300, 101).center(), kArea, theme);
    EXPECT_EQ(hit.query, 300U);
    EXPECT_EQ(hit.key, 101U);
    EXPECT_TRUE(hit.sentence.contains(QStringLiteral("(largest of %1 × %1)").arg(layout.pool)));
}

TEST(HeatmapTest, PoolingKeepsTheSignOfTheLargestDifference)
{
    const auto comparison =
        SyntheticComparison({"a", "b"}).trace({{0.5F, 0.5F}, {0.5F, 0.5F}}).trace({{0.6F, 0.4F}, {0.1F, 0.9F}}).make();
    const HeadMaps maps(comparison, comparison->study.selection);
    const CellGrid grid = maps.grid({1, 0}, 2);
    ASSERT_EQ(grid.cells.size(), 1U);
    EXPECT_NEAR(grid.at(0, 0).value, -0.4, 1e-6);
}

TEST(HeatmapTest, OneTokenAndManyTokensPaint)
{
    for (const std::size_t tokens : {1, 2, 15, 41, 512}) {
        const Heatmap figure(sample(tokens, false, true));
        const Theme theme = darkTheme(tokens == 15 ? 1.0 : 2.0);
        for (const double width : {120.0, 300.0, 873.0, 1600.0}) {
            const double height = figure.heightFor(width, theme);
            ASSERT_GT(height, 0.0);
            ASSERT_LT(height, 5000.0);
            const QRectF area(0.0, 0.0, width, height);
            EXPECT_NEAR(figure.layout(area, theme).cell, figure.layout(QRectF(0, 0, width, 1e9), theme).cell, 1e-9);
            EXPECT_FALSE(painted(figure, theme, area).isNull());
        }
    }
}

TEST(HeatmapTest, DifferenceMovesBelowWhenNarrow)
{
    const Heatmap figure(sample(15));
    const Theme theme = lightTheme();
    const auto layoutOf = [&](double width) {
        return figure.layout(QRectF(0.0, 0.0, width, figure.heightFor(width, theme)), theme);
    };
    EXPECT_DOUBLE_EQ(layoutOf(900.0).mapRect(2).top(), layoutOf(900.0).mapRect(0).top());
    const HeatmapLayout narrow = layoutOf(460.0);
    EXPECT_DOUBLE_EQ(narrow.mapRect(1).top(), narrow.mapRect(0).top());
    EXPECT_GT(narrow.mapRect(2).top(), narrow.mapRect(0).bottom());
    EXPECT_TRUE(narrow.panels[2].rowLabels);
}

// Words over patches make high, narrow maps: the words below the difference's bar need more room than the map has.
TEST(HeatmapTest, WordsBelowTheBarOfANarrowMapDoNotMeet)
{
    HeatmapContents contents;
    contents.queries = 200;
    contents.keys = 8;
    contents.traces = 2;
    contents.difference = true;
    contents.details.resize(3);
    contents.differenceBar = {{}, QStringLiteral("less in B"), QStringLiteral("more in B"), false};
    const Theme theme = lightTheme();
    const HeatmapLayout layout = layoutHeatmap(contents, kArea, theme);
    EXPECT_LT(layout.mapRect(2).width(), leastColourBarWidth(contents.differenceBar, theme));
    EXPECT_GE(layout.differenceBar->width(), leastColourBarWidth(contents.differenceBar, theme));
    EXPECT_LE(layout.differenceBar->right(), kArea.right());
}

TEST(HeatmapTest, RingsAndHatchingFollowTheStandardError)
{
    EXPECT_DOUBLE_EQ(ringRadius(0.0, 0.5, 20.0), 0.0);
    EXPECT_NEAR(ringRadius(0.04, 0.16, 20.0), 0.5 * ringRadius(0.16, 0.16, 20.0), 1e-12);
    EXPECT_DOUBLE_EQ(ringRadius(9.0, 0.1, 20.0), ringRadius(0.1, 0.1, 20.0));

    const Matrix errors(3, std::vector<float>(3, 0.1F));
    const auto with = SyntheticComparison({"a", "b", "c"}).trace(mapA()).trace(mapB(), errors).make();
    const auto quiet = std::make_shared<Comparison>(*with);
    quiet->study.view.heatmap.standardErrors = false;
    const Theme theme = lightTheme();
    const Heatmap marked(with), plain(quiet);
    const QImage on = painted(marked, theme), off = painted(plain, theme);
    const HeatmapLayout layout = marked.layout(kArea, theme);
    const auto differs = [&](int panel, std::size_t q, std::size_t k) {
        const QRect cell = layout.cellRect(panel, q, k).toRect().adjusted(2, 2, -2, -2);
        return on.copy(cell)
               != off.copy(plain.layout(kArea, theme).cellRect(panel, q, k).toRect().adjusted(2, 2, -2, -2));
    };
    EXPECT_FALSE(differs(0, 0, 0));  // A is exact
    EXPECT_TRUE(differs(1, 0, 0));   // ring
    EXPECT_FALSE(differs(2, 0, 0));  // |Δ| 0.25 is above 2 SE
    EXPECT_TRUE(differs(2, 1, 1));   // Δ 0 is hatched
}

TEST(HeatmapTest, TableHasTheNumbers)
{
    const Table table = Heatmap(threeTokens()).table();
    EXPECT_EQ(table.header.join(QLatin1Char('|')).toStdString(), "query|query token|key|key token|A|B|Δ");
    ASSERT_EQ(table.rows.size(), 9U);
    for (std::size_t q = 0; q < 3; ++q) {
        for (std::size_t k = 0; k < 3; ++k) {
            const QStringList& row = table.rows[q * 3 + k];
            EXPECT_EQ(row[0].toULong(), q);
            EXPECT_EQ(row[2].toULong(), k);
            EXPECT_EQ(row[4].toFloat(), mapA()[q][k]);
            EXPECT_EQ(row[5].toFloat(), mapB()[q][k]);
            EXPECT_FLOAT_EQ(row[6].toFloat(), mapB()[q][k] - mapA()[q][k]);
        }
    }
    EXPECT_EQ(table.rows[1][1], QStringLiteral("is"));
    EXPECT_EQ(table.rows[1][3], QStringLiteral("it"));
}

TEST(HeatmapTest, CaptionTellsWhatWasDone)
{
    const std::string caption =
        Heatmap(threeTokens()).description().replace(QChar::Nbsp, QLatin1Char(' ')).toStdString();
    for (const char* part :
         {"Synthetic (tiny)", "layer 1, head 2", "“is it is”", "A, Exact softmax",
          "B, RFF kernel (m 128 · σ 1), seed 7, layer 1 patched (3 of 6 heads)", "Δ is B − A", "nats", "max |Δ| 0.250"})
        EXPECT_NE(caption.find(part), std::string::npos) << part << "\n" << caption;
    // Entropy of rows (½, ¼, ¼), (0.1, 0.8, 0.1), (0, 0.36, 0.64), by hand.
    EXPECT_NE(caption.find("entropy A 0.78"), std::string::npos) << caption;
}

TEST(HeatmapTest, AQuotedSentenceEndsTheCaptionsSentence)
{
    const auto captionOf = [](const char* text) {
        auto comparison = std::make_shared<Comparison>(*threeTokens());
        comparison->study.input.text = text;
        return Heatmap(comparison).caption().toStdString();
    };
    EXPECT_NE(captionOf("is it is.").find("for “is it is.” A, "), std::string::npos);
    EXPECT_NE(captionOf("is it is").find("for “is it is”. A, "), std::string::npos);
}

TEST(HeatmapTest, SaysWhenTheHeadIsNotInThePlan)
{
    const auto detailHeight = [](const ComparisonPointer& comparison) {
        return Heatmap(comparison).caption().replace(QChar::Nbsp, QLatin1Char(' ')).toStdString();
    };
    const auto other = SyntheticComparison({"a", "b", "c"}).trace(mapA()).trace(mapA()).patch({0}, {0, 1}).make();
    EXPECT_NE(detailHeight(other).find("layer 0 patched (2 of 6 heads)"), std::string::npos);
    EXPECT_EQ(Heatmap(other).panelDetails(1).first().toStdString(), "exact here: layer 1 not in the plan");
    const auto head = SyntheticComparison({"a", "b", "c"}).trace(mapA()).trace(mapA()).patch({1}, {0}).make();
    EXPECT_EQ(Heatmap(head).panelDetails(1).first().toStdString(), "exact here: head 2 not in the plan");
    EXPECT_EQ(Heatmap(threeTokens()).panelDetails(1).join(QLatin1Char('|')).toStdString(),
              "m 128|σ 1|mean entropy 0.82 nats");
}

TEST(HeatmapTest, NegativeWeightsUseTheDivergingMap)
{
    const auto comparison =
        SyntheticComparison({"a", "b", "c"}).trace({{0.5F, -0.25F, 0}, {0.5F, 0.5F, 0}, {0.2F, 0.3F, 0.5F}}).make();
    const Heatmap figure(comparison);
    const Theme theme = lightTheme();
    const QImage image = painted(figure, theme);
    const HeatmapLayout layout = figure.layout(kArea, theme);
    const auto scale = ValueScale::symmetric(ColourScale::SquareRoot, 0.5);
    EXPECT_EQ(at(image, corner(layout.cellRect(0, 0, 1))), divergingMap(false).at(scale.position(-0.25)));
}

// An ablated head has no entropy and no divergence, and says so in place of a number.
TEST(HeatmapTest, RowsThatAreNoDistributionsHaveNoEntropy)
{
    const Matrix nothing(3, std::vector<float>(3, 0.0F));
    const auto comparison = SyntheticComparison({"a", "b", "c"}).trace(mapA()).trace(nothing).make();
    const Heatmap figure(comparison);
    EXPECT_TRUE(figure.panelDetails(1).contains(QStringLiteral("rows are no distributions: no entropy")));
    const QString caption = figure.description();
    EXPECT_TRUE(caption.contains(QStringLiteral("no entropy of B, whose rows are no distributions")))
        << caption.toStdString();
    EXPECT_FALSE(caption.contains(QStringLiteral("NaN"))) << caption.toStdString();
    EXPECT_FALSE(caption.contains(QStringLiteral("KL("))) << caption.toStdString();
    EXPECT_TRUE(caption.contains(QStringLiteral("entropy A "))) << caption.toStdString();
}

TEST(HeatmapTest, ChoosesTracesAndLocksTheRange)
{
    SyntheticComparison made({"a", "b", "c"});
    made.trace(mapA()).trace(mapB()).trace(mapA()).select(9, 9);
    made.value().study.view.heatmap.lockedMaximum = 0.4;
    const auto comparison = made.make();
    EXPECT_EQ(Heatmap(comparison).sources().size(), 3U) << "A, B and Δ, unless the view says otherwise";
    HeatmapOptions options;
    options.traces = {1, 2};
    options.crosshair = true;  // a selection outside of the map draws nothing
    const Heatmap figure(comparison, options);
    ASSERT_EQ(figure.sources().size(), 3U);
    EXPECT_EQ(figure.sources()[2].trace, 2U);
    EXPECT_EQ(figure.sources()[2].baseline, 1U);
    EXPECT_DOUBLE_EQ(figure.maximum(), 0.4);
    EXPECT_TRUE(figure.sentence(0, 0).contains(QStringLiteral("B 0.250000, C 0.500000, Δ 0.250000;")));
    EXPECT_FALSE(painted(figure, lightTheme()).isNull());
    options.traces = {3};
    EXPECT_THROW(Heatmap(comparison, options), Error);
}

TEST(HeatmapTest, RefusesSelectionsThatAreNotThere)
{
    for (const Selection& wrong : {Selection{1, 0, 0, 0, 0}, Selection{0, 2, 0, 0, 0}, Selection{0, 0, 3, 0, 0}}) {
        SyntheticComparison made({"a", "b", "c"});
        made.trace(mapA());
        made.value().study.selection = wrong;
        EXPECT_THROW(Heatmap(made.make()), Error);
    }
    EXPECT_THROW(Heatmap(std::make_shared<Comparison>()), Error);
    EXPECT_THROW(Heatmap(nullptr), Error);
}

}  // namespace
}  // namespace ketscope::test
