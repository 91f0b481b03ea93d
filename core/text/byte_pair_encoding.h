// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/pieces.h"
#include "core/text/vocabulary.h"

#include <memory>
#include <optional>

namespace ketscope {

// U+2581, which stands for a space in SentencePiece vocabularies.
inline constexpr char32_t kSpaceMark = 0x2581;

struct BytePairOptions {
    bool byteLevel = false;               // words are bytes written as printable characters (GPT-2)
    std::string wordEnd = {};             // "</w>": goes on the last character of a word (GPT-1, CLIP)
    bool byteFallback = false;            // characters without a piece become "<0xE2>" pieces (SentencePiece)
    std::optional<std::int32_t> unknown;  // for what has no piece; without it that is refused
    bool fuseUnknown = false;             // neighbouring unknown characters become one token
    bool ignoreMerges = false;            // a word that is a piece is taken whole
};

// Byte-pair encoding (Sennrich et al. 2016) with merges in order of rank. Throws Error (Input) naming `where` when a merge
// names a piece outside the vocabulary or comes twice.
using Merge = std::pair<std::string, std::string>;
std::unique_ptr<WordModel> makeBytePairEncoding(std::shared_ptr<const Vocabulary> vocabulary,
                                                const std::vector<Merge>& merges, BytePairOptions options,
                                                const std::string& where);

// Byte-pair encoding as SentencePiece does it (Kudo and Richardson 2018): neighbours join when their text is a piece, the
// piece of highest score first. `scores` has one entry for each id below the vocabulary's limit; pieces without one are
// never made by joining (control and byte pieces). Throws Error (Input) naming `where` for a score that is not a number.
std::unique_ptr<WordModel> makeScoredEncoding(std::shared_ptr<const Vocabulary> vocabulary,
                                              const std::vector<std::optional<float>>& scores, BytePairOptions options,
                                              const std::string& where);

// Two pieces separated by one space. Throws Error (Input) naming `where`.
Merge mergeOfLine(std::string_view line, const std::string& where);

}  // namespace ketscope
