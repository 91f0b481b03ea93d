// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"
#include "core/image/image.h"
#include "core/image/patch_geometry.h"
#include "core/image/resize.h"

#include <array>
#include <filesystem>
#include <optional>

namespace ketscope {

struct Extent {
    std::size_t height = 0;
    std::size_t width = 0;

    bool operator==(const Extent&) const = default;
};

// How a model's pictures are made ready, as its own files say.
struct ImageProcessor {
    std::string type;  // "CLIPImageProcessor"
    bool resizes = true;
    std::optional<Extent> exactSize;  // else the shorter side becomes `shortestEdge`, and the sides keep their ratio
    std::size_t shortestEdge = 0;
    std::size_t longestEdge = 0;  // 0 = no limit
    std::size_t sizeDivisor = 1;  // both sides are cut down to multiples of it
    Resampling resampling = Resampling::Bicubic;
    std::optional<Extent> cropSize;  // centred; black where the picture is too small
    bool cropRoundsToEven = false;   // how half a pixel of the crop's place is settled; else down
    bool rescales = true;
    double rescaleFactor = 1.0 / 255.0;
    bool normalizes = true;
    std::array<double, 3> mean = {0.5, 0.5, 0.5};
    std::array<double, 3> deviation = {0.5, 0.5, 0.5};
    bool pads = false;  // pictures of a batch get zeros at the right and bottom, and a mask that says so

    // The size that a picture is resized to.
    Extent resizedSize(const Extent& original) const;
};

// preprocessor_config.json of a model folder, or failing that open_clip_config.json; none when the folder has neither.
// Throws Error (Input) naming the key for values that are missing or unknown; nothing is guessed.
std::optional<ImageProcessor> openImageProcessor(const std::filesystem::path& folder);

// "ViTImageProcessor: to 224 × 224, bilinear" or "CLIPImageProcessor: shorter side 224, bicubic, centre 224 × 224"; width
// before height.
std::string describe(const ImageProcessor& processor);

// What goes into the model, and where it came from.
struct PreparedImage {
    Tensor pixelValues;                   // (3, height, width)
    std::vector<std::uint8_t> pixelMask;  // height × width, 1 = picture, 0 = padding; empty when nothing is padded
    ImagePlacement placement;
};

// The 8-bit picture after resize and crop, and its place in the original.
struct FramedImage {
    Image image;
    ImagePlacement placement;
};
FramedImage frame(const Image& image, const ImageProcessor& processor);

// frame(), then rescaled, normalised and laid out by channel. `padTo`: the size of the largest picture of a batch, for
// processors that pad. Throws Error (Input) for a picture that becomes too large or that does not fit `padTo`.
PreparedImage prepare(const Image& image, const ImageProcessor& processor, std::optional<Extent> padTo = {});

}  // namespace ketscope
