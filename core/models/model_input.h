// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"

#include <cstdint>
#include <vector>

namespace ketscope {

// One text as numbers. Vectors have one entry a token, or none where a model or a default says the rest.
struct TextInput {
    std::vector<std::int32_t> tokenIds;
    std::vector<std::uint8_t> attentionMask;  // 1 = real token, 0 = padding
    std::vector<std::int32_t> tokenTypes;     // 0 or 1; ignored by models without token types

    bool operator==(const TextInput&) const = default;
};

// One image as numbers.
struct ImageInput {
    TensorPointer pixels;  // (channels, h, w), normalised as the model's processor says; null = no image
    std::vector<std::uint8_t>
        pixelMask;  // (h · w): 1 = picture, 0 = padding at the bottom or right; empty = no padding

    bool operator==(const ImageInput& other) const;
};

// What goes into a model. The text whose attention is looked at comes first; models that hold an image against several
// texts run `furtherTexts` through the same heads, and only what comes out of them is kept.
struct ModelInput : TextInput {
    std::vector<TextInput> furtherTexts;
    ImageInput image;

    bool operator==(const ModelInput&) const = default;
};

}  // namespace ketscope
