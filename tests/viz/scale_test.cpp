// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/scale.h"

#include "viz/labels.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace ketscope {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(ScaleTest, SquareRootLinearAndLogarithm)
{
    const auto root = ValueScale::sequential(ColourScale::SquareRoot, 0.64);
    EXPECT_DOUBLE_EQ(root.position(0.16), 0.5);
    EXPECT_DOUBLE_EQ(root.position(0.64), 1.0);
    EXPECT_DOUBLE_EQ(root.position(2.0), 1.0);
    EXPECT_DOUBLE_EQ(root.position(-0.2), 0.0);
    const auto linear = ValueScale::sequential(ColourScale::Linear, 0.8);
    EXPECT_DOUBLE_EQ(linear.position(0.2), 0.25);
    const auto logarithm = ValueScale::sequential(ColourScale::Logarithmic, 1.0);
    EXPECT_DOUBLE_EQ(logarithm.position(1e-4), 0.0);
    EXPECT_DOUBLE_EQ(logarithm.position(0.0), 0.0);
    EXPECT_NEAR(logarithm.position(1e-2), 0.5, 1e-12);
    EXPECT_DOUBLE_EQ(logarithm.position(1.0), 1.0);
}

TEST(ScaleTest, SymmetricPutsZeroInTheMiddle)
{
    const auto scale = ValueScale::symmetric(ColourScale::SquareRoot, 0.4);
    EXPECT_DOUBLE_EQ(scale.position(0.0), 0.5);
    EXPECT_DOUBLE_EQ(scale.position(0.1), 0.75);
    EXPECT_DOUBLE_EQ(scale.position(-0.1), 0.25);
    EXPECT_DOUBLE_EQ(scale.position(-9.0), 0.0);
    EXPECT_DOUBLE_EQ(scale.minimum(), -0.4);
    EXPECT_DOUBLE_EQ(ValueScale::symmetric(ColourScale::Linear, 0.4).position(0.1), 0.625);
    EXPECT_DOUBLE_EQ(ValueScale::symmetric(ColourScale::Logarithmic, 0.4).position(0.1), 0.75);
}

TEST(ScaleTest, NamesItself)
{
    EXPECT_EQ(ValueScale::sequential(ColourScale::SquareRoot, 1.0).name(), QStringLiteral("√ scale"));
    EXPECT_EQ(ValueScale::symmetric(ColourScale::SquareRoot, 1.0).name(), QStringLiteral("signed √ scale"));
    EXPECT_EQ(ValueScale::sequential(ColourScale::Logarithmic, 1.0).name(), QStringLiteral("log scale"));
}

TEST(ScaleTest, TicksKeepTheirDistanceAndTheEnds)
{
    for (const ColourScale kind : {ColourScale::SquareRoot, ColourScale::Linear, ColourScale::Logarithmic}) {
        for (const double maximum : {0.002, 0.1, 0.7, 0.8, 1.0}) {
            for (const bool symmetric : {false, true}) {
                const auto scale =
                    symmetric ? ValueScale::symmetric(kind, maximum) : ValueScale::sequential(kind, maximum);
                const auto ticks = scale.ticks(0.1);
                ASSERT_GE(ticks.size(), 3U);
                EXPECT_DOUBLE_EQ(scale.position(ticks.front().value), 0.0);
                EXPECT_DOUBLE_EQ(ticks.back().value, maximum);
                for (std::size_t i = 1; i < ticks.size(); ++i)
                    EXPECT_GE(scale.position(ticks[i].value) - scale.position(ticks[i - 1].value), 0.1 - 1e-12);
            }
        }
    }
}

TEST(ScaleTest, TicksOfTheSquareRootAreUneven)
{
    std::vector<std::string> labels;
    for (const auto& tick : ValueScale::sequential(ColourScale::SquareRoot, 0.8).ticks(0.1))
        labels.push_back(tick.label.toStdString());
    EXPECT_EQ(labels, (std::vector<std::string>{"0", "0.01", "0.05", "0.1", "0.2", "0.3", "0.5", "0.8"}));
}

TEST(ScaleTest, SignedTicksCarryTheirSign)
{
    std::vector<std::string> labels;
    for (const auto& tick : ValueScale::symmetric(ColourScale::SquareRoot, 0.8).ticks(0.1))
        labels.push_back(tick.label.toStdString());
    EXPECT_EQ(labels, (std::vector<std::string>{"\u22120.8", "\u22120.2", "0", "+0.2", "+0.8"}));
}

