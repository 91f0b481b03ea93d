// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/pieces.h"
#include "core/text/vocabulary.h"

#include <memory>
#include <optional>

namespace ketscope {

// Words as GPT-2 cuts them (Radford et al. 2019, reference code):
// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+   Nothing is dropped.
void gpt2Split(GlyphView text, std::vector<GlyphView>& out);

struct BytePairOptions {
    std::optional<std::int32_t> unknown;  // for bytes without a piece; without it they are refused
    bool fuseUnknown = false;             // neighbouring unknown bytes become one token
    bool ignoreMerges = false;            // a word that is a piece is taken whole
};

// Byte-level byte-pair encoding (Sennrich et al. 2016, over bytes written as printable characters). `merges` are in order
// of rank. Throws Error (Input) naming `where` when one names a piece outside the vocabulary or comes twice.
using Merge = std::pair<std::string, std::string>;
std::unique_ptr<WordModel> makeByteLevelBpe(std::shared_ptr<const Vocabulary> vocabulary,
                                            const std::vector<Merge>& merges, BytePairOptions options,
                                            const std::string& where);

}  // namespace ketscope
