// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/trace_style.h"

#include <QPolygonF>

namespace ketscope {

namespace {

constexpr double kLineWidth = 1.6;

QList<double> dashesOf(std::size_t trace)
{
    switch (trace) {
    case 0: return {};
    case 1: return {5.0, 3.0};
    case 2: return {2.0, 2.0};
    default: return {5.0, 2.0, 1.0, 2.0};
    }
}

}  // namespace

QPen tracePen(std::size_t trace, const Theme& theme)
{
    QPen pen(theme.trace(trace), kLineWidth);
    pen.setCapStyle(Qt::FlatCap);
    pen.setJoinStyle(Qt::RoundJoin);
    if (const QList<double> dashes = dashesOf(trace); !dashes.isEmpty())
        pen.setDashPattern(dashes);
    return pen;
}

void paintMarker(QPainter& painter, QPointF at, std::size_t trace, double radius, const Theme& theme)
{
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.trace(trace));
    const double r = radius;
    switch (trace) {
    case 0: painter.drawEllipse(at, r, r); break;
    case 1: painter.drawRect(QRectF(at.x() - r * 0.9, at.y() - r * 0.9, 1.8 * r, 1.8 * r)); break;
    case 2:
        painter.drawPolygon(
            QPolygonF({at + QPointF(0, -1.2 * r), at + QPointF(1.1 * r, 0.8 * r), at + QPointF(-1.1 * r, 0.8 * r)}));
        break;
    default:
        painter.drawPolygon(QPolygonF({at + QPointF(0, -1.3 * r), at + QPointF(1.3 * r, 0), at + QPointF(0, 1.3 * r),
                                       at + QPointF(-1.3 * r, 0)}));
    }
    painter.setBrush(Qt::NoBrush);
}

}  // namespace ketscope