TEST(ScaleTest, RangesRoundUp)
{
    EXPECT_DOUBLE_EQ(niceMaximum(0.61), 0.7);
    EXPECT_DOUBLE_EQ(niceMaximum(0.7F), 0.7);
    EXPECT_DOUBLE_EQ(niceMaximum(1.0), 1.0);
    EXPECT_DOUBLE_EQ(niceMaximum(0.1F), 0.1);
    EXPECT_DOUBLE_EQ(niceMaximum(0.03), 0.05);
    EXPECT_DOUBLE_EQ(niceMaximum(0.0011), 0.002);
    EXPECT_DOUBLE_EQ(niceMaximum(0.06), 0.1);
    EXPECT_DOUBLE_EQ(niceMaximum(0.0), 1.0);
    EXPECT_DOUBLE_EQ(niceMaximum(kNaN), 1.0);
}

TEST(NumberTest, UsesARealMinusAndNoNegativeZero)
{
    EXPECT_EQ(formatNumber(-0.2051694, 6), QStringLiteral("\u22120.205169"));
    EXPECT_EQ(formatNumber(-0.0001, 3), QStringLiteral("0.000"));
    EXPECT_EQ(formatSigned(0.25, 3), QStringLiteral("+0.250"));
    EXPECT_EQ(formatSigned(-0.25, 2), QStringLiteral("\u22120.25"));
    EXPECT_EQ(formatSigned(0.0, 1), QStringLiteral("0.0"));
    EXPECT_EQ(formatNumber(kNaN, 3), QStringLiteral("NaN"));
    EXPECT_EQ(formatNumber(-std::numeric_limits<double>::infinity(), 3), QStringLiteral("\u2212∞"));
}

TEST(NumberTest, WhatIsTooSmallForTheDecimalsIsNotNothing)
{
    EXPECT_EQ(formatKnown(0.0214, 3, 1), QStringLiteral("0.021"));
    EXPECT_EQ(formatKnown(5.1e-7, 3, 1), QStringLiteral("5e\u22127"));
    EXPECT_EQ(formatKnown(-0.00051, 3, 2), QStringLiteral("\u22120.00051"));
    EXPECT_EQ(formatKnown(0.0, 3, 1), QStringLiteral("0.000"));
    EXPECT_EQ(formatKnown(kNaN, 3, 1), QStringLiteral("–"));
}

TEST(LabelTest, ElidesInTheMiddleByCharacters)
{
    EXPECT_EQ(elideMiddle(QStringLiteral("surprisingly")), QStringLiteral("surprisingly"));
    const QString cut = elideMiddle(QStringLiteral("antidisestablishment"));
    EXPECT_EQ(cut, QStringLiteral("antidis…shment"));
    EXPECT_EQ(cut.size(), kLabelCharacters);
    const QString faces = QString::fromUtf8("😀").repeated(20);
    EXPECT_EQ(elideMiddle(faces).toUcs4().size(), kLabelCharacters);
}

TEST(LabelTest, WrapsAtSpacesAndBetweenParts)
{
    const QFont font = lightTheme().ui(12.0);
    const double width = textWidth(QStringLiteral("one two"), font) + 1.0;
    EXPECT_EQ(wrapText(QStringLiteral("one two three"), font, width),
              (QStringList{QStringLiteral("one two"), QStringLiteral("three")}));
    EXPECT_EQ(
        wrapParts({QStringLiteral("a b"), QStringLiteral("c d")}, font, textWidth(QStringLiteral("a b"), font) + 2.0),
        (QStringList{QStringLiteral("a b"), QStringLiteral("c d")}));
    EXPECT_EQ(wrapParts({QStringLiteral("a"), QStringLiteral("b")}, font, 500.0), QStringList{QStringLiteral("a · b")});
}

TEST(LabelTest, ThoseThatWouldTouchAreMovedApart)
{
    using Places = std::vector<double>;
    EXPECT_EQ(spreadLabels({10.0, 40.0}, 8.0, 100.0), (Places{10.0, 40.0}));
    EXPECT_EQ(spreadLabels({12.0, 10.0, 40.0}, 8.0, 100.0), (Places{18.0, 10.0, 40.0}));
    EXPECT_EQ(spreadLabels({98.0, 96.0}, 8.0, 100.0), (Places{100.0, 92.0}));
    EXPECT_TRUE(spreadLabels({}, 8.0, 100.0).empty());
}

}  // namespace
TEST(ValueScale, LabelsHaveThreeDigitsAtMost)
{
    std::vector<std::string> labels;
    for (const auto& tick : ValueScale::sequential(ColourScale::Linear, 0.03125).ticks(0.1))
        labels.push_back(tick.label.toStdString());
    EXPECT_EQ(labels, (std::vector<std::string>{"0", "0.00781", "0.0156", "0.0234", "0.0313"}));
}

}  // namespace ketscope
