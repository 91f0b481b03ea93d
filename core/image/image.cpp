// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/image.h"

#include "core/base/error.h"

namespace ketscope {

void requireUsableSize(std::size_t width, std::size_t height, const std::string& where)
{
    const std::string found = std::to_string(width) + " × " + std::to_string(height) + " pixels";
    if (width == 0 || height == 0)
        refuse({where, "a picture with at least one pixel", found, "Check the file."});
    // Sides are compared first, so that their product cannot overflow.
    if (width > kMaximumImageSide || height > kMaximumImageSide || width * height > kMaximumImagePixels)
        refuse({where,
                "a picture of at most " + std::to_string(kMaximumImagePixels >> 20) + " · 2²⁰ pixels, no side above "
                    + std::to_string(kMaximumImageSide),
                found, "Make the picture smaller."});
}

Image blankImage(std::size_t width, std::size_t height, const std::string& where)
{
    requireUsableSize(width, height, where);
    return {width, height, std::vector<std::uint8_t>(width * height * 3), {}};
}

}  // namespace ketscope
