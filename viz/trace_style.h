// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/theme.h"

#include <QPainter>

namespace ketscope {

// How a trace is told apart in line charts, never by hue alone (ui.md §3): A solid with circles, B dashed with squares, C
// dotted with triangles, the rest dash-dotted with diamonds.
QPen tracePen(std::size_t trace, const Theme& theme);
void paintMarker(QPainter& painter, QPointF at, std::size_t trace, double radius, const Theme& theme);

}  // namespace ketscope
