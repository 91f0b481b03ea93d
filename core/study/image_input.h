// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/input.h"

namespace ketscope {

// Fills the image's part of `encoded` from the decoded picture, made ready as the processor file in the model's folder
// says, or from the given numbers. Throws Error (Input): no processor file, a size that the model does not take, a file
// of numbers that is not float32 (3, h, w).
void encodeImage(const Input& input, const ModelInfo& model, EncodedInput& encoded);

}  // namespace ketscope
