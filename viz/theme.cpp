// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/theme.h"

#include <QFontDatabase>
#include <QStringList>

#include <cmath>

namespace ketscope {

namespace {

QString firstInstalled(const QStringList& families)
{
    for (const QString& family : families)
        if (QFontDatabase::hasFamily(family))
            return family;
    return families.last();
}

// Looking through the font database is slow; what is installed does not change while the program runs.
const QString& uiFamily()
{
    static const QString family =
        firstInstalled({QStringLiteral("Inter"), QStringLiteral("Noto Sans"), QStringLiteral("DejaVu Sans")});
    return family;
}

const QString& monoFamily()
{
    static const QString family =
        firstInstalled({QStringLiteral("JetBrains Mono"), QStringLiteral("DejaVu Sans Mono")});
    return family;
}

Theme themeOf(double scale)
{
    Theme theme;
    theme.scale = scale;
    theme.uiFamily = uiFamily();
    theme.monoFamily = monoFamily();
    return theme;
}

QFont fontOf(const QString& family, double pixels, int weight)
{
    QFont font(family);
    font.setPixelSize(std::max(1, static_cast<int>(std::lround(pixels))));
    font.setWeight(static_cast<QFont::Weight>(weight));
    font.setHintingPreference(QFont::PreferNoHinting);
    return font;
}

}  // namespace

QFont Theme::ui(double pixels, int weight) const { return fontOf(uiFamily, pixels * scale, weight); }

QFont Theme::mono(double pixels, int weight) const
{
    QFont font = fontOf(monoFamily, pixels * scale, weight);
    font.setStyleHint(QFont::Monospace);
    // Tokens such as "<|end|>" are to be read letter by letter, not as the ligatures of programmers' fonts.
    font.setStyleStrategy(QFont::PreferNoShaping);
    return font;
}

QColor Theme::trace(std::size_t index) const
{
    const QColor colours[] = {traceA, traceB, traceC};
    return index < std::size(colours) ? colours[index] : traceD;
}

Theme lightTheme(double scale)
{
    Theme theme = themeOf(scale);
    theme.bg = QColor(0xE9ECF0);
    theme.panel = QColor(0xFFFFFF);
    theme.panel2 = QColor(0xF5F6F8);
    theme.chip = QColor(0xFFFFFF);
    theme.line = QColor(0xD5DAE2);
    theme.line2 = QColor(0x858E9E);
    theme.text = QColor(0x161A21);
    theme.text2 = QColor(0x434C5A);
    theme.text3 = QColor(0x626B7A);
    theme.accent = QColor(0x4F43B3);
    theme.accentBg = QColor(0xECEAFA);
    theme.key = QColor(0x9C2463);
    theme.keyBg = QColor(0xFAE6F0);
    theme.traceA = QColor(0x0B6BA8);
    theme.traceB = QColor(0xB84A06);
    theme.traceC = QColor(0x08734F);
    theme.traceD = QColor(0x7A5200);
    theme.warn = QColor(0x7A5200);
    theme.error = QColor(0xA8201A);
    theme.errorBg = QColor(0xFBEAE9);
    theme.ok = QColor(0x1B6B3A);
    return theme;
}

Theme darkTheme(double scale)
{
    Theme theme = themeOf(scale);
    theme.dark = true;
    theme.bg = QColor(0x101317);
    theme.panel = QColor(0x181C22);
    theme.panel2 = QColor(0x1F242C);
    theme.chip = QColor(0x242A33);
    theme.line = QColor(0x2E3540);
    theme.line2 = QColor(0x6A7586);
    theme.text = QColor(0xE9ECF1);
    theme.text2 = QColor(0xB6BECA);
    theme.text3 = QColor(0x929BAA);
    theme.accent = QColor(0xA8A0FF);
    theme.accentBg = QColor(0x2A2750);
    theme.key = QColor(0xF08BC0);
    theme.keyBg = QColor(0x43162F);
    theme.traceA = QColor(0x63B5F2);
    theme.traceB = QColor(0xFF9D57);
    theme.traceC = QColor(0x4BC99F);
    theme.traceD = QColor(0xF0C25A);
    theme.warn = QColor(0xF0C25A);
    theme.error = QColor(0xFF8A80);
    theme.errorBg = QColor(0x3F1D1B);
    theme.ok = QColor(0x6CCB8B);
    return theme;
}

Theme printTheme()
{
    Theme theme = lightTheme();
    theme.bg = theme.panel;
    theme.panel2 = theme.panel;
    return theme;
}

}  // namespace ketscope
