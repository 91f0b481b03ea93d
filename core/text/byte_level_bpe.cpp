// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/byte_level_bpe.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <queue>

namespace ketscope {

namespace {

// The printable character that stands for each byte: itself where it is printable Latin-1, otherwise the next free one
// from U+0100.
const std::array<char32_t, 256>& byteCharacters()
{
    static const std::array<char32_t, 256> table = [] {
        std::array<char32_t, 256> characters{};
        char32_t next = 0x100;
        for (char32_t byte = 0; byte < 256; ++byte) {
            const bool printableByte = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
            characters[byte] = printableByte ? byte : next++;
        }
        return characters;
    }();
    return table;
}

std::optional<unsigned char> byteOf(char32_t character)
{
    const auto& table = byteCharacters();
    const auto found = std::find(table.begin(), table.end(), character);
    return found == table.end() ? std::nullopt : std::optional(static_cast<unsigned char>(found - table.begin()));
}

enum class Kind { Letter, Number, Space, Symbol };

Kind kindOf(char32_t code)
{
    if (isLetter(code))
        return Kind::Letter;
    if (isNumber(code))
        return Kind::Number;
    return isWhiteSpace(code) ? Kind::Space : Kind::Symbol;
}

// Characters of 's, 't, 're, … at `at`; 0 when there is none.
std::size_t contractionLength(GlyphView text, std::size_t at)
{
    if (text[at].code != U'\'' || at + 1 >= text.size())
        return 0;
    const char32_t first = text[at + 1].code;
    if (first == U's' || first == U't' || first == U'm' || first == U'd')
        return 2;
    const char32_t second = at + 2 < text.size() ? text[at + 2].code : 0;
    const bool three = (second == U'e' && (first == U'r' || first == U'v')) || (second == U'l' && first == U'l');
    return three ? 3 : 0;
}

std::size_t wordLength(GlyphView text, std::size_t at)
{
    if (const std::size_t length = contractionLength(text, at); length > 0)
        return length;
    const bool leadingSpace = text[at].code == U' ' && at + 1 < text.size() && kindOf(text[at + 1].code) != Kind::Space;
    std::size_t end = at + (leadingSpace ? 1 : 0);
    const Kind kind = kindOf(text[end].code);
    while (end < text.size() && kindOf(text[end].code) == kind)
        ++end;
    // White space before a word leaves its last character to the word (or on its own when that is no plain space).
    if (kind == Kind::Space && end < text.size() && end - at > 1)
        --end;
    return end - at;
}

constexpr std::int32_t kNone = -1;

struct Symbol {
    std::int32_t id = kNone;
    std::int32_t previous = kNone;
    std::int32_t next = kNone;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
};

struct Candidate {
    std::uint32_t rank;
    std::int32_t left;
    std::int32_t leftId;
    std::int32_t rightId;
    std::int32_t merged;
    // The queue gives the greatest first: lowest rank, then leftmost.
    bool operator<(const Candidate& other) const { return rank != other.rank ? rank > other.rank : left > other.left; }
};

class ByteLevelBpe : public WordModel {
public:
    ByteLevelBpe(std::shared_ptr<const Vocabulary> vocabulary, const std::vector<Merge>& merges,
                 BytePairOptions options, const std::string& where)
        : m_vocabulary(std::move(vocabulary)), m_options(options)
    {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            appendUtf8(m_bytePieces[byte], byteCharacters()[byte]);
            m_byteIds[byte] = m_vocabulary->find(m_bytePieces[byte]).value_or(kNone);
        }
        m_merges.reserve(merges.size());
        for (const Merge& merge : merges)
            addMerge(merge, where);
    }

    std::string kind() const override { return "byte-level BPE"; }

    void encode(GlyphView word, std::vector<Piece>& out) const override
    {
        std::vector<Symbol> symbols;
        std::string spelled;
        for (const Glyph& glyph : word)
            appendBytes(glyph, symbols, spelled);
        if (m_options.ignoreMerges)
            if (const auto whole = m_vocabulary->find(spelled)) {
                out.push_back({*whole, word.front().begin, word.back().end, false, false});
                return;
            }
        merge(symbols);
        for (std::int32_t at = 0; at != kNone; at = symbols[static_cast<std::size_t>(at)].next)
            append(symbols[static_cast<std::size_t>(at)], at == 0, out);
    }

    std::string display(const std::string& piece) const override;

private:
    struct Result {
        std::uint32_t rank;
        std::int32_t id;
    };

    static std::uint64_t key(std::int32_t left, std::int32_t right)
    {
        return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) | static_cast<std::uint32_t>(right);
    }

    std::int32_t known(const std::string& piece, const std::string& where) const
    {
        const auto id = m_vocabulary->find(piece);
        if (!id)
            refuse({where, "merges of pieces in the vocabulary", "'" + printable(piece, 60) + "', which is not there",
                    ""});
        return *id;
    }

