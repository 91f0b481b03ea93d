// SPDX-License-Identifier: GPL-3.0-or-later
// No text of a figure on paper is cut at the page's edge or lies over another one.
#include "tests/support/aligned.h"
#include "tests/viz/synthetic.h"
#include "viz/colour_bar.h"
#include "viz/colour_map.h"
#include "viz/export.h"
#include "viz/export_page.h"
#include "viz/labels.h"
#include "viz/line_plot.h"
#include "viz/mark_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

using testing::HasSubstr;

// A text at a place, and nothing else.
class Texts final : public Figure {
public:
    explicit Texts(std::vector<QPointF> places) : m_places(std::move(places)) {}
    double heightFor(double, const Theme&) const override { return 100.0; }
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        for (const QPointF& at : m_places)
            drawLabel(painter, area.topLeft() + at, QStringLiteral("label"), theme.ui(kLabelPixels), theme.text, theme);
    }
    Hit hit(QPointF, const QRectF&, const Theme&) const override { return {}; }
    Table table() const override { return {}; }
    QString caption() const override { return QStringLiteral("A text."); }
    double smallestText(double, const Theme& theme) const override { return theme.px(kLabelPixels); }

private:
    std::vector<QPointF> m_places;
};

Marks marksAt(const Figure& figure, const ExportOptions& options)
{
    const ExportPage page(figure, options);
    return marksOf(figure, QRectF(0.0, 0.0, page.figureWidth(), figure.heightFor(page.figureWidth(), page.theme())),
                   page.theme());
}

TEST(TextFit, ATextBeyondThePageIsNamed)
{
    ExportOptions options;
    options.widthMm = 40.0;
    const double right = ExportPage(Texts({}), options).figureWidth();
    EXPECT_TRUE(checkExport(Texts({{10.0, 20.0}}), options).warnings.isEmpty());
    for (const QPointF at : {QPointF(right - 10.0, 20.0), QPointF(-20.0, 20.0), QPointF(10.0, -20.0)}) {
        const QStringList warnings = checkExport(Texts({at}), options).warnings;
        ASSERT_EQ(warnings.size(), 1) << at.x();
        EXPECT_THAT(warnings.front().toStdString(), HasSubstr("cut at the edge: “label”"));
    }
    EXPECT_TRUE(overlaidTexts(marksAt(Texts({{10.0, 20.0}, {10.0, 40.0}}), options)).isEmpty());
    EXPECT_EQ(overlaidTexts(marksAt(Texts({{10.0, 20.0}, {20.0, 22.0}}), options)).size(), 1);
}

// "…" at the end of a title leaves something out; in the middle of a token it is how long ones are written.
TEST(TextFit, ATitleThatEndsInDotsIsCut)
{
    class Title final : public Figure {
    public:
        explicit Title(QString text) : m_text(std::move(text)) {}
        double heightFor(double, const Theme&) const override { return 40.0; }
        void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
        {
            const QFont bold = theme.ui(kTitlePixels, QFont::DemiBold);
            drawLabel(painter, area.topLeft() + QPointF(4.0, 20.0), m_text, bold, theme.text, theme);
        }
        Hit hit(QPointF, const QRectF&, const Theme&) const override { return {}; }
        Table table() const override { return {}; }
        QString caption() const override { return {}; }
        double smallestText(double, const Theme& theme) const override { return theme.px(kTitlePixels); }

    private:
        QString m_text;
    };
    const QRectF page(0.0, 0.0, 400.0, 40.0);
    const auto cut = [&](const char* text) {
        return cutTexts(marksOf(Title(QString::fromUtf8(text)), page, lightTheme()), page);
    };
    EXPECT_EQ(cut("Entropy pe…"), QStringList{QStringLiteral("Entropy pe…")});
    EXPECT_EQ(cut("Entropy per query"), QStringList());
    EXPECT_EQ(cut("incompre…ensible"), QStringList());
}

