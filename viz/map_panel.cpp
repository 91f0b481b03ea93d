// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/map_panel.h"

#include <QPaintEngine>

#include <cmath>

namespace ketscope {

namespace {

constexpr double kSmallestMark = 4.0;  // cells below this pitch have no dots and crosses
constexpr double kSmallestRing = 8.0;
constexpr double kSmallestSign = 7.0;
constexpr double kLeastSigned = 0.04;  // of half the colours: closer to 0 both signs look like 0

QRectF cellRect(const MapStyle& style, std::size_t row, std::size_t column, double gap)
{
    return {style.map.left() + static_cast<double>(column) * style.pitch,
            style.map.top() + static_cast<double>(row) * style.pitch, style.pitch - gap, style.pitch - gap};
}

void paintCross(QPainter& painter, const QRectF& cell, const Theme& theme)
{
    const double inset = cell.width() * 0.22;
    const QRectF inner = cell.adjusted(inset, inset, -inset, -inset);
    painter.setPen(QPen(theme.error, std::max(1.0, cell.width() * 0.1)));
    painter.drawLine(inner.topLeft(), inner.bottomRight());
    painter.drawLine(inner.topRight(), inner.bottomLeft());
}

void paintDot(QPainter& painter, const QRectF& cell, const Theme& theme)
{
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.line2);
    const double radius = std::clamp(cell.width() * 0.05, 0.5, 1.2);
    painter.drawEllipse(cell.center(), radius, radius);
    painter.setBrush(Qt::NoBrush);
}

void paintRing(QPainter& painter, const QRectF& rect, const Cell& cell, QRgb colour)
{
    const double radius = ringRadius(cell.standardError, cell.value, rect.width());
    if (radius <= 0.0)
        return;
    painter.setPen(QPen(inkOn(colour), std::max(1.0, rect.width() * 0.06)));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(rect.center(), radius, radius);
}

// + or −, as lines.
void paintSign(QPainter& painter, const QRectF& rect, double position, QRgb colour)
{
    if (std::abs(position - 0.5) < kLeastSigned * 0.5)
        return;
    const double reach = rect.width() * 0.24;
    painter.setPen(QPen(inkOn(colour), std::clamp(rect.width() * 0.08, 0.8, 1.6), Qt::SolidLine, Qt::FlatCap));
    const QPointF centre = rect.center();
    painter.drawLine(centre - QPointF(reach, 0.0), centre + QPointF(reach, 0.0));
    if (position > 0.5)
        painter.drawLine(centre - QPointF(0.0, reach), centre + QPointF(0.0, reach));
}

// What lies on top of the colours.
void paintMarks(QPainter& painter, const CellGrid& grid, const MapStyle& style, const ColourMap& colours,
                const ValueScale& scale, const Theme& theme)
{
    if (style.pitch < kSmallestMark)
        return;
    const bool signs = style.isSigned && drawsSigns(style.pitch, theme);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t row = 0; row < grid.rows; ++row) {
        for (std::size_t column = 0; column < grid.columns; ++column) {
            const Cell& cell = grid.at(row, column);
            const QRectF rect = cellRect(style, row, column, style.gap);
            if (signs && cell.state == CellState::Value)
                paintSign(painter, rect, scale.position(cell.value), colours.at(scale.position(cell.value)));
            if (cell.state == CellState::Masked)
                paintDot(painter, rect, theme);
            else if (cell.state == CellState::NotFinite)
                paintCross(painter, rect, theme);
            else if (!style.uncertainty || style.pitch < kSmallestRing || !(cell.standardError > 0.0))
                continue;
            else if (!style.difference)
                paintRing(painter, rect, cell, colours.at(scale.position(cell.value)));
            else if (std::abs(cell.value) < 2.0 * cell.standardError)
                hatch(painter, rect, theme.text3);
        }
    }
    painter.restore();
}

void paintCells(QPainter& painter, const CellGrid& grid, const MapStyle& style, const ColourMap& colours,
                const ValueScale& scale)
{
    // Touching rectangles show hairlines in viewers that smooth edges; a hairline that is meant looks better.
    const double gap = style.gap > 0.0 ? style.gap : style.pitch * 0.06;
    for (std::size_t row = 0; row < grid.rows; ++row)
        for (std::size_t column = 0; column < grid.columns; ++column)
            if (const Cell& cell = grid.at(row, column); cell.state == CellState::Value)
                painter.fillRect(cellRect(style, row, column, gap), QColor(colours.at(scale.position(cell.value))));
}

}  // namespace

bool isVector(const QPainter& painter)
{
    const auto type = painter.paintEngine()->type();
    return type == QPaintEngine::Pdf || type == QPaintEngine::SVG;
}

bool drawsSigns(double pitch, const Theme& theme) { return theme.signs && pitch >= kSmallestSign; }

double ringRadius(double standardError, double value, double cell)
{
    if (!(standardError > 0.0))
        return 0.0;
    const double ratio = value == 0.0 ? 1.0 : std::min(1.0, standardError / std::abs(value));
    return std::sqrt(ratio) * cell * 0.4;
}

void hatch(QPainter& painter, const QRectF& cell, const QColor& colour)
{
    QColor faint = colour;
    faint.setAlphaF(0.6F);
    painter.setPen(QPen(faint, 0.8));
    const double step = 4.0, side = cell.width();
    for (double offset = step / 2.0; offset < 2.0 * side; offset += step) {
        const double from = std::max(0.0, offset - side), to = std::min(offset, side);
        painter.drawLine(QPointF(cell.left() + from, cell.top() + (offset - from)),
                         QPointF(cell.left() + to, cell.top() + (offset - to)));
    }
}

QImage mapImage(const CellGrid& grid, const ColourMap& colours, const ValueScale& scale, const QColor& masked,
                const QColor& notFinite)
{
    QImage image(static_cast<int>(grid.columns), static_cast<int>(grid.rows), QImage::Format_ARGB32_Premultiplied);
    for (std::size_t row = 0; row < grid.rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(static_cast<int>(row)));
        for (std::size_t column = 0; column < grid.columns; ++column) {
            const Cell& cell = grid.at(row, column);
            line[column] = cell.state == CellState::Value       ? colours.at(scale.position(cell.value))
                           : cell.state == CellState::NotFinite ? notFinite.rgb()
                                                                : qPremultiply(masked.rgba());
        }
    }
    return image;
}

void paintMap(QPainter& painter, const CellGrid& grid, const MapStyle& style, const ColourMap& colours,
              const ValueScale& scale, const Theme& theme)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    const bool few = grid.rows <= kVectorCells && grid.columns <= kVectorCells;
    if (style.gap > 0.0 || (few && isVector(painter))) {
        paintCells(painter, grid, style, colours, scale);
    } else {
        const QColor notFinite = style.pitch < kSmallestMark ? theme.error : theme.panel;
        const QImage image = mapImage(grid, colours, scale, theme.panel, notFinite);
        painter.drawImage(QRectF(style.map.topLeft(), QSizeF(style.pitch * static_cast<double>(grid.columns),
                                                             style.pitch * static_cast<double>(grid.rows))),
                          image);
    }
    painter.restore();
    paintMarks(painter, grid, style, colours, scale, theme);
}

}  // namespace ketscope
