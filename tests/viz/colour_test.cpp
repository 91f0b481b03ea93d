// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "viz/colour_map.h"
#include "viz/theme.h"

#include <QFontDatabase>
#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

TEST(ColourMapTest, HasTheFourMapsInMenuOrder)
{
    std::vector<std::string> ids;
    for (const ColourMap& map : colourMaps()) {
        ids.push_back(map.id().toStdString());
        EXPECT_EQ(map.table().size(), 256U) << map.id().toStdString();
    }
    EXPECT_EQ(ids, (std::vector<std::string>{"viridis", "magma", "cividis", "grey"}));
}

TEST(ColourMapTest, EndsAreThePublishedColours)
{
    EXPECT_EQ(colourMap(QStringLiteral("viridis")).at(0.0), qRgb(0x44, 0x01, 0x54));
    EXPECT_EQ(colourMap(QStringLiteral("viridis")).at(1.0), qRgb(0xFD, 0xE7, 0x25));
    EXPECT_EQ(colourMap(QStringLiteral("magma")).at(0.0), qRgb(0x00, 0x00, 0x04));
    EXPECT_EQ(colourMap(QStringLiteral("magma")).at(1.0), qRgb(0xFC, 0xFD, 0xBF));
    EXPECT_EQ(colourMap(QStringLiteral("cividis")).at(0.0), qRgb(0x00, 0x22, 0x4E));
    EXPECT_EQ(colourMap(QStringLiteral("cividis")).at(1.0), qRgb(0xFE, 0xE8, 0x38));
    EXPECT_EQ(colourMap(QStringLiteral("grey")).at(0.5), qRgb(128, 128, 128));
}

TEST(ColourMapTest, LightnessRises)
{
    for (const ColourMap& map : colourMaps()) {
        for (std::size_t i = 1; i < map.table().size(); ++i)
            // Eight bits a channel round: a step may look level, but must not visibly fall.
            ASSERT_GT(lightness(map.table()[i]), lightness(map.table()[i - 1]) - 0.002) << map.id().toStdString() << i;
        EXPECT_GT(lightness(map.at(1.0)) - lightness(map.at(0.0)), 0.5) << map.id().toStdString();
    }
}

TEST(ColourMapTest, ClampsAndReverses)
{
    const ColourMap map = colourMap(QStringLiteral("magma"));
    EXPECT_EQ(map.at(-3.0), map.at(0.0));
    EXPECT_EQ(map.at(7.0), map.at(1.0));
    const ColourMap reversed = colourMap(QStringLiteral("magma-reversed"));
    EXPECT_EQ(reversed.at(0.0), map.at(1.0));
    EXPECT_EQ(reversed.at(0.25), map.table()[255 - 64]);
    EXPECT_EQ(reversed.id(), QStringLiteral("magma-reversed"));
}

TEST(ColourMapTest, RefusesUnknownNames)
{
    try {
        colourMap(QStringLiteral("jet"));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        EXPECT_NE(std::string(error.what()).find("viridis, magma, cividis, grey"), std::string::npos);
    }
}

TEST(DivergingMapTest, HitsItsStopsAndIsSymmetricInLightness)
{
    const ColourMap& light = divergingMap(false);
    ASSERT_EQ(light.table().size(), 257U);
    EXPECT_EQ(light.at(0.0), qRgb(0x05, 0x30, 0x61));
    EXPECT_EQ(light.at(0.5), qRgb(0xF4, 0xF4, 0xF2));
    EXPECT_EQ(light.at(1.0), qRgb(0x7A, 0x2D, 0x04));
    EXPECT_EQ(light.table()[64], qRgb(0x7F, 0xB3, 0xD8));
    const ColourMap& dark = divergingMap(true);
    EXPECT_EQ(dark.at(0.5), qRgb(0x1B, 0x1F, 0x24));
    for (const ColourMap* map : {&light, &dark}) {
        const double sign = map == &light ? 1.0 : -1.0;
        for (std::size_t i = 1; i <= 128; ++i) {
            // Away from the middle both arms leave its lightness, and the same amount of change looks equally strong.
            EXPECT_LT(sign * lightness(map->table()[128 - i]), sign * lightness(map->table()[129 - i]) + 0.002);
            EXPECT_LT(sign * lightness(map->table()[128 + i]), sign * lightness(map->table()[127 + i]) + 0.002);
            EXPECT_NEAR(lightness(map->table()[128 - i]), lightness(map->table()[128 + i]), 0.11) << i;
        }
    }
}

TEST(DivergingMapTest, LessIsBlueAndMoreIsOrange)
{
    for (const bool dark : {false, true}) {
        const QColor less(divergingMap(dark).at(0.25)), more(divergingMap(dark).at(0.75));
        EXPECT_GT(less.blue(), less.red());
        EXPECT_GT(more.red(), more.blue());
    }
}

double contrast(const QColor& a, const QColor& b)
{
    const auto luminance = [](const QColor& colour) {
        const auto linear = [](double value) {
            return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
    };
    const double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return std::max(x, y) / std::min(x, y);
}

TEST(InkTest, ReadsOnEveryColourOfEveryMap)
{
    for (const ColourMap& map : colourMaps())
        for (const QRgb colour : map.table())
            ASSERT_GE(contrast(inkOn(colour), QColor(colour)), 4.5) << map.id().toStdString();
}

TEST(ThemeTest, TextAndTraceColoursHaveContrast)
{
    for (const Theme& theme : {lightTheme(), darkTheme()}) {
        for (const QColor& ground : {theme.panel, theme.panel2}) {
            for (const QColor& ink : {theme.text, theme.text2, theme.text3, theme.accent, theme.traceA, theme.traceB,
                                      theme.traceC, theme.traceD})
                EXPECT_GE(contrast(ink, ground), 4.8)
                    << ink.name().toStdString() << " on " << ground.name().toStdString();
            EXPECT_GE(contrast(theme.line2, ground), 3.0);
        }
        EXPECT_GE(contrast(theme.accent, theme.accentBg), 6.0);
    }
}

TEST(ThemeTest, PrintIsLightOnWhite)
{
    EXPECT_FALSE(printTheme().dark);
    EXPECT_EQ(printTheme().panel, QColor(Qt::white));
    EXPECT_EQ(printTheme().bg, QColor(Qt::white));
    EXPECT_EQ(printTheme().traceB, lightTheme().traceB);
}

TEST(ThemeTest, FontsAreInstalledAndScale)
{
    const Theme theme = lightTheme(1.5);
    EXPECT_TRUE(QFontDatabase::hasFamily(theme.uiFamily)) << theme.uiFamily.toStdString();
    EXPECT_TRUE(QFontDatabase::hasFamily(theme.monoFamily)) << theme.monoFamily.toStdString();
    EXPECT_EQ(theme.ui(12.0).pixelSize(), 18);
    EXPECT_EQ(theme.mono(12.0, QFont::Bold).weight(), QFont::Bold);
    EXPECT_EQ(theme.trace(0), theme.traceA);
    EXPECT_EQ(theme.trace(9), theme.traceD);
}

}  // namespace
}  // namespace ketscope
