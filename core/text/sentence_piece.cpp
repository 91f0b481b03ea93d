// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/sentence_piece.h"

#include "core/base/error.h"
#include "core/text/byte_pair_encoding.h"

#include <algorithm>

namespace ketscope {

namespace {

void removeExtraSpaces(Glyphs& text)
{
    Glyphs out;
    out.reserve(text.size());
    for (const Glyph& glyph : text)
        if (glyph.code != U' ' || (!out.empty() && out.back().code != U' '))
            out.push_back(glyph);
    if (!out.empty() && out.back().code == U' ')
        out.pop_back();
    text = std::move(out);
}

// Only these are made by joining; the others come from special tokens and bytes.
bool isJoined(PieceRole role) { return role == PieceRole::Normal || role == PieceRole::UserDefined; }

}  // namespace

PieceRole pieceRole(std::int64_t number, const std::string& where)
{
    if (number < 1 || number > 6)
        refuse({where, "token types from 1 to 6", std::to_string(number), ""});
    return static_cast<PieceRole>(number);
}

std::deque<AddedToken> addedByRole(const Vocabulary& vocabulary, const std::vector<PieceRole>& roles)
{
    constexpr std::string_view kMark = "\u2581";
    std::deque<AddedToken> added;
    for (std::size_t i = 0; i < roles.size(); ++i) {
        const bool special = roles[i] == PieceRole::Control || roles[i] == PieceRole::Unknown;
        const auto id = static_cast<std::int32_t>(i);
        const std::string* const text = vocabulary.piece(id);
        // A user-defined piece with a space mark is never found in text that has spaces: it is left to the scores.
        const bool found = special || (roles[i] == PieceRole::UserDefined && text->find(kMark) == std::string::npos);
        if (found)
            added.push_back({*text, id, false, false, false, false, special});
    }
    return added;
}

Pipeline sentencePiecePipeline(const SentencePieceModel& model, const std::string& where)
{
    auto vocabulary = std::make_shared<Vocabulary>();
    std::vector<std::optional<float>> scores;
    std::vector<PieceRole> roles;
    BytePairOptions options;
    options.fuseUnknown = true;
    for (const ScoredPiece& piece : model.pieces) {
        const auto id = static_cast<std::int32_t>(roles.size());
        vocabulary->add(piece.text, static_cast<std::int64_t>(roles.size()), where);
        scores.push_back(isJoined(piece.role) ? std::optional(piece.score) : std::nullopt);
        roles.push_back(piece.role);
        options.byteFallback = options.byteFallback || piece.role == PieceRole::Byte;
        if (piece.role == PieceRole::Unknown && !options.unknown)
            options.unknown = id;
    }
    Pipeline parts;
    parts.vocabulary = vocabulary;
    parts.added = addedByRole(*vocabulary, roles);
    if (model.removesExtraSpaces)
        parts.normalization.push_back(removeExtraSpaces);
    parts.spaceMark = kSpaceMark;
    if (model.addsPrefix)
        parts.prefix = WordPrefix{kSpaceMark, true, model.prefixFirstOnly};
    parts.model = makeScoredEncoding(vocabulary, scores, std::move(options), where);
    return parts;
}

}  // namespace ketscope
