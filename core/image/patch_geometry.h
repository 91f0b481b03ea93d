// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>

namespace ketscope {

// A place in a picture, in pixels from its top left; a pixel covers one unit. The right and bottom edge are outside.
struct PixelRectangle {
    double left = 0.0;
    double top = 0.0;
    double right = 0.0;
    double bottom = 0.0;

    bool empty() const { return left >= right || top >= bottom; }
    bool operator==(const PixelRectangle&) const = default;
};

// Where the pixels that go into the model come from: the original was resized, then a window of it was cut out, or laid
// on a larger ground where it was too small.
struct ImagePlacement {
    std::size_t originalWidth = 0;
    std::size_t originalHeight = 0;
    std::size_t resizedWidth = 0;
    std::size_t resizedHeight = 0;
    std::ptrdiff_t left = 0;  // of the window in the resized picture; negative where it was too small
    std::ptrdiff_t top = 0;
    std::size_t width = 0;  // of the window: what goes in
    std::size_t height = 0;

    bool operator==(const ImagePlacement&) const = default;
};

// The placement of pixels that are given as they go in.
ImagePlacement unchangedPlacement(std::size_t width, std::size_t height);

// The patches of what goes into the model, row by row from the top left, and where they lie in the original picture.
// Pixels at the right and bottom edge that do not fill a patch belong to none.
class PatchGeometry {
public:
    PatchGeometry() = default;
    // Throws Error (Input) when not even one patch fits.
    PatchGeometry(const ImagePlacement& placement, std::size_t patchWidth, std::size_t patchHeight);

    std::size_t rows() const { return m_rows; }
    std::size_t columns() const { return m_columns; }
    std::size_t patchWidth() const { return m_patchWidth; }  // pixels of what goes in
    std::size_t patchHeight() const { return m_patchHeight; }
    std::size_t patches() const { return m_rows * m_columns; }
    const ImagePlacement& placement() const { return m_placement; }

    // The part of the original picture that patch `index` shows, through resize and crop; empty when it shows padding
    // alone. The resize filter also lets a few pixels around it in.
    PixelRectangle rectangle(std::size_t index) const;
    // The patch that shows a point of the original picture; none where it was cropped away or lies outside.
    std::optional<std::size_t> patchAt(double x, double y) const;

    bool operator==(const PatchGeometry&) const = default;

private:
    ImagePlacement m_placement;
    std::size_t m_patchWidth = 0;
    std::size_t m_patchHeight = 0;
    std::size_t m_rows = 0;
    std::size_t m_columns = 0;
};

}  // namespace ketscope
