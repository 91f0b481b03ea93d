// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/patch_geometry.h"

#include "core/base/error.h"

#include <algorithm>

namespace ketscope {

namespace {

// One axis: original length, resized length, and where the window begins in it.
struct Axis {
    std::size_t original = 0;
    std::size_t resized = 0;
    std::ptrdiff_t offset = 0;

    // From the window to the original, cut to it.
    double originalOf(std::size_t inWindow) const
    {
        const auto length = static_cast<std::ptrdiff_t>(resized);
        const std::ptrdiff_t at = std::clamp(static_cast<std::ptrdiff_t>(inWindow) + offset, std::ptrdiff_t{0}, length);
        return static_cast<double>(at) * static_cast<double>(original) / static_cast<double>(resized);
    }

    // The cell of `size` pixels that a point of the original falls in.
    std::optional<std::size_t> cell(double point, std::size_t size, std::size_t cells) const
    {
        if (!(point >= 0.0 && point < static_cast<double>(original)))
            return std::nullopt;
        const double inWindow =
            point * static_cast<double>(resized) / static_cast<double>(original) - static_cast<double>(offset);
        if (inWindow < 0.0)
            return std::nullopt;
        const auto index = static_cast<std::size_t>(inWindow / static_cast<double>(size));
        return index < cells ? std::optional(index) : std::nullopt;
    }
};

Axis horizontal(const ImagePlacement& placement)
{
    return {placement.originalWidth, placement.resizedWidth, placement.left};
}

Axis vertical(const ImagePlacement& placement)
{
    return {placement.originalHeight, placement.resizedHeight, placement.top};
}

}  // namespace

ImagePlacement unchangedPlacement(std::size_t width, std::size_t height)
{
    return {width, height, width, height, 0, 0, width, height};
}

PatchGeometry::PatchGeometry(const ImagePlacement& placement, std::size_t patchWidth, std::size_t patchHeight)
    : m_placement(placement), m_patchWidth(patchWidth), m_patchHeight(patchHeight),
      m_rows(placement.height / patchHeight), m_columns(placement.width / patchWidth)
{
    if (patches() == 0)
        refuse({"picture",
                "room for a patch of " + std::to_string(patchWidth) + " × " + std::to_string(patchHeight) + " pixels",
                std::to_string(placement.width) + " × " + std::to_string(placement.height) + " pixels",
                "Use a larger picture."});
}

PixelRectangle PatchGeometry::rectangle(std::size_t index) const
{
    const std::size_t x = index % m_columns * m_patchWidth;
    const std::size_t y = index / m_columns * m_patchHeight;
    const Axis across = horizontal(m_placement);
    const Axis down = vertical(m_placement);
    const PixelRectangle found = {across.originalOf(x), down.originalOf(y), across.originalOf(x + m_patchWidth),
                                  down.originalOf(y + m_patchHeight)};
    return found.empty() ? PixelRectangle{} : found;
}

std::optional<std::size_t> PatchGeometry::patchAt(double x, double y) const
{
    const auto column = horizontal(m_placement).cell(x, m_patchWidth, m_columns);
    const auto row = vertical(m_placement).cell(y, m_patchHeight, m_rows);
    return column && row ? std::optional(*row * m_columns + *column) : std::nullopt;
}

}  // namespace ketscope
