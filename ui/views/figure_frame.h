// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/figure.h"

#include <QWidget>

namespace ketscope {

// What every widget that shows a figure has around and beside it.

// Where the figure goes: the widget without a margin.
QRectF figureArea(const QWidget& widget, const Theme& theme);
// Height of such a widget that suits `width`.
int figureHeight(const Figure& figure, int width, const Theme& theme);
// The hatched top edge of a figure whose study has changed since, and the ring of the focus.
void paintFigureFrame(QPainter& painter, const QWidget& widget, bool stale, const Theme& theme);
// In place of a figure: what there is to say, one sentence and a hint below it.
void paintInsteadOfFigure(QPainter& painter, const QRectF& area, const QString& title, const QString& hint,
                          const Theme& theme);
// Around what the pointer is at, here or in another view.
void paintPointedFrame(QPainter& painter, const QRectF& place, const Theme& theme);
// To the clipboard, tab-separated, a line each.
void copyAsText(const Table& table);
// To the clipboard, as a PNG would be exported at twice the screen's resolution.
void copyFigureImage(const Figure& figure, const Comparison& comparison);

}  // namespace ketscope
