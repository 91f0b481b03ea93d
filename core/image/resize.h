// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/image/image.h"

namespace ketscope {

enum class Resampling { Nearest, Bilinear, Bicubic };

// `image` at another size, with the same bytes as Pillow's Image.resize, which the models' image processors use: the
// filter is widened by the scale when shrinking (antialiased), weights are fixed point with 22 bits, columns are
// resampled before rows and rounded to 8 bits in between, and the cubic has a = −0.5. Nearest takes the pixel under the
// centre. Throws Error (Input) when the result or the picture between the two passes is beyond the limits of image.h.
Image resized(const Image& image, std::size_t width, std::size_t height, Resampling resampling);

}  // namespace ketscope
