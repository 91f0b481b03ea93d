// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ketscope {

// One head; the mean or the largest weight of a layer's heads; the mean of every head of every layer.
enum class HeadReduction { OneHead, MeanOfHeads, LargestOfHeads, MeanOfLayers };

// What lies under the heat.
enum class PictureGround { Picture, Grey, Blank };

// A rectangle of patches.
struct PatchRegion {
    std::size_t row = 0;
    std::size_t column = 0;
    std::size_t rows = 1;
    std::size_t columns = 1;

    std::size_t count() const { return rows * columns; }
    bool contains(std::size_t patchRow, std::size_t patchColumn) const
    {
        return patchRow >= row && patchRow - row < rows && patchColumn >= column && patchColumn - column < columns;
    }
    bool operator==(const PatchRegion&) const = default;
};

// How an image and its text are held against each other, and how that is drawn. Which token and patch are looked at
// follows the selection where its stack has them; `tokens` and `region` say what else, and hold as long as the first
// token and a patch of the region are the selected ones (see focusOf).
struct AlignmentView {
    std::string method = {};   // an id of alignmentMethods(); empty = what the selected stack and the model suggest
    bool fromPatches = false;  // patches look at words, where a method has both directions
    HeadReduction reduction = HeadReduction::OneHead;
    bool withoutClass = true;   // leave the image's class token out of the keys and renormalise
    bool smooth = false;        // interpolate between patches
    std::size_t opacity = 70;   // per cent, of the heat over the picture
    bool grid = true;           // lines between patches
    bool boxes = false;         // labelled boxes, where the picture has any
    bool differences = false;   // small maps show B − A
    bool showsMatches = false;  // the assignment in place of the small maps
    bool tokenEntropy = false;  // bars of the caption's tokens: entropy over the patches in place of the patch's share
    PictureGround ground = PictureGround::Picture;
    std::vector<std::size_t> tokens = {};
    PatchRegion region = {};

    bool operator==(const AlignmentView&) const = default;
};

Json toJson(const AlignmentView& view);
// What `json` does not say stays as it is in a new AlignmentView. Throws Error (Input) naming the field that is wrong.
AlignmentView alignmentViewFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
