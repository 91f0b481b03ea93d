// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/unicode.h"

#include <functional>

namespace ketscope {

// A token before special tokens, truncation and display are added.
struct Piece {
    std::int32_t id = 0;
    std::uint32_t begin = 0;  // characters of the original text
    std::uint32_t end = 0;
    bool unknown = false;
    bool special = false;
};

// The part of a tokenizer that cuts one word into pieces of its vocabulary.
class WordModel {
public:
    virtual ~WordModel() = default;

    virtual std::string kind() const = 0;

    // Appends the pieces of a non-empty word. Throws Error (Input) when it cannot be written with the vocabulary.
    virtual void encode(GlyphView word, std::vector<Piece>& out) const = 0;

    // A piece of the vocabulary as it is shown (see Token::display).
    virtual std::string display(const std::string& piece) const = 0;
};

// One step of normalisation.
using NormalStep = std::function<void(Glyphs&)>;

// One step of cutting text into words: appends the parts of `text` that are kept, in order.
using SplitStep = std::function<void(GlyphView text, std::vector<GlyphView>& out)>;

}  // namespace ketscope
