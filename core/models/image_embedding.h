// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/config.h"
#include "core/models/model.h"
#include "core/models/weights.h"
#include "core/nn/operations.h"

namespace ketscope {

// How learned positions come to a grid of patches other than the one they were learned for.
enum class PositionResize {
    None,     // not at all
    Bicubic,  // a = −0.75, pixel centres; sampled at 1/s with s = (patches + 0.1) / learned (transformers 4.36)
    BilinearCorners  // the corners of both grids coincide
};

// One axis of a position grid at another size: output i is Σ weight · input[index] over taps[i].
struct PositionTap {
    std::size_t index = 0;
    double weight = 0.0;
};
std::vector<std::vector<PositionTap>> positionTaps(PositionResize resize, std::size_t learned, std::size_t wanted);

// An image as tokens: the class token and the linear projections of its patches, row by row, with their positions added
// (Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021). An architecture's table names the tensors "class token",
// "patch projection" and "image positions".
class ImageEmbedding {
public:
    ImageEmbedding(const Weights& weights, const ImageInfo& info, PositionResize resize);

    // Fills `out` (1 + patches, width) for the patches of patchGrid().
    void embed(const Operations& operations, const ImageInput& image, MutableMatrixView out) const;

private:
    template <typename Body> void forTaps(PatchGrid grid, const Body& body) const;
    void addPositions(const Operations& operations, PatchGrid grid, MutableMatrixView out) const;

    ImageInfo m_info;
    PositionResize m_resize;
    WeightTable m_classToken;
    Linear m_projection;
    WeightTable m_positions;  // (1 + learned patches, width)
};

// The sizes of images and patches in a configuration: "image_size", "patch_size" (a number, or a list of height and
// width) and "num_channels".
ImageInfo readImageInfo(const Config& config, std::size_t imageSize, std::size_t patchSize);

// What the tables of tensors need of an image: channels, patch sides and positions.
std::map<Axis, std::size_t> imageAxes(const ImageInfo& info);

}  // namespace ketscope
