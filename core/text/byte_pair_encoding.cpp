// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/byte_pair_encoding.h"

#include "core/base/error.h"
#include "core/text/pair_merging.h"
#include "core/text/piece_bytes.h"

#include <algorithm>
#include <array>

namespace ketscope {

namespace {

// What a word is made of before anything is merged. Atom i was spelled by bytes [starts[i], starts[i + 1]) of `text`.
struct Atoms {
    std::string text;
    std::vector<std::uint32_t> starts = {0};
    std::vector<std::int32_t> ids;
    std::vector<Glyph> glyphs;  // that they come from

    void append(std::string_view spelled, std::int32_t id, const Glyph& glyph)
    {
        text += spelled;
        starts.push_back(static_cast<std::uint32_t>(text.size()));
        ids.push_back(id);
        glyphs.push_back(glyph);
    }
};

class RankedMerges : public MergeRule {
public:
    RankedMerges(const Vocabulary& vocabulary, const std::vector<Merge>& merges, const std::string& where)
    {
        m_merges.reserve(merges.size());
        for (const auto& [first, second] : merges) {
            const std::uint64_t pair = key(knownId(vocabulary, first, where), knownId(vocabulary, second, where));
            const MergeResult result{static_cast<std::uint32_t>(m_merges.size()),
                                     knownId(vocabulary, first + second, where)};
            if (!m_merges.emplace(pair, result).second)
                refuse({where, "each merge once", "'" + printable(first, 60) + " " + printable(second, 60) + "' twice",
                        ""});
        }
    }

    std::optional<MergeResult> find(const MergeSymbol& left, const MergeSymbol& right) const override
    {
        if (left.id == kNoPiece || right.id == kNoPiece)
            return std::nullopt;
        const auto found = m_merges.find(key(left.id, right.id));
        return found == m_merges.end() ? std::nullopt : std::optional(found->second);
    }

private:
    static std::uint64_t key(std::int32_t left, std::int32_t right)
    {
        return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) | static_cast<std::uint32_t>(right);
    }

    static std::int32_t knownId(const Vocabulary& vocabulary, const std::string& piece, const std::string& where)
    {
        const auto id = vocabulary.find(piece);
        if (!id)
            refuse({where, "merges of pieces in the vocabulary", "'" + printable(piece, 60) + "', which is not there",
                    ""});
        return *id;
    }

    std::unordered_map<std::uint64_t, MergeResult> m_merges;
};

// Joins neighbours whose text is a piece. Ranks count the different scores from the highest down.
class ScoredPieces : public MergeRule {
public:
    ScoredPieces(const Vocabulary& vocabulary, const std::vector<std::uint32_t>& ranks, const Atoms& atoms)
        : m_vocabulary(vocabulary), m_ranks(ranks), m_atoms(atoms)
    {
    }

    std::optional<MergeResult> find(const MergeSymbol& left, const MergeSymbol& right) const override
    {
        const std::size_t begin = m_atoms.starts[left.first];
        const std::size_t length = m_atoms.starts[right.first + right.atoms] - begin;
        if (length > m_vocabulary.longestBytes())
            return std::nullopt;
        const auto id = m_vocabulary.find(std::string_view(m_atoms.text).substr(begin, length));
        if (!id || m_ranks[static_cast<std::size_t>(*id)] == kNever)
            return std::nullopt;
        return MergeResult{m_ranks[static_cast<std::size_t>(*id)], *id};
    }

