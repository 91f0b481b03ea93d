// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/pieces.h"
#include "core/text/vocabulary.h"

#include <memory>

namespace ketscope {

struct BertNormalization {
    bool cleanText = true;
    bool spaceIdeographs = true;
    bool lowercase = true;
    bool stripAccents = true;
};

// The basic tokenizer of BERT (Devlin et al. 2019, reference code): control characters out, white space to spaces,
// ideographs set apart, accents stripped, lower case.
void bertNormalize(Glyphs& text, const BertNormalization& options);

// Punctuation as BERT counts it: ASCII symbols and P*.
bool isBertSeparator(char32_t code);

// Splits at white space, which goes, and around every punctuation character, ASCII symbols included.
void bertSplit(GlyphView text, std::vector<GlyphView>& out);

void whiteSpaceSplit(GlyphView text, std::vector<GlyphView>& out);

struct WordPieceOptions {
    std::int32_t unknown = 0;
    std::string continuation = "##";
    std::size_t longestWord = 100;  // characters; longer words are unknown
};

// Greedy longest match from the left (Wu et al. 2016, as in BERT).
std::unique_ptr<WordModel> makeWordPiece(std::shared_ptr<const Vocabulary> vocabulary, WordPieceOptions options);

}  // namespace ketscope
