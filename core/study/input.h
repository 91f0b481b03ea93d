// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/model.h"
#include "core/text/tokenizer.h"

#include <optional>
#include <string>
#include <vector>

namespace ketscope {

// What the user gave: text (and a pair), or token ids and masks exactly.
struct Input {
    std::optional<std::string> text = {};
    std::optional<std::string> textPair = {};
    std::vector<std::int32_t> tokenIds = {};
    std::vector<std::uint8_t> attentionMask = {};
    std::vector<std::int32_t> tokenTypes = {};

    bool operator==(const Input&) const = default;
};

// The input as the model sees it, with what is needed to label it.
struct EncodedInput {
    ModelInput model;
    std::vector<Token> tokens;
    std::vector<std::string> notices;  // "Cut to 64 tokens: 12 dropped.", "2 unknown words became [UNK]."
};

// Tokenizes and checks. Throws Error (Input): nothing given, no tokens, both text and ids, no tokenizer, masks of another
// length, ids outside the vocabulary. Text longer than the model allows is cut, with a notice.
EncodedInput encodeInput(const Input& input, const ModelInfo& model, const Tokenizer* tokenizer);

}  // namespace ketscope
