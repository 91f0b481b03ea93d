// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/pieces.h"

#include <optional>

namespace ketscope {

// What a template puts in one place: a special token, or all pieces of the text or of its pair.
struct TemplateItem {
    enum class What { Special, Text, Pair };
    What what = What::Special;
    std::int32_t id = 0;  // of a special token
    int segment = 0;
};

using Template = std::vector<TemplateItem>;

// [CLS] A [SEP], [CLS] A [SEP] B [SEP]; special tokens may be added or not.
struct Templates {
    Template single = {{TemplateItem::What::Text, 0, 0}};
    Template pair = {{TemplateItem::What::Text, 0, 0}, {TemplateItem::What::Pair, 0, 1}};
};

// The classic templates of BERT and RoBERTa.
Templates bertTemplates(std::int32_t cls, std::int32_t sep);
Templates robertaTemplates(std::int32_t cls, std::int32_t sep);

// Beginning and end of each text, where there are such tokens.
Templates framedTemplates(std::optional<std::int32_t> bos, std::optional<std::int32_t> eos);

std::size_t specialCount(const Template& items);

enum class TruncationStrategy { LongestFirst, OnlyFirst, OnlySecond };

// How many pieces of the text and of the pair stay when both together may have `room`. LongestFirst: the longer is cut
// first, and when both are cut the longer (the pair, if they are equal) keeps the odd one. Throws Error (Input) when the
// only one that may be cut is too short for that; a text without a pair is always cut.
std::pair<std::size_t, std::size_t> truncatedLengths(std::size_t text, std::size_t pair, std::size_t room,
                                                     TruncationStrategy strategy);

}  // namespace ketscope
