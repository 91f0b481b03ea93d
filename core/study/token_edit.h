// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/input.h"

namespace ketscope {

// Changes to single tokens of an input as the model sees it. What comes out is a text where the tokenizer makes exactly
// those tokens of it, else token ids with their masks and types; the picture stays. `token` counts encoded.tokens.

// Why the tokens of this input cannot be changed one by one; empty = they can.
std::string tokenEditObstacle(const Input& input, const Tokenizer* tokenizer);

// The tokens that `text` becomes in the place of `token`: none of the tokenizer's additions, a leading space where the
// token has one. Throws Error (Input) when that is nothing.
std::vector<Token> replacementTokens(const EncodedInput& encoded, std::size_t token, std::string_view text,
                                     const Tokenizer& tokenizer);

Input withTokenReplaced(const Input& input, const EncodedInput& encoded, std::size_t token, std::string_view text,
                        const Tokenizer& tokenizer);
// Throws Error (Input) when it is the only token.
Input withTokenRemoved(const Input& input, const EncodedInput& encoded, std::size_t token, const Tokenizer* tokenizer);
// Hidden: no query may look at it, as if it were padding. Always token ids. Throws Error (Input) when no token would be
// left to look at.
Input withTokenHidden(const Input& input, const EncodedInput& encoded, std::size_t token, bool hidden);

// How the tokenizer writes its mask token, "[MASK]" or "<mask>"; none when it has no such token.
std::optional<std::string> maskTokenText(const Tokenizer& tokenizer);

}  // namespace ketscope
