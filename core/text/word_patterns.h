// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/pieces.h"

#include <string_view>

namespace ketscope {

// How many characters of `text` from `at` on (which is inside it) form a word; 0 when none starts there.
using WordPattern = std::function<std::size_t(GlyphView text, std::size_t at)>;

// The patterns of published tokenizers, as functions that take linear time on any text. \s is Unicode White_Space.
//
// GPT-2 (Radford et al. 2019, reference code):
// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t gpt2Word(GlyphView text, std::size_t at);

// CLIP (Radford et al. 2021): 's|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
std::size_t clipWord(GlyphView text, std::size_t at);

// Llama 3, with `digits` = 3 (Qwen 2: 1):
// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
WordPattern llama3Word(std::size_t digits);

// The pattern that a regular expression of a tokenizer.json stands for; null when it is not one of those above, \s+,
// " {2,}" or \w+|[^\w\s]+.
WordPattern patternOfExpression(std::string_view expression);
WordPattern patternOfLiteral(std::u32string literal);

// What becomes of the matches of a pattern, in the words of tokenizer.json.
enum class SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

// Cuts text at the matches of a pattern; `invert` takes what is between the matches for the matches.
SplitStep splitAt(WordPattern pattern, SplitBehavior behavior, bool invert);

}  // namespace ketscope
