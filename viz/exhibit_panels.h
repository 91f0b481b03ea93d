// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lessons/exhibit.h"
#include "viz/theme.h"

#include <QPainter>

namespace ketscope {

// The panels of an exhibit, each with its title, inside `area`.
void paintExhibitPanel(QPainter& painter, const ExhibitPanel& panel, const QRectF& area, const Theme& theme);

// Where a point of the plane lies, and back.
QPointF onPlane(const ExhibitPlane& plane, const QRectF& area, double x, double y, const Theme& theme);
QPointF fromPlane(const ExhibitPlane& plane, const QRectF& area, QPointF where, const Theme& theme);

QColor exhibitColour(ExhibitRole role, const Theme& theme);

}  // namespace ketscope
