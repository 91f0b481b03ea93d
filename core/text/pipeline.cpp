// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/pipeline.h"

#include "core/base/error.h"

#include <algorithm>

namespace ketscope {

namespace {

class PipelineTokenizer : public Tokenizer {
public:
    PipelineTokenizer(Pipeline parts, const std::string& where) : m_parts(std::move(parts))
    {
        for (const AddedToken& token : m_parts.added)
            addToken(token, where);
    }

    std::string kind() const override { return m_parts.model->kind(); }

    std::size_t vocabularySize() const override
    {
        std::size_t size = m_parts.vocabulary->idLimit();
        for (const AddedToken& token : m_parts.added)
            size = std::max(size, static_cast<std::size_t>(token.id) + 1);
        return size;
    }

    Encoding encode(std::string_view text, std::optional<std::string_view> pair,
                    const EncodeOptions& options) const override;

    Token token(std::int32_t id) const override
    {
        Token token;
        token.id = id;
        const auto added = m_byId.find(id);
        const std::string* const piece = m_parts.vocabulary->piece(id);
        if (added != m_byId.end())
            token.piece = token.display = added->second->content;
        else if (piece != nullptr)
            token.display = m_parts.model->display(token.piece = *piece);
        else
            token.piece = token.display = "⟨id " + std::to_string(id) + "⟩";
        token.special = added != m_byId.end() && added->second->special;
        return token;
    }

private:
    void addToken(const AddedToken& token, const std::string& where)
    {
        const auto id = m_parts.vocabulary->find(token.content);
        const std::string* const piece = m_parts.vocabulary->piece(token.id);
        if ((id && *id != token.id) || (!id && piece != nullptr) || !m_byId.emplace(token.id, &token).second)
            refuse({where, "added tokens that agree with the vocabulary",
                    "'" + printable(token.content, 60) + "' with id " + std::to_string(token.id) + ", which is taken",
                    ""});
        Glyphs text = decodeUtf8(token.content, where);
        if (token.normalized)
            normalizeText(text);
        (token.normalized ? m_normalizedTokens : m_rawTokens).add(text, token);
    }

    void normalizeText(Glyphs& text) const
    {
        for (const NormalStep& step : m_parts.normalization)
            step(text);
    }

    std::vector<Piece> cut(std::string_view text, const std::string& where) const
    {
        const Glyphs glyphs = decodeUtf8(text, where);
        std::vector<Piece> pieces;
        for (const Section& section : m_rawTokens.find(glyphs)) {
            const GlyphView part = GlyphView(glyphs).subspan(section.begin, section.end - section.begin);
            if (section.token != nullptr)
                appendToken(*section.token, part, pieces);
            else
                cutRaw(part, pieces);
        }
        return pieces;
    }

    void cutRaw(GlyphView raw, std::vector<Piece>& pieces) const
    {
        Glyphs text(raw.begin(), raw.end());
        normalizeText(text);
        for (const Section& section : m_normalizedTokens.find(text)) {
            const GlyphView part = GlyphView(text).subspan(section.begin, section.end - section.begin);
            if (section.token != nullptr)
                appendToken(*section.token, part, pieces);
            else
                cutWords(part, pieces);
        }
    }

    static void appendToken(const AddedToken& token, GlyphView part, std::vector<Piece>& pieces)
    {
        pieces.push_back({token.id, part.front().begin, part.back().end, false, token.special});
    }

    void cutWords(GlyphView text, std::vector<Piece>& pieces) const
    {
        Glyphs prefixed;
        if (m_parts.prefixSpace && text.front().code != U' ') {
            prefixed.push_back({U' ', text.front().begin, text.front().begin});
            prefixed.insert(prefixed.end(), text.begin(), text.end());
            text = prefixed;
        }
        std::vector<GlyphView> words{text};
        for (const SplitStep& split : m_parts.splits) {
            std::vector<GlyphView> parts;
            for (const GlyphView word : words)
                split(word, parts);
            words = std::move(parts);
        }
        for (const GlyphView word : words)
            m_parts.model->encode(word, pieces);
    }

    void append(const std::vector<Piece>& pieces, int segment, Encoding& out) const
    {
        for (const Piece& piece : pieces) {
            Token next = token(piece.id);
            next.span = {piece.begin, piece.end};
            next.segment = segment;
            next.special = piece.special;
            out.unknown += piece.unknown ? 1 : 0;
            out.tokens.push_back(std::move(next));
        }
    }

    void appendSpecial(std::int32_t id, int segment, bool padding, Encoding& out) const
    {
        Token next = token(id);
        next.segment = segment;
        next.special = true;
        next.padding = padding;
        out.tokens.push_back(std::move(next));
    }

    void pad(std::size_t length, Encoding& out) const
    {
        if (out.tokens.size() < length && !m_parts.padding)
            refuse({"padding", "a tokenizer with a padding token", "none", "Do not pad, or choose another model."});
        while (out.tokens.size() < length)
            appendSpecial(*m_parts.padding, 0, true, out);
    }

    Pipeline m_parts;
    std::unordered_map<std::int32_t, const AddedToken*> m_byId;
    AddedTokenFinder m_rawTokens;
    AddedTokenFinder m_normalizedTokens;
};

std::size_t roomFor(const EncodeOptions& options, std::size_t specials)
{
    if (!options.maximumLength)
        return static_cast<std::size_t>(-1);
    if (*options.maximumLength < specials)
        refuse({"maximum length", "at least " + std::to_string(specials) + " for the special tokens",
                std::to_string(*options.maximumLength), ""});
    return *options.maximumLength - specials;
}

Encoding PipelineTokenizer::encode(std::string_view text, std::optional<std::string_view> pair,
                                   const EncodeOptions& options) const
{
    std::vector<Piece> first = cut(text, "text");
    std::vector<Piece> second = pair ? cut(*pair, "text pair") : std::vector<Piece>();
    const Template& items = pair ? m_parts.templates.pair : m_parts.templates.single;
    const std::size_t room = roomFor(options, options.addSpecial ? specialCount(items) : 0);
    const auto [keptFirst, keptSecond] = truncatedLengths(first.size(), second.size(), room);

    Encoding out;
    out.truncated = first.size() - keptFirst + second.size() - keptSecond;
    first.resize(keptFirst);
    second.resize(keptSecond);
    out.tokens.reserve(keptFirst + keptSecond + items.size());
    for (const TemplateItem& item : items) {
        if (item.what != TemplateItem::What::Special)
            append(item.what == TemplateItem::What::Text ? first : second, item.segment, out);
        else if (options.addSpecial)
            appendSpecial(item.id, item.segment, false, out);
    }
    if (options.padToMaximum && options.maximumLength)
        pad(*options.maximumLength, out);
    return out;
}

}  // namespace

std::unique_ptr<Tokenizer> makeTokenizer(Pipeline parts, const std::string& where)
{
    return std::make_unique<PipelineTokenizer>(std::move(parts), where);
}

}  // namespace ketscope
