// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <optional>

namespace ketscope {

// How well `typed` fits `text`: every word typed must be in it, letter by letter in order. Beginnings of words and letters
// beside each other count more, and of equal fits the shorter text wins. Empty where it does not fit; letter case does not
// matter.
std::optional<int> fuzzyMatch(const QString& typed, const QString& text);

// How alike the words typed are to those of `text`, however they are spelt, 0 … 1: the mean over the words typed of the
// largest share of letter pairs that a word of `text` has in common with it.
double wordLikeness(const QString& typed, const QString& text);

}  // namespace ketscope
