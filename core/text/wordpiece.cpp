// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/wordpiece.h"

#include <algorithm>

namespace ketscope {

namespace {

// The blocks that BERT's reference code calls Chinese characters; neither kana nor hangul.
bool isIdeograph(char32_t code)
{
    constexpr std::pair<char32_t, char32_t> kBlocks[] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF},
                                                         {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B820, 0x2CEAF},
                                                         {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};
    return std::any_of(std::begin(kBlocks), std::end(kBlocks),
                       [code](const auto& block) { return code >= block.first && code <= block.second; });
}

bool isDropped(char32_t code)
{
    const bool lineSpace = code == U'\t' || code == U'\n' || code == U'\r';
    return code == 0 || code == 0xFFFD || (!lineSpace && isOther(code));
}

void cleanText(Glyphs& text)
{
    std::erase_if(text, [](const Glyph& glyph) { return isDropped(glyph.code); });
    for (Glyph& glyph : text)
        if (isWhiteSpace(glyph.code))
            glyph.code = U' ';
}

void spaceIdeographs(Glyphs& text)
{
    Glyphs out;
    out.reserve(text.size());
    for (const Glyph& glyph : text) {
        if (!isIdeograph(glyph.code)) {
            out.push_back(glyph);
            continue;
        }
        out.push_back({U' ', glyph.begin, glyph.begin});
        out.push_back(glyph);
        out.push_back({U' ', glyph.end, glyph.end});
    }
    text = std::move(out);
}

class WordPiece : public WordModel {
public:
    WordPiece(std::shared_ptr<const Vocabulary> vocabulary, WordPieceOptions options)
        : m_vocabulary(std::move(vocabulary)), m_options(std::move(options))
    {
    }

    std::string kind() const override { return "WordPiece"; }

    std::string display(const std::string& piece) const override { return piece; }

    void encode(GlyphView word, std::vector<Piece>& out) const override
    {
        const std::size_t kept = out.size();
        bool known = word.size() <= m_options.longestWord;
        for (std::size_t at = 0; known && at < word.size();) {
            const std::size_t length = longestMatch(word, at, out);
            known = length > 0;
            at += length;
        }
        if (known)
            return;
        out.resize(kept);
        out.push_back({m_options.unknown, word.front().begin, word.back().end, true, false});
    }

private:
    // Appends the longest piece that starts at `at` and returns its characters; 0 when none does.
    std::size_t longestMatch(GlyphView word, std::size_t at, std::vector<Piece>& out) const
    {
        std::string candidate = at == 0 ? std::string() : m_options.continuation;
        std::vector<std::size_t> ends;
        for (std::size_t i = at; i < word.size() && candidate.size() < m_vocabulary->longestBytes(); ++i) {
            appendUtf8(candidate, word[i].code);
            ends.push_back(candidate.size());
        }
        for (std::size_t length = ends.size(); length > 0; --length) {
            const auto id = m_vocabulary->find(std::string_view(candidate).substr(0, ends[length - 1]));
            if (!id)
                continue;
            out.push_back({*id, word[at].begin, word[at + length - 1].end, *id == m_options.unknown, false});
            return length;
        }
        return 0;
    }

    std::shared_ptr<const Vocabulary> m_vocabulary;
    WordPieceOptions m_options;
};

}  // namespace

bool isBertSeparator(char32_t code)
{
    const bool asciiSymbol = (code >= 33 && code <= 47) || (code >= 58 && code <= 64) || (code >= 91 && code <= 96)
                             || (code >= 123 && code <= 126);
    return asciiSymbol || isPunctuation(code);
}

void bertNormalize(Glyphs& text, const BertNormalization& options)
{
    if (options.cleanText)
        cleanText(text);
    if (options.spaceIdeographs)
        spaceIdeographs(text);
    if (options.stripAccents) {
        normalize(text, NormalForm::Nfd);
        dropMarks(text);
    }
    if (options.lowercase)
        lowercase(text);
}

void bertSplit(GlyphView text, std::vector<GlyphView>& out)
{
    std::size_t first = 0;
    const auto closeWord = [&](std::size_t end) {
        if (end > first)
            out.push_back(text.subspan(first, end - first));
        first = end + 1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool separator = isBertSeparator(text[i].code);
        if (!separator && !isWhiteSpace(text[i].code))
            continue;
        closeWord(i);
        if (separator)
            out.push_back(text.subspan(i, 1));
    }
    closeWord(text.size());
}

void whiteSpaceSplit(GlyphView text, std::vector<GlyphView>& out)
{
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && !isWhiteSpace(text[end].code))
            ++end;
        if (end > at)
            out.push_back(text.subspan(at, end - at));
        at = end + 1;
    }
}

std::unique_ptr<WordModel> makeWordPiece(std::shared_ptr<const Vocabulary> vocabulary, WordPieceOptions options)
{
    return std::make_unique<WordPiece>(std::move(vocabulary), std::move(options));
}

}  // namespace ketscope
