// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/colour_map.h"
#include "viz/scale.h"
#include "viz/theme.h"

#include <QPainter>

namespace ketscope {

struct ColourBar {
    QString title;            // "Attention weight, √ scale"; left of the bar where there is room, else above
    QString lowEnd, highEnd;  // below the ends: "less in B", "more in B"
    bool clipped = false;     // values above the range: an open triangle at the end
};

// Height that paintColourBar needs inside a block `width` wide: none where the theme has no colour bars, which are not painted.
double colourBarHeight(const ColourBar& bar, double width, const Theme& theme);
// Narrower than this its words and numbers meet.
double leastColourBarWidth(const ColourBar& bar, const Theme& theme);
void paintColourBar(QPainter& painter, const QRectF& block, const ColourBar& bar, const ColourMap& colours,
                    const ValueScale& scale, const Theme& theme);

}  // namespace ketscope