// A colour bar alone.
class Bar final : public Figure {
public:
    Bar(ValueScale scale, double width) : m_scale(std::move(scale)), m_width(width) {}
    double heightFor(double, const Theme&) const override { return 40.0; }
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        paintColourBar(painter, {area.left() + 10.0, area.top(), m_width, 40.0}, {}, colourMaps()[0], m_scale, theme);
    }
    Hit hit(QPointF, const QRectF&, const Theme&) const override { return {}; }
    Table table() const override { return {}; }
    QString caption() const override { return QStringLiteral("A bar."); }
    double smallestText(double, const Theme& theme) const override { return theme.px(kTickPixels); }

private:
    ValueScale m_scale;
    double m_width;
};

TEST(TextFit, NumbersOfAColourBarStandApart)
{
    for (const double maximum : {0.0625, 0.5, 0.123, 1.0, 0.0009})
        for (const ColourScale kind : {ColourScale::Linear, ColourScale::SquareRoot, ColourScale::Logarithmic})
            for (double width = 90.0; width <= 260.0; width += 2.0) {
                const Bar bar(ValueScale::sequential(kind, maximum), width);
                const Marks marks = marksOf(bar, {0.0, 0.0, 400.0, 40.0}, lightTheme());
                EXPECT_THAT(overlaidTexts(marks), testing::IsEmpty()) << maximum << " on " << width;
            }
}

// Two lines with the mean of each marked, and a selected position anywhere.
class Plot final : public Figure {
public:
    explicit Plot(LinePlot plot) : m_plot(std::move(plot)) {}
    double heightFor(double, const Theme&) const override { return 220.0; }
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        paintLinePlot(painter, m_plot, area, theme);
    }
    Hit hit(QPointF, const QRectF&, const Theme&) const override { return {}; }
    Table table() const override { return {}; }
    QString caption() const override { return {}; }
    double smallestText(double, const Theme& theme) const override { return theme.px(kTickPixels); }

private:
    LinePlot m_plot;
};

TEST(TextFit, ASelectedValueLeavesTheNamesOfMarksReadable)
{
    LinePlot plot;
    plot.series = {{std::size_t{0}, {}, {0.9, 0.95, 0.8, 0.9, 0.85, 0.9}},
                   {std::size_t{1}, {}, {0.2, 0.9, 0.9, 0.4, 0.9, 0.1}}};
    plot.marks = {{1.6, 0, QStringLiteral("A mean 1.60")}, {2.4, 1, QStringLiteral("B mean 2.40")}};
    std::size_t names = 0;
    for (const double width : {170.0, 260.0, 420.0})
        for (std::size_t position = 0; position < 6; ++position) {
            plot.selected = position;
            const Marks marks = marksOf(Plot(plot), {0.0, 0.0, width, 220.0}, lightTheme());
            for (const QString& over : overlaidTexts(marks))
                EXPECT_FALSE(over.contains(QStringLiteral("mean"))) << over.toStdString() << " at " << position;
            for (const MarkedText& word : marks.words)
                names += word.text.contains(QStringLiteral("mean")) ? 1 : 0;
        }
    EXPECT_EQ(names, 36U);
}

// A line of steep peaks: between its points it goes through what stands between them.
TEST(TextFit, ALineDoesNotGoThroughTheNameOfABaseline)
{
    LinePlot plot;
    plot.maximum = 6.0;
    plot.series = {
        {std::size_t{0}, {}, {2.2, 0.2, 4.2, 0.3, 1.0, 2.0, 3.0, 0.4, 2.2, 0.1, 4.2, 0.2, 5.6, 0.1, 2.9, 0.2}},
        {std::nullopt, QStringLiteral("uniform over the words"), std::vector<double>(16, 4.1)}};
    for (const double width : {220.0, 320.0, 640.0}) {
        const QRectF area(0.0, 0.0, width, 220.0);
        const Theme theme = lightTheme();
        const LinePlotLayout layout = layoutLinePlot(plot, area, theme);
        std::size_t names = 0;
        for (const MarkedText& word : marksOf(Plot(plot), area, theme).words) {
            if (!plot.series[1].name.contains(word.text) || !word.text.front().isLetter())
                continue;
            names += static_cast<std::size_t>(word.text.size());
            for (std::size_t i = 0; i < 1500; ++i) {
                const std::size_t from = i / 100;
                const double part = static_cast<double>(i % 100) / 100.0;
                const std::vector<double>& values = plot.series[0].values;
                const QPointF at(layout.xOf(static_cast<double>(from) + part),
                                 layout.yOf(values[from] + part * (values[from + 1] - values[from])));
                EXPECT_FALSE(word.corners.boundingRect().contains(at))
                    << word.text.toStdString() << " at " << width << ", position " << from;
            }
        }
        EXPECT_GE(names, 20U) << width;  // all its letters, over one line or two
    }
}

