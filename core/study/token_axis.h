// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/input.h"

namespace ketscope {

// The tokens of an image: what comes before the patches ("image CLS" when it is one), then "patch row,column" row by
// row. `count` is all of them, at least the patches.
std::vector<Token> imageTokens(std::size_t count, std::size_t rows, std::size_t columns);

// How many tokens of an axis are known.
std::size_t axisTokens(const EncodedInput& input, TokenAxis axis);

// The token at `index` of a stack's query or key axis; null when it is not known.
const Token* axisToken(const EncodedInput& input, TokenAxis axis, std::size_t index);

// Its readable text; the index where the token is not known.
std::string axisLabel(const EncodedInput& input, TokenAxis axis, std::size_t index);

// The patch that this token shows, for input.patches; none for text and class tokens and where patches are not known.
std::optional<std::size_t> axisPatch(const EncodedInput& input, TokenAxis axis, std::size_t index);

}  // namespace ketscope
