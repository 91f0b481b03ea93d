// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/head_maps.h"

#include <QImage>

namespace ketscope {

// One head's map as a small picture for a grid of heads: max-pooled to at most `size`, one pixel a cell below that, own
// range (the colour shows structure, not size). Masked cells are transparent.
QImage headThumbnail(const HeadMaps& maps, const MapSource& source, QSize size, const ViewSettings& view, bool dark);
// The same of several maps that are looked at beside each other: one range for all of them.
std::vector<QImage> headThumbnails(const HeadMaps& maps, const std::vector<MapSource>& sources, QSize size,
                                   const ViewSettings& view, bool dark);

}  // namespace ketscope
