// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/figure.h"

#include <limits>

namespace ketscope {

// What a painting is made of, in painter units: measured from the marks themselves, not from what a figure says of them.
struct Marks {
    double smallestText = std::numeric_limits<double>::infinity();  // font size in pixels; ∞ = no text
    double thinnestLine = std::numeric_limits<double>::infinity();  // ∞ = no lines
    std::size_t texts = 0;
    std::size_t lines = 0;  // strokes
    std::size_t images = 0;
};

// Paints `figure` into `area` on nothing and counts.
Marks marksOf(const Figure& figure, const QRectF& area, const Theme& theme);

}  // namespace ketscope