    static constexpr std::uint32_t kNever = static_cast<std::uint32_t>(-1);

private:
    const Vocabulary& m_vocabulary;
    const std::vector<std::uint32_t>& m_ranks;
    const Atoms& m_atoms;
};

std::vector<std::uint32_t> ranksOf(const std::vector<std::optional<float>>& scores, const std::string& where)
{
    std::vector<float> levels;
    for (const auto& score : scores) {
        if (score && std::isnan(*score))
            refuse({where, "scores that are numbers", "NaN", ""});
        if (score)
            levels.push_back(*score);
    }
    std::sort(levels.begin(), levels.end(), std::greater<>());
    levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
    std::vector<std::uint32_t> ranks(scores.size(), ScoredPieces::kNever);
    for (std::size_t id = 0; id < scores.size(); ++id)
        if (scores[id])
            ranks[id] = static_cast<std::uint32_t>(
                std::lower_bound(levels.begin(), levels.end(), *scores[id], std::greater<>()) - levels.begin());
    return ranks;
}

// Cuts words into atoms, and writes what no piece holds; how atoms are merged is for those who derive from it.
class BytePairModel : public WordModel {
public:
    BytePairModel(std::shared_ptr<const Vocabulary> vocabulary, BytePairOptions options)
        : m_vocabulary(std::move(vocabulary)), m_options(std::move(options))
    {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            appendUtf8(m_bytePieces[byte], byteCharacter(static_cast<unsigned char>(byte)));
            m_fallbackIds[byte] = idOf(fallbackPiece(static_cast<unsigned char>(byte)));
        }
    }

    std::string kind() const override
    {
        if (m_options.byteLevel)
            return m_options.wordEnd.empty() ? "byte-level BPE" : "CLIP BPE";
        return m_options.byteFallback ? "SentencePiece BPE" : "BPE";
    }

    void encode(GlyphView word, std::vector<Piece>& out) const override
    {
        const Atoms atoms = atomsOf(word);
        if (m_options.ignoreMerges)
            if (const auto whole = m_vocabulary->find(atoms.text)) {
                out.push_back({*whole, word.front().begin, word.back().end, false, false});
                return;
            }
        std::vector<MergeSymbol> symbols = makeSymbols(atoms.ids);
        merge(atoms, symbols);
        const std::size_t first = out.size();
        for (std::int32_t at = 0; at >= 0; at = symbols[static_cast<std::size_t>(at)].next)
            append(symbols[static_cast<std::size_t>(at)], atoms, first, out);
    }

    std::string display(const std::string& piece) const override
    {
        if (const auto byte = m_options.byteFallback ? byteOfFallbackPiece(piece) : std::nullopt)
            return readableBytes(std::string(1, static_cast<char>(*byte)));
        std::string bytes;
        const bool last = !m_options.wordEnd.empty() && piece.ends_with(m_options.wordEnd);
        const std::string body = last ? piece.substr(0, piece.size() - m_options.wordEnd.size()) : piece;
        for (const Glyph& glyph : decodeUtf8(body, "piece")) {
            const auto byte = m_options.byteLevel ? byteOfCharacter(glyph.code) : std::nullopt;
            if (byte)
                bytes += static_cast<char>(*byte);
            else if (m_options.byteLevel)
                return piece;
            else
                appendUtf8(bytes, glyph.code == kSpaceMark ? U' ' : glyph.code);
        }
        return readableBytes(last ? bytes + ' ' : bytes);
    }

protected:
    virtual void merge(const Atoms& atoms, std::vector<MergeSymbol>& symbols) const = 0;

    const Vocabulary& vocabulary() const { return *m_vocabulary; }

private:
    std::int32_t idOf(std::string_view piece) const { return m_vocabulary->find(piece).value_or(kNoPiece); }

    Atoms atomsOf(GlyphView word) const
    {
        Atoms atoms;
        for (std::size_t i = 0; i < word.size(); ++i) {
            std::string spelled;
            appendUtf8(spelled, word[i].code);
            const bool last = i + 1 == word.size();
            if (m_options.byteLevel)
                appendBytes(spelled, word[i], last, atoms);
            else
                appendAtom(spelled, word[i], last, atoms);
        }
        return atoms;
    }

    void appendBytes(const std::string& bytes, const Glyph& glyph, bool last, Atoms& atoms) const
    {
        for (std::size_t i = 0; i < bytes.size(); ++i)
            appendAtom(m_bytePieces[static_cast<unsigned char>(bytes[i])], glyph, last && i + 1 == bytes.size(), atoms);
    }

    void appendAtom(const std::string& spelled, const Glyph& glyph, bool last, Atoms& atoms) const
    {
        const std::string marked = last ? spelled + m_options.wordEnd : spelled;
        atoms.append(marked, idOf(marked), glyph);
    }

