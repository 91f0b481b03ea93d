// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/fitted_title.h"

#include "viz/labels.h"

#include <QFontMetricsF>

#include <algorithm>

namespace ketscope {

double FittedTitle::lastWidth() const { return lines.isEmpty() ? 0.0 : textWidth(lines.last(), font); }

FittedTitle fitTitle(const QString& text, const QFont& font, double width, const Theme& theme)
{
    QFont fitted = font;
    const double asked = textWidth(text, font);
    if (asked > width) {
        const int least = theme.ui(kTickPixels).pixelSize();
        QFont smaller = font;
        smaller.setPixelSize(std::clamp(static_cast<int>(font.pixelSize() * width / asked), least, font.pixelSize()));
        fitted = smaller;
    }
    FittedTitle title{{text}, fitted, QFontMetricsF(fitted).height()};
    if (textWidth(text, fitted) > width)
        title.lines = wrapText(text, fitted, width);
    return title;
}

void drawTitle(QPainter& painter, QPointF at, const FittedTitle& title, const QColor& colour, const Theme& theme)
{
    for (const QString& line : title.lines) {
        drawLabel(painter, at, line, title.font, colour, theme);
        at.ry() += title.lineHeight;
    }
}

}  // namespace ketscope
