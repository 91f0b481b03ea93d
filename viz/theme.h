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

    // Fonts at `pixels` (ui.md's sizes at 100 %) times scale.
    QFont ui(double pixels, int weight = QFont::Normal) const;
    QFont mono(double pixels, int weight = QFont::Normal) const;
    double px(double pixels) const { return pixels * scale; }
    QColor trace(std::size_t index) const;  // A, B, C, then D for the rest
};

Theme lightTheme(double scale = 1.0);
Theme darkTheme(double scale = 1.0);
// Light on white, for exported figures, whatever the screen shows.
Theme printTheme();

}  // namespace ketscope
