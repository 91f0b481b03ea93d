// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>

namespace ketscope {

// Every colour and font a painter or style sheet uses (ui.md §3, §4). Painters never hold literals.
struct Theme {
    bool dark = false;
    double scale = 1.0;  // text and spacing, 0.9 … 2.0

    QColor bg, panel, panel2, chip, line, line2;
    QColor text, text2, text3;
    QColor accent, accentBg, key, keyBg;
    QColor traceA, traceB, traceC, traceD;
    QColor warn, error, errorBg, ok;

    QString uiFamily;
    QString monoFamily;
    bool textAsOutlines = false;  // figures draw text as paths, so that it looks the same without the fonts
    bool colourBars = true;  // what figures draw beside their marks: FigureParts of the study on paper, all on screen
    bool tokenLabels = true;
    bool signs = false;  // + and − in cells whose colours are signs

    // Fonts at `pixels` times scale, rounded to whole pixels, unhinted so that figures scale without change.
    QFont ui(double pixels, int weight = QFont::Normal) const;
    QFont mono(double pixels, int weight = QFont::Normal) const;
    double px(double pixels) const { return pixels * scale; }
    QColor trace(std::size_t index) const;  // A, B, C, then D for the rest
};

Theme lightTheme(double scale = 1.0);
Theme darkTheme(double scale = 1.0);
// Light on white, for exported figures, whatever the screen shows.
Theme printTheme();

// Base sizes in pixels at 100 % (ui.md §4), whole because Qt's pixel sizes are.
inline constexpr double kTickPixels = 11.0;
inline constexpr double kLabelPixels = 12.0;
inline constexpr double kTitlePixels = 13.0;

}  // namespace ketscope
