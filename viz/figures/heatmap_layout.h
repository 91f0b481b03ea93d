// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/colour_bar.h"
#include "viz/theme.h"

#include <QPointF>
#include <QRectF>
#include <QStringList>

#include <cstddef>
#include <optional>
#include <vector>

namespace ketscope {

// What a layout depends on.
struct HeatmapContents {
    std::size_t queries = 0, keys = 0;
    std::size_t traces = 0;  // panels of traces
    bool difference = false;
    bool errorLegend = false;
    std::vector<double> queryLabels, keyLabels;  // widths at kLabelPixels
    std::vector<QStringList> details;            // of every panel: what the header has to wrap
    ColourBar weightBar, differenceBar;
};

// Where everything of a heatmap figure lies, computed once for an area: painting, hit testing and the window's crosshair
// use the same value.
struct HeatmapLayout {
    struct Panel {
        QRectF header;
        QRectF columnLabels;  // the band above the map
        QRectF map;
        std::optional<QRectF> rowLabels;  // only the first panel of a row has them
    };

    std::vector<Panel> panels;  // traces in order, then the difference
    std::size_t queries = 0;
    std::size_t keys = 0;
    double cell = 0.0;             // pitch of one cell; below 1 when pooled
    double gap = 0.0;              // between cells, inside the pitch
    std::size_t pool = 1;          // cells of pool × pool are drawn as one
    std::size_t labelStep = 1;     // label every k-th key
    std::size_t rowLabelStep = 1;  // and query: the same in square maps, whose sides are the same tokens
    double labelPixels = 0.0;      // size of token labels
    double labelAngle = 0.0;       // of column labels, degrees above the horizontal
    std::optional<QRectF> weightBar;
    std::optional<QRectF> errorLegend;
    std::optional<QRectF> differenceBar;
    double height = 0.0;  // of all of it, from the area's top

    int panelCount() const { return static_cast<int>(panels.size()); }
    QRectF mapRect(int panel) const { return panels[static_cast<std::size_t>(panel)].map; }
    // Without the gap. When pooled: the block that the cell is in.
    QRectF cellRect(int panel, std::size_t query, std::size_t key) const;
    QRectF rowBand(int panel, std::size_t query) const;   // the query's row across the map
    QRectF columnBand(int panel, std::size_t key) const;  // the key's column down the map
    int panelAt(QPointF where) const;                     // map under the point; −1 = none

    struct CellAt {
        std::size_t query;
        std::size_t key;
    };
    std::optional<CellAt> cellAt(int panel, QPointF where) const;
    // The query whose row label, or the key whose (slanted) column label, is under the point.
    std::optional<std::size_t> rowLabelAt(QPointF where) const;
    std::optional<std::size_t> columnLabelAt(QPointF where) const;
};

// As many panels side by side as keep cells legible, the rest below. Cells shrink until all of it fits the area.
HeatmapLayout layoutHeatmap(const HeatmapContents& contents, const QRectF& area, const Theme& theme);

inline constexpr double kHeaderIndent = 23.0;  // of title and details, beside the chip
inline constexpr double kUnboundedHeight = 1e9;

}  // namespace ketscope
