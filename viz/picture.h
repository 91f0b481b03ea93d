// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <QImage>

#include <filesystem>

namespace ketscope {

// Decodes a PNG, JPEG, WebP, BMP, TIFF, GIF (first frame) or PNM file to 8-bit RGB as Pillow's convert("RGB") does:
// transparency is dropped, not blended; palettes and greyscale are expanded; of 16 bits the upper 8 stay; colour
// profiles and the EXIF orientation are not applied. The notices say which of these changed something. Throws Error
// (Input): no such file, another kind of file, damaged, beyond the limits of core/image/image.h (told from the header),
// CMYK of unknown polarity.
Image readPicture(const std::filesystem::path& file);

// `study` with its image decoded; that of `previous` when it is the same file. Throws as readPicture does.
Study withPicture(Study study, const Comparison* previous = nullptr);

// The same pixels for painting.
QImage pictureImage(const Image& image);

}  // namespace ketscope
