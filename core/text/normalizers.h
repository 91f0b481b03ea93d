// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/word_patterns.h"

namespace ketscope {

// Puts `with` in the place of each match; its characters stand for the whole match.
NormalStep replaceMatches(WordPattern pattern, std::u32string with);

// Puts `text` before anything that is not empty.
NormalStep prependText(std::u32string text);

// Takes white space from the ends.
NormalStep stripEnds(bool left, bool right);

// The code points of UTF-8 text. Throws Error (Input) naming `where`.
std::u32string codePoints(std::string_view text, const std::string& where);

}  // namespace ketscope
