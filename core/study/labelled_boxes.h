// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/alignment.h"

#include <string>
#include <vector>

namespace ketscope {

// An object of a picture whose place is known.
struct LabelledBox {
    std::string label;  // "pink ring"
    PixelRectangle box;
    std::vector<std::size_t>
        tokens;  // of the text: those of the word that names it; empty where the caption is another
};

// What the list beside the picture (scene_list.h) says of it: {"image", "caption", "objects": [{"shape",
// "color", "box": [left, top, right, bottom]}], "mentions": [{"word", "object"}]}, words counted from 0 between spaces.
// Empty without a list or entry. Throws Error (Input) when the list is damaged.
std::vector<LabelledBox> labelledBoxes(const Comparison& comparison);

// The share of each patch's area that lies in the box, row by row.
std::vector<double> sharesInBox(const PatchGeometry& patches, const PixelRectangle& box);
// Whether each patch's middle lies in the box or on its edge: left and right count alike where middles lie on edges, as
// they do in scenes.
std::vector<std::uint8_t> middlesInBox(const PatchGeometry& patches, const PixelRectangle& box);

// What the focus' tokens have to do with the box that they name. Mass is NaN where values are no distribution.
struct BoxReading {
    std::string label;
    std::vector<double> mass;          // of each trace, 0 … 1
    std::vector<std::uint8_t> points;  // pointing game: whether the largest value's patch has its middle in the box
};
std::vector<BoxReading> readBoxes(const Comparison& comparison, const AlignmentMaps& maps, const AlignmentFocus& focus,
                                  const std::vector<LabelledBox>& boxes);

}  // namespace ketscope
