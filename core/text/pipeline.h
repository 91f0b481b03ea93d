// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/post_processing.h"
#include "core/text/special_tokens.h"
#include "core/text/tokenizer.h"
#include "core/text/vocabulary.h"

#include <deque>

namespace ketscope {

// The parts of a tokenizer, in the order in which text meets them.
struct Pipeline {
    std::deque<AddedToken> added;
    std::vector<NormalStep> normalization;
    bool prefixSpace = false;  // a space goes before text that does not start with one
    std::vector<SplitStep> splits;
    std::shared_ptr<const Vocabulary> vocabulary;
    std::unique_ptr<WordModel> model;
    Templates templates;
    std::optional<std::int32_t> padding;
};

// Throws Error (Input) naming `where` when an added token contradicts the vocabulary.
std::unique_ptr<Tokenizer> makeTokenizer(Pipeline parts, const std::string& where);

}  // namespace ketscope
