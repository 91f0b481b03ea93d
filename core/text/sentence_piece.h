// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/pipeline.h"

namespace ketscope {

// What a piece is for, with the numbers that SentencePiece models and GGUF files use.
enum class PieceRole : std::int32_t { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

struct ScoredPiece {
    std::string text;
    float score = 0.0F;
    PieceRole role = PieceRole::Normal;
};

// A SentencePiece model of the BPE kind (Kudo and Richardson 2018). The place of a piece is its id.
struct SentencePieceModel {
    std::vector<ScoredPiece> pieces;
    bool addsPrefix = true;           // a space goes before text
    bool prefixFirstOnly = false;     // but not after special tokens
    bool removesExtraSpaces = false;  // at the ends, and all but one between words
};

// Throws Error (Input) naming `where` for a number that is no role.
PieceRole pieceRole(std::int64_t number, const std::string& where);

// Vocabulary, added tokens, words and model of a pipeline. Throws Error (Input) naming `where`.
Pipeline sentencePiecePipeline(const SentencePieceModel& model, const std::string& where);

// Control and unknown pieces as special tokens, user-defined ones as added tokens. `roles` has one entry for each id.
std::deque<AddedToken> addedByRole(const Vocabulary& vocabulary, const std::vector<PieceRole>& roles);

}  // namespace ketscope
