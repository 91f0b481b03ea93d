// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/composition.h"

#include "tests/viz/synthetic.h"
#include "viz/colour_vision.h"
#include "viz/export.h"

#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

// A figure whose height and drawing are known: a frame with its name in it.
class Plain final : public Figure {
public:
    Plain(QString name, double height) : m_name(std::move(name)), m_height(height) {}
    double heightFor(double, const Theme&) const override { return m_height; }
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        painter.fillRect(area, theme.accent);
    }
    Hit hit(QPointF, const QRectF&, const Theme&) const override
    {
        Hit hit;
        hit.sentence = m_name;
        return hit;
    }
    Table table() const override { return {{m_name}, {}}; }
    QString caption() const override { return m_name + QStringLiteral(" of the model."); }
    QString panelCaption() const override { return m_name + QStringLiteral("."); }
    double smallestText(double, const Theme& theme) const override { return theme.px(kLabelPixels); }

private:
    QString m_name;
    double m_height;
};

std::unique_ptr<Composition> page(const std::vector<double>& heights, Arrangement arrangement, bool letters = true)
{
    std::vector<std::unique_ptr<Figure>> figures;
    for (std::size_t i = 0; i < heights.size(); ++i)
        figures.push_back(std::make_unique<Plain>(QStringLiteral("Panel%1").arg(i), heights[i]));
    PageContents contents;
    contents.arrangement = arrangement;
    contents.letters = letters;
    return std::make_unique<Composition>(threeTokens(), std::move(figures), contents);
}

TEST(PanelLetterTest, GoesOnAfterZ)
{
    EXPECT_EQ(panelLetter(0), QStringLiteral("a"));
    EXPECT_EQ(panelLetter(25), QStringLiteral("z"));
    EXPECT_EQ(panelLetter(26), QStringLiteral("aa"));
    EXPECT_EQ(panelLetter(27), QStringLiteral("ab"));
}

TEST(CompositionTest, OnePanelIsTheFigureItself)
{
    const auto one = page({100.0}, Arrangement::Automatic);
    EXPECT_EQ(one->places(QRectF(0, 0, 800, 0), lightTheme()).front(), QRectF(0, 0, 800, 100));
    EXPECT_EQ(one->caption(), QStringLiteral("Panel0 of the model."));
}

TEST(CompositionTest, RowsAreAsHighAsTheirHighestPanel)
{
    const Theme theme = lightTheme();
    const auto two = page({100.0, 60.0, 80.0}, Arrangement::TwoColumns, false);
    const auto places = two->places(QRectF(10, 20, 418, 0), theme);  // columns of 200, 18 apart
    EXPECT_EQ(places[0], QRectF(10, 20, 200, 100));
    EXPECT_EQ(places[1], QRectF(228, 20, 200, 100));
    EXPECT_EQ(places[2], QRectF(10, 140, 418, 80));
    EXPECT_DOUBLE_EQ(two->heightFor(418, theme), 200.0);
}

TEST(CompositionTest, LettersStandLeftOfThePanels)
{
    const auto lettered = page({50.0, 50.0}, Arrangement::OneColumn);
    const auto places = lettered->places(QRectF(0, 0, 300, 0), lightTheme());
    EXPECT_EQ(places[0], QRectF(16, 0, 284, 50));
    EXPECT_EQ(places[1], QRectF(16, 70, 284, 50));
}

TEST(CompositionTest, AutomaticIsOneColumnWhereItIsNarrow)
{
    const auto figures = page({50.0, 50.0, 50.0}, Arrangement::Automatic, false);
    const Theme theme = lightTheme();
    EXPECT_DOUBLE_EQ(figures->heightFor(432, theme), 190.0);
    EXPECT_DOUBLE_EQ(figures->heightFor(889, theme), 120.0);
}

TEST(CompositionTest, HitsAndCaptionsAreThePanels)
{
    const Theme theme = lightTheme();
    const auto figures = page({50.0, 50.0}, Arrangement::OneColumn);
    const QRectF area(0, 0, 300, 120);
    EXPECT_EQ(figures->hit({100, 80}, area, theme).sentence, QStringLiteral("Panel1"));
    EXPECT_TRUE(figures->hit({100, 60}, area, theme).sentence.isEmpty());
    EXPECT_TRUE(figures->caption().endsWith(QStringLiteral(" (a) Panel0. (b) Panel1.")));
    EXPECT_TRUE(figures->caption().startsWith(QStringLiteral("Attention in Synthetic")));
}

TEST(CompositionTest, EveryFigureComposesWithEveryOther)
{
    const auto comparison = completeSample(9);
    PageContents contents;
    contents.figures.clear();
    for (const FigureType* type : figureTypes())
        if (!type->needsHeadVectors && obstacleOf(*type, *comparison).isEmpty())
            contents.figures << type->id;
    for (const Arrangement arrangement :
         {Arrangement::Automatic, Arrangement::OneColumn, Arrangement::TwoColumns, Arrangement::ThreeColumns}) {
        contents.arrangement = arrangement;
        const auto figure = makePage(comparison, contents);
        const QImage image = renderImage(*figure, *comparison, {});
        EXPECT_GT(image.height(), 100);
        const QString caption = figure->caption();
        EXPECT_EQ(caption.count(QStringLiteral("Exact softmax")), 1) << caption.toStdString();
    }
}

TEST(ColourVisionTest, GreyIsLuminanceAndWhiteStaysWhite)
{
    QImage image(2, 1, QImage::Format_RGB32);
    image.setPixel(0, 0, qRgb(255, 255, 255));
    image.setPixel(1, 0, qRgb(255, 0, 0));
    for (const ColourVision& vision : colourVisions())
        EXPECT_EQ(seenWith(vision, image).pixel(0, 0), qRgb(255, 255, 255)) << vision.id.toStdString();
    // 1.055 · 0.2126^(1/2.4) − 0.055 = 0.4983 of 255
    EXPECT_EQ(seenWith(colourVisions()[1], image).pixel(1, 0), qRgb(127, 127, 127));
    EXPECT_EQ(seenWith(colourVisions()[0], image), image);
}

TEST(ColourVisionTest, RedAndGreenComeTogetherWithoutTheirCones)
{
    QImage image(2, 1, QImage::Format_RGB32);
    image.setPixel(0, 0, qRgb(200, 60, 40));
    image.setPixel(1, 0, qRgb(110, 120, 40));
    const auto apart = [](const QImage& picture) {
        const QRgb a = picture.pixel(0, 0), b = picture.pixel(1, 0);
        return std::abs(qRed(a) - qRed(b)) + std::abs(qGreen(a) - qGreen(b)) + std::abs(qBlue(a) - qBlue(b));
    };
    EXPECT_LT(apart(seenWith(colourVisions()[2], image)), apart(image) / 2);
}

}  // namespace
}  // namespace ketscope::test
