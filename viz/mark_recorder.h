// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/figure.h"

#include <QPolygonF>

#include <limits>

namespace ketscope {

// A text and the corners of what its letters cover: as wide as it runs, from the baseline up to the capitals.
struct MarkedText {
    QString text;
    QPolygonF corners;    // clockwise from the upper left
    bool strong = false;  // in heavier letters, as titles are
};

// What a painting is made of, in painter units: measured from the marks themselves, not from what a figure says of them.
struct Marks {
    double smallestText = std::numeric_limits<double>::infinity();  // font size in pixels; ∞ = no text
    double thinnestLine = std::numeric_limits<double>::infinity();  // ∞ = no lines
    std::size_t texts = 0;
    std::size_t lines = 0;  // strokes
    std::size_t images = 0;
    std::vector<MarkedText> words = {};  // every text that can be seen, in the order of painting
};

// Paints `figure` into `area` on nothing and counts.
Marks marksOf(const Figure& figure, const QRectF& area, const Theme& theme);

// The texts that reach beyond `page` and the titles that end in "…"; and those that lie over another one, as “a” over
// “b”.
QStringList cutTexts(const Marks& marks, const QRectF& page);
QStringList overlaidTexts(const Marks& marks);

}  // namespace ketscope