void check(const FigureType& type, const ComparisonPointer& comparison)
{
    const std::unique_ptr<Figure> figure = type.make(comparison);
    for (const double width : {40.0, 60.0, 89.0, 120.0, 183.0})
        for (const bool dark : {false, true}) {
            ExportOptions options;
            options.widthMm = width;
            options.dark = dark;
            SCOPED_TRACE(type.id.toStdString() + " at " + std::to_string(width));
            const ExportCheck found = checkExport(*figure, options);
            EXPECT_FALSE(found.warnings.join(QString()).contains(QStringLiteral("cut at")))
                << found.warnings.join(QLatin1Char(' ')).toStdString();
            EXPECT_GE(found.thinnestLinePt == 0.0 ? 1.0 : found.thinnestLinePt, 0.25);
            EXPECT_GE(found.smallestTextPt, 5.0);
            const QStringList overlaid = overlaidTexts(marksAt(*figure, options));
            EXPECT_TRUE(overlaid.isEmpty()) << overlaid.join(QStringLiteral("; ")).toStdString();
        }
}

TEST(TextFit, OfEveryFigureAtEveryWidth)
{
    Aligned aligned;
    const ComparisonPointer words = completeSample(15), picture = aligned.make();
    for (const FigureType* type : figureTypes())
        if (!type->needsHeadVectors)
            for (const ComparisonPointer& comparison : {words, picture})
                if (obstacleOf(*type, *comparison).isEmpty())
                    check(*type, comparison);
}

TEST(TextFit, OfEveryFigureOfAPair)
{
    for (const char* spec : {"rff", "fidelity:test=swap,shots=64", "fidelity:test=inversion,shots=512", "pqc",
                             "shots:shots=64", "mps:bond=2", "fidelity:test=hadamard,shots=64"}) {
        const ComparisonPointer comparison = sample(9, false, false, spec);
        for (const FigureType* type : figureTypes())
            if (type->needsHeadVectors && type->id != QStringLiteral("qk-detail")) {  // no vectors of q and k here
                SCOPED_TRACE(spec);
                check(*type, comparison);
            }
    }
}

TEST(TextFit, TheLegendOfOutcomesBreaksInANarrowPane)
{
    const auto figure =
        makeFigure(figureType(QStringLiteral("pair-outcomes")), sample(9, false, false, "fidelity:test=swap,shots=64"));
    for (double width = 120.0; width <= 220.0; width += 10.0) {
        const QRectF area(0.0, 0.0, width, figure->heightFor(width, lightTheme()));
        const Marks marks = marksOf(*figure, area, lightTheme());
        EXPECT_TRUE(cutTexts(marks, area.adjusted(-2.0, -2.0, 2.0, 2.0)).isEmpty()) << width;
        EXPECT_TRUE(overlaidTexts(marks).isEmpty()) << width;
    }
}

// What does not fit is left out by whole parts, not in the middle of a word.
TEST(TextFit, PartsAreKeptWhole)
{
    const QFont font = printTheme().ui(kTickPixels);
    const QString text = QStringLiteral("filled: kept; log scale · the rest");
    const auto room = [&](const char* shown) { return textWidth(QString::fromUtf8(shown), font) + 0.5; };
    EXPECT_EQ(fitParts(text, font, room("filled: kept; log scale · the rest")), text);
    EXPECT_EQ(fitParts(text, font, room("filled: kept; log scale …")), QStringLiteral("filled: kept; log scale …"));
    EXPECT_EQ(fitParts(text, font, room("filled: kept …")), QStringLiteral("filled: kept …"));
    EXPECT_EQ(fitParts(text, font, room("fil…")), QString());
}

}  // namespace
}  // namespace ketscope::test
