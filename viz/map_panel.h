// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/colour_map.h"
#include "viz/head_maps.h"
#include "viz/scale.h"
#include "viz/theme.h"

#include <QImage>
#include <QPainter>

namespace ketscope {

// Cells above this many rows or columns are an embedded image in PDF and SVG too.
inline constexpr std::size_t kVectorCells = 64;
// Cells with a larger pitch are drawn one by one with a gap between them.
inline constexpr double kGapPitch = 8.0;

struct MapStyle {
    QRectF map;
    double pitch = 0.0;  // of one drawn cell
    double gap = 0.0;
    bool uncertainty = false;  // rings, or on a difference hatching below 2 SE
    bool difference = false;
    bool isSigned = false;  // colours stand for signs
};

// Whether cells of that pitch whose colours are signs have + and − in them.
bool drawsSigns(double pitch, const Theme& theme);

// A grid of cells with what is masked, not finite, and uncertain. The scale puts values on `colours`.
void paintMap(QPainter& painter, const CellGrid& grid, const MapStyle& style, const ColourMap& colours,
              const ValueScale& scale, const Theme& theme);

// One pixel a cell. Cells that are masked or filtered out have the colour `masked`, values that are not finite
// `notFinite`.
QImage mapImage(const CellGrid& grid, const ColourMap& colours, const ValueScale& scale, const QColor& masked,
                const QColor& notFinite);

// The circle that stands for a standard error: radius ∝ √(SE / value), at most the cell. 0 = none.
double ringRadius(double standardError, double value, double cell);

// Whether what is painted ends as drawing commands in a PDF or SVG.
bool isVector(const QPainter& painter);

// Parallel lines at 45° inside `cell`, cut by geometry because SVG knows no clipping.
void hatch(QPainter& painter, const QRectF& cell, const QColor& colour);

}  // namespace ketscope
