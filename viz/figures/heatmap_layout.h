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
    std::size_t queries = 0, keys = 0;  // in sight
    std::size_t firstQuery = 0, firstKey = 0;
    bool zoomed = false;     // tokens are out of sight: a small map of the whole shows where
    bool labels = true;      // of tokens
    std::size_t traces = 0;  // panels of traces
    bool difference = false;
    bool errorLegend = false;
    std::vector<double> queryLabels, keyLabels;  // widths at kLabelPixels
    std::vector<QString> titles;                 // of every panel: as short as they can be said
    std::vector<QStringList> details;            // of every panel: what the header has to wrap
    ColourBar weightBar, differenceBar;
};

// Where everything of a heatmap figure lies, computed once for an area: painting, hit testing and the window's
// crosshair use the same value.
struct HeatmapLayout {
    struct Panel {
        QRectF header;
        QRectF columnLabels;  // the band above the map
        QRectF map;
        std::optional<QRectF> rowLabels;  // only the first panel of a row has them
    };

    std::vector<Panel> panels;  // traces in order, then the difference
    std::size_t queries = 0;    // in sight, from firstQuery and firstKey on
    std::size_t keys = 0;
    std::size_t firstQuery = 0, firstKey = 0;
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
    std::optional<QRectF> overview;  // the small map of the whole, left of the first map's labels
    double height = 0.0;             // of all of it, from the area's top

    int panelCount() const { return static_cast<int>(panels.size()); }
    QRectF mapRect(int panel) const { return panels[static_cast<std::size_t>(panel)].map; }
    bool showsQuery(std::size_t query) const { return query >= firstQuery && query < firstQuery + queries; }
    bool showsKey(std::size_t key) const { return key >= firstKey && key < firstKey + keys; }
    // The tokens at the left and upper edge of the drawn blocks.
    std::size_t originQuery() const { return firstQuery / pool * pool; }
    std::size_t originKey() const { return firstKey / pool * pool; }
    // Without the gap. When pooled: the block that the cell is in. The cell is in sight.
    QRectF cellRect(int panel, std::size_t query, std::size_t key) const;
    QRectF rowBand(int panel, std::size_t query) const;   // the query's row across the map
    QRectF columnBand(int panel, std::size_t key) const;  // the key's column down the map
    int panelAt(QPointF where) const;                     // map under the point; −1 = none

    struct CellAt {
        std::size_t query;
        std::size_t key;
    };
    std::optional<CellAt> cellAt(int panel, QPointF where) const;
    // The cell of the map that is nearest to a point beside it.
    CellAt nearestCell(int panel, QPointF where) const;
    // The query whose row label, or the key whose (slanted) column label, is under the point.
    std::optional<std::size_t> rowLabelAt(QPointF where) const;
    std::optional<std::size_t> columnLabelAt(QPointF where) const;
};

// As many panels side by side as keep cells legible, the rest below. Cells shrink until all of it fits the area.
HeatmapLayout layoutHeatmap(const HeatmapContents& contents, const QRectF& area, const Theme& theme);

inline constexpr double kHeaderIndent = 23.0;  // of title and details, beside the chip
inline constexpr double kUnboundedHeight = 1e9;

}  // namespace ketscope
