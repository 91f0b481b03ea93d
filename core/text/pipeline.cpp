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

    const TextLimits& limits() const override { return m_parts.limits; }

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
        for (const TextSection& section : m_rawTokens.find(glyphs)) {
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
        for (const TextSection& section : m_normalizedTokens.find(text)) {
            const GlyphView part = GlyphView(text).subspan(section.begin, section.end - section.begin);
            if (section.token != nullptr)
                appendToken(*section.token, part, pieces);
            else
                cutWords(part, raw.front().begin == 0 && section.begin == 0, pieces);
        }
    }

    static void appendToken(const AddedToken& token, GlyphView part, std::vector<Piece>& pieces)
    {
        pieces.push_back({token.id, part.front().begin, part.back().end, false, token.special});
    }

    // `first` = no special or added token came before.
    void cutWords(GlyphView text, bool first, std::vector<Piece>& pieces) const
    {
        Glyphs changed;
        if (m_parts.spaceMark || m_parts.prefix) {
            changed = markSpaces(text, first);
            text = changed;
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

    Glyphs markSpaces(GlyphView text, bool first) const
    {
        Glyphs out(text.begin(), text.end());
        for (Glyph& glyph : out)
            if (m_parts.spaceMark && glyph.code == U' ')
                glyph.code = *m_parts.spaceMark;
        const auto& prefix = m_parts.prefix;
        const std::uint32_t begin = text.front().begin;
        if (prefix && (prefix->always || out.front().code != prefix->code) && (first || !prefix->firstOnly))
            out.insert(out.begin(), {prefix->code, begin, begin});
        return out;
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
        const std::size_t found = out.tokens.size();
        if (found < length && !m_parts.padding)
            refuse({"padding", "a tokenizer with a padding token", "none", "Do not pad, or choose another model."});
        while (out.tokens.size() < length)
            appendSpecial(*m_parts.padding, m_parts.paddingSegment, true, out);
        if (m_parts.limits.paddingSide == TextSide::Left)
            std::rotate(out.tokens.begin(), out.tokens.begin() + static_cast<std::ptrdiff_t>(found), out.tokens.end());
    }

    // Drops what does not fit from the side that the model's files say.
    void keep(std::size_t count, std::vector<Piece>& pieces) const
    {
        const auto dropped = static_cast<std::ptrdiff_t>(pieces.size() - count);
        if (m_parts.limits.truncationSide == TextSide::Left)
            pieces.erase(pieces.begin(), pieces.begin() + dropped);
        else
            pieces.resize(count);
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

std::size_t paddedLength(const EncodeOptions& options, std::size_t length)
{
    if (options.padToMaximum && options.maximumLength)
        return *options.maximumLength;
    length = std::max(length, options.padTo);
    const std::size_t over = options.padMultiple > 1 ? length % options.padMultiple : 0;
    if (over > 0)
        length += options.padMultiple - over;
    return std::min(length, options.maximumLength.value_or(length));
}

Encoding PipelineTokenizer::encode(std::string_view text, std::optional<std::string_view> pair,
                                   const EncodeOptions& options) const
{
    std::vector<Piece> first = cut(text, "text");
    std::vector<Piece> second = pair ? cut(*pair, "text pair") : std::vector<Piece>();
    const Template& items = pair ? m_parts.templates.pair : m_parts.templates.single;
    const std::size_t room = roomFor(options, options.addSpecial ? specialCount(items) : 0);
    const auto [keptFirst, keptSecond] = truncatedLengths(first.size(), second.size(), room, m_parts.strategy);

    Encoding out;
    out.truncated = first.size() - keptFirst + second.size() - keptSecond;
    keep(keptFirst, first);
    keep(keptSecond, second);
    out.tokens.reserve(keptFirst + keptSecond + items.size());
    for (const TemplateItem& item : items) {
        if (item.what != TemplateItem::What::Special)
            append(item.what == TemplateItem::What::Text ? first : second, item.segment, out);
        else if (options.addSpecial)
            appendSpecial(item.id, item.segment, false, out);
    }
    pad(paddedLength(options, out.tokens.size()), out);
    return out;
}

}  // namespace

const TextLimits& Tokenizer::limits() const
{
    static const TextLimits kNone;
    return kNone;
}

EncodeOptions optionsOfFiles(const Tokenizer& tokenizer, std::optional<std::size_t> positions)
{
    const TextLimits& limits = tokenizer.limits();
    EncodeOptions options;
    options.maximumLength = limits.maximumLength;
    if (positions)
        options.maximumLength = std::min(*positions, limits.maximumLength.value_or(*positions));
    options.padTo = limits.padTo;
    options.padMultiple = limits.padMultiple;
    return options;
}

std::unique_ptr<Tokenizer> makeTokenizer(Pipeline parts, const std::string& where)
{
    return std::make_unique<PipelineTokenizer>(std::move(parts), where);
}

}  // namespace ketscope
