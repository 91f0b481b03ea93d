// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/post_processing.h"
#include "core/text/special_tokens.h"
#include "core/text/tokenizer.h"
#include "core/text/vocabulary.h"

#include <deque>

namespace ketscope {

// A character that goes before text, so that its first word looks like those after a space.
struct WordPrefix {
    char32_t code = U' ';
    bool always = false;     // before text that starts with it, too
    bool firstOnly = false;  // not after special tokens
};

// The parts of a tokenizer, in the order in which text meets them.
struct Pipeline {
    std::deque<AddedToken> added;
    std::vector<NormalStep> normalization;
    std::optional<char32_t> spaceMark;  // takes the place of every plain space
    std::optional<WordPrefix> prefix;
    std::vector<SplitStep> splits;
    std::shared_ptr<const Vocabulary> vocabulary;
    std::unique_ptr<WordModel> model;
    Templates templates;
    std::optional<std::int32_t> padding;
    int paddingSegment = 0;
    TruncationStrategy strategy = TruncationStrategy::LongestFirst;
    TextLimits limits;
};

// Throws Error (Input) naming `where` when an added token contradicts the vocabulary.
std::unique_ptr<Tokenizer> makeTokenizer(Pipeline parts, const std::string& where);

}  // namespace ketscope