    void append(const MergeSymbol& symbol, const Atoms& atoms, std::size_t firstOfWord, std::vector<Piece>& out) const
    {
        const std::uint32_t begin = atoms.glyphs[symbol.first].begin;
        const std::uint32_t end = atoms.glyphs[symbol.first + symbol.atoms - 1].end;
        if (symbol.id != kNoPiece) {
            out.push_back({symbol.id, begin, end, false, false});
            return;
        }
        if (m_options.byteFallback && appendFallback(symbol, atoms, out))
            return;
        if (!m_options.unknown)
            refuse({"text", "characters that the vocabulary has pieces for",
                    "character " + std::to_string(begin) + " without any", "Choose another tokenizer or text."});
        if (m_options.fuseUnknown && out.size() > firstOfWord && out.back().unknown)
            out.back().end = end;
        else
            out.push_back({*m_options.unknown, begin, end, true, false});
    }

    // The bytes of one character, when there are pieces for all of them.
    bool appendFallback(const MergeSymbol& symbol, const Atoms& atoms, std::vector<Piece>& out) const
    {
        const std::size_t from = atoms.starts[symbol.first];
        const std::size_t to = atoms.starts[symbol.first + 1];
        const std::string_view bytes = std::string_view(atoms.text).substr(from, to - from);
        const auto id = [this](char byte) { return m_fallbackIds[static_cast<unsigned char>(byte)]; };
        if (std::any_of(bytes.begin(), bytes.end(), [&](char byte) { return id(byte) == kNoPiece; }))
            return false;
        const Glyph& glyph = atoms.glyphs[symbol.first];
        for (const char byte : bytes)
            out.push_back({id(byte), glyph.begin, glyph.end, false, false});
        return true;
    }

    std::shared_ptr<const Vocabulary> m_vocabulary;
    BytePairOptions m_options;
    std::array<std::string, 256> m_bytePieces;
    std::array<std::int32_t, 256> m_fallbackIds{};
};

class RankedModel : public BytePairModel {
public:
    RankedModel(std::shared_ptr<const Vocabulary> vocabulary, const std::vector<Merge>& merges, BytePairOptions options,
                const std::string& where)
        : BytePairModel(vocabulary, std::move(options)), m_merges(*vocabulary, merges, where)
    {
    }

protected:
    void merge(const Atoms&, std::vector<MergeSymbol>& symbols) const override { mergePairs(symbols, m_merges); }

private:
    RankedMerges m_merges;
};

class ScoredModel : public BytePairModel {
public:
    ScoredModel(std::shared_ptr<const Vocabulary> vocabulary, std::vector<std::uint32_t> ranks, BytePairOptions options)
        : BytePairModel(std::move(vocabulary), std::move(options)), m_ranks(std::move(ranks))
    {
    }

    std::string kind() const override { return "SentencePiece BPE"; }

protected:
    void merge(const Atoms& atoms, std::vector<MergeSymbol>& symbols) const override
    {
        mergePairs(symbols, ScoredPieces(vocabulary(), m_ranks, atoms));
    }

private:
    std::vector<std::uint32_t> m_ranks;
};

}  // namespace

std::unique_ptr<WordModel> makeBytePairEncoding(std::shared_ptr<const Vocabulary> vocabulary,
                                                const std::vector<Merge>& merges, BytePairOptions options,
                                                const std::string& where)
{
    return std::make_unique<RankedModel>(std::move(vocabulary), merges, std::move(options), where);
}

std::unique_ptr<WordModel> makeScoredEncoding(std::shared_ptr<const Vocabulary> vocabulary,
                                              const std::vector<std::optional<float>>& scores, BytePairOptions options,
                                              const std::string& where)
{
    if (scores.size() != vocabulary->idLimit())
        refuse({where, std::to_string(vocabulary->idLimit()) + " scores, one for each piece",
                std::to_string(scores.size()), ""});
    return std::make_unique<ScoredModel>(std::move(vocabulary), ranksOf(scores, where), std::move(options));
}

Merge mergeOfLine(std::string_view line, const std::string& where)
{
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos)
        refuse({where, "merges of two pieces", "'" + printable(std::string(line), 60) + "'", ""});
    return {std::string(line.substr(0, space)), std::string(line.substr(space + 1))};
}

}  // namespace ketscope