    void addMerge(const Merge& merge, const std::string& where)
    {
        const std::int32_t left = known(merge.first, where);
        const std::int32_t right = known(merge.second, where);
        const Result result{static_cast<std::uint32_t>(m_merges.size()), known(merge.first + merge.second, where)};
        if (!m_merges.emplace(key(left, right), result).second)
            refuse({where, "each merge once",
                    "'" + printable(merge.first, 60) + " " + printable(merge.second, 60) + "' twice", ""});
    }

    void appendBytes(const Glyph& glyph, std::vector<Symbol>& symbols, std::string& spelled) const
    {
        std::string bytes;
        appendUtf8(bytes, glyph.code);
        for (const char byte : bytes) {
            const auto index = static_cast<std::int32_t>(symbols.size());
            const auto value = static_cast<unsigned char>(byte);
            if (!symbols.empty())
                symbols.back().next = index;
            symbols.push_back({m_byteIds[value], index - 1, kNone, glyph.begin, glyph.end});
            if (m_options.ignoreMerges)
                spelled += m_bytePieces[value];
        }
    }

    void propose(const std::vector<Symbol>& symbols, std::int32_t left, std::priority_queue<Candidate>& queue) const
    {
        if (left == kNone)
            return;
        const Symbol& first = symbols[static_cast<std::size_t>(left)];
        if (first.id == kNone || first.next == kNone)
            return;
        const std::int32_t second = symbols[static_cast<std::size_t>(first.next)].id;
        const auto found = second == kNone ? m_merges.end() : m_merges.find(key(first.id, second));
        if (found != m_merges.end())
            queue.push({found->second.rank, left, first.id, second, found->second.id});
    }

    // Merges the pair of lowest rank until none is left: O(n log n), because a queue replaces the search.
    void merge(std::vector<Symbol>& symbols) const
    {
        std::priority_queue<Candidate> queue;
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i)
            propose(symbols, static_cast<std::int32_t>(i), queue);
        while (!queue.empty()) {
            const Candidate best = queue.top();
            queue.pop();
            Symbol& left = symbols[static_cast<std::size_t>(best.left)];
            if (left.id != best.leftId || left.next == kNone)
                continue;
            Symbol& right = symbols[static_cast<std::size_t>(left.next)];
            if (right.id != best.rightId)
                continue;
            left.id = best.merged;
            left.end = right.end;
            left.next = right.next;
            right.id = kNone;
            if (left.next != kNone)
                symbols[static_cast<std::size_t>(left.next)].previous = best.left;
            propose(symbols, left.previous, queue);
            propose(symbols, best.left, queue);
        }
    }

    void append(const Symbol& symbol, bool firstOfWord, std::vector<Piece>& out) const
    {
        if (symbol.id != kNone) {
            out.push_back({symbol.id, symbol.begin, symbol.end, false, false});
            return;
        }
        if (!m_options.unknown)
            refuse({"text", "characters that the vocabulary has bytes for",
                    "character " + std::to_string(symbol.begin) + " without any", "Choose another tokenizer or text."});
        if (m_options.fuseUnknown && !firstOfWord && out.back().unknown)
            out.back().end = symbol.end;
        else
            out.push_back({*m_options.unknown, symbol.begin, symbol.end, true, false});
    }

    std::shared_ptr<const Vocabulary> m_vocabulary;
    BytePairOptions m_options;
    std::array<std::string, 256> m_bytePieces;
    std::array<std::int32_t, 256> m_byteIds{};
    std::unordered_map<std::uint64_t, Result> m_merges;
};

std::string showBytes(const std::string& bytes)
{
    constexpr char kDigits[] = "0123456789ABCDEF";
    std::string out;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t start = at;
        const auto code = nextUtf8(bytes, at);
        if (!code)
            at = start + 1;
        if (code == U' ')
            out += "·";
        else if (code == U'\n')
            out += "↵";
        else if (code == U'\t')
            out += "⇥";
        else if (!code || *code < 0x20 || *code == 0x7F)
            out += std::string("⟨0x") + kDigits[(bytes[start] >> 4) & 15] + kDigits[bytes[start] & 15] + "⟩";
        else
            out.append(bytes, start, at - start);
    }
    return out;
}

std::string ByteLevelBpe::display(const std::string& piece) const
{
    std::string bytes;
    for (const Glyph& glyph : decodeUtf8(piece, "piece")) {
        const auto byte = byteOf(glyph.code);
        if (!byte)
            return piece;
        bytes += static_cast<char>(*byte);
    }
    return showBytes(bytes);
}

}  // namespace

void gpt2Split(GlyphView text, std::vector<GlyphView>& out)
{
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = wordLength(text, at);
        out.push_back(text.subspan(at, length));
        at += length;
    }
}

std::unique_ptr<WordModel> makeByteLevelBpe(std::shared_ptr<const Vocabulary> vocabulary,
                                            const std::vector<Merge>& merges, BytePairOptions options,
                                            const std::string& where)
{
    return std::make_unique<ByteLevelBpe>(std::move(vocabulary), merges, options, where);
}

}  // namespace ketscope
