// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/thumbnail.h"

#include "viz/map_panel.h"

namespace ketscope {

std::vector<QImage> headThumbnails(const HeadMaps& maps, const std::vector<MapSource>& sources, QSize size,
                                   const ViewSettings& view, bool dark)
{
    const auto poolFor = [](std::size_t tokens, int pixels) {
        const auto room = static_cast<std::size_t>(std::max(1, pixels));
        return (tokens + room - 1) / room;
    };
    const std::size_t pool = std::max(poolFor(maps.queries(), size.height()), poolFor(maps.keys(), size.width()));
    std::vector<CellGrid> grids;
    double largest = 0.0;
    bool negative = false, errors = false;
    for (const MapSource& source : sources) {
        negative = negative || source.isDifference();
        errors = errors || source.errors;
        grids.push_back(maps.grid(source, pool));
        for (const Cell& cell : grids.back().cells) {
            if (cell.state != CellState::Value)
                continue;
            largest = std::max(largest, std::abs(cell.value));
            negative = negative || cell.value < 0.0;
        }
    }
    const Theme theme = dark ? darkTheme() : lightTheme();
    const ColourScale kind = errors ? ColourScale::Linear : view.scale;
    const ValueScale scale = negative ? ValueScale::symmetric(kind, largest) : ValueScale::sequential(kind, largest);
    const QString map = errors ? QStringLiteral("cividis") : QString::fromStdString(view.colourMap);
    const ColourMap colours = negative ? divergingMap(dark) : colourMap(map);
    std::vector<QImage> images;
    for (const CellGrid& grid : grids)
        images.push_back(mapImage(grid, colours, scale, Qt::transparent, theme.error));
    return images;
}

QImage headThumbnail(const HeadMaps& maps, const MapSource& source, QSize size, const ViewSettings& view, bool dark)
{
    return headThumbnails(maps, {source}, size, view, dark).front();
}

}  // namespace ketscope
