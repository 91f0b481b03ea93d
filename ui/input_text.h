// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/input.h"

#include <QString>

#include <vector>

namespace ketscope {

// How an input is written in one line, and read back.

// The text; labels or token ids between commas.
QString inputText(const Input& input);
// `before` with another line in it: labels where it has labels, token ids where it has those and the line is
// of numbers, or the model has no tokenizer; else its text. The
// picture stays. Throws Error (Input) for ids that are no whole numbers.
Input withText(const Input& before, const QString& line, bool hasTokenizer);

// Whole numbers between commas or spaces. Throws Error (Input) that names `what`.
std::vector<std::int32_t> wholeNumbersIn(const QString& text, const std::string& what);

}  // namespace ketscope
