// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/alignment.h"

namespace ketscope {

// Where words and patches are in the stacks of a comparison: what the parts of the alignment share.

// Outputs of image–text models: the last states of all tokens of the first text (T, E) and of the image (1 + P, E),
// each projected as the model projects the one token that it compares, of length 1.
inline constexpr const char* kTextEmbeds = "text_token_embeds";
inline constexpr const char* kImageEmbeds = "image_token_embeds";
// Null when the trace does not have it.
const Tensor* projectedTokens(const Trace& trace, const char* output);

// The first stack with these axes.
std::optional<std::size_t> stackOf(const Comparison& comparison, TokenAxis queries, TokenAxis keys);
// The joint stack, else the image tower.
std::optional<std::size_t> imageStack(const Comparison& comparison);

// Tokens of the image before its patches.
std::size_t leadingTokens(const Comparison& comparison);
// Indices of the first patch and of the class token on an axis that has an image; none when there is not exactly one
// token before the patches.
std::size_t firstPatch(const Comparison& comparison, TokenAxis axis);
std::optional<std::size_t> classKey(const Comparison& comparison, TokenAxis axis);

}  // namespace ketscope
