// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ketscope {

// A decoded picture: 8-bit RGB, row by row from the top left. Greyscale, palette, transparency and deeper pixels were
// converted when it was decoded; `notices` says what that changed ("Transparency is dropped.").
struct Image {
    std::size_t width = 0;
    std::size_t height = 0;
    std::vector<std::uint8_t> rgb = {};  // height × width × 3
    std::vector<std::string> notices = {};

    bool operator==(const Image&) const = default;
};

// A few kilobytes can unpack to gigabytes: larger pictures are refused before memory is taken.
inline constexpr std::size_t kMaximumImageSide = std::size_t{1} << 16;
inline constexpr std::size_t kMaximumImagePixels = std::size_t{1} << 26;

// Throws Error (Input) naming `where` for a picture with no pixels or beyond the limits.
void requireUsableSize(std::size_t width, std::size_t height, const std::string& where);

// Pixels to be filled. Throws as requireUsableSize does.
Image blankImage(std::size_t width, std::size_t height, const std::string& where);

}  // namespace ketscope
