// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/theme.h"

#include <QPainter>
#include <QStringList>

namespace ketscope {

// A title in a place of some width: on one line, in letters down to the size of ticks where that helps, else on as many
// lines as it takes.
struct FittedTitle {
    QStringList lines;
    QFont font;
    double lineHeight = 0.0;

    // What it is higher than one line.
    double more() const { return lineHeight * static_cast<double>(lines.size() - 1); }
    double lastWidth() const;  // of the last line
};
FittedTitle fitTitle(const QString& text, const QFont& font, double width, const Theme& theme);
// With the baseline of its first line at `at`.
void drawTitle(QPainter& painter, QPointF at, const FittedTitle& title, const QColor& colour, const Theme& theme);

}  // namespace ketscope
