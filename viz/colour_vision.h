// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QString>

#include <vector>

namespace ketscope {

// How a picture may be seen: in print without colour, or without one kind of cone.
struct ColourVision {
    QString id;           // "deutan"
    QString title;        // "Deutan"
    double matrix[3][3];  // of linear sRGB
};

// Normal first. Deutan and protan: complete loss of the cone after Machado, Oliveira and Fernandes, "A physiologically-based
// model for simulation of color vision deficiency" (2009), severity 1; greyscale: luminance of Rec. 709.
const std::vector<ColourVision>& colourVisions();

// `image` as it is seen so.
QImage seenWith(const ColourVision& vision, const QImage& image);

}  // namespace ketscope
