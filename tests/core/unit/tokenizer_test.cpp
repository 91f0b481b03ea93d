// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/tokenizer_folder.h"

#include <chrono>
#include <gmock/gmock.h>
#include <random>

using namespace ketscope;
using test::TokenizerFolder;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

constexpr const char* kSmallVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncafe\nnaive\n##s\nhello\n世\n界\n!\ni\n##i\n"
    "=\nᄒ\n##ᅡ\n##ᆫ\nhe\n##llo\na\n";

std::unique_ptr<Tokenizer> smallWordPiece() { return TokenizerFolder().write("vocab.txt", kSmallVocabulary).open(); }

std::unique_ptr<Tokenizer> fixture(const std::string& model)
{
    return openTokenizer(test::fixtures() / "models" / model);
}

// "piece[begin,end)" of every token, special ones without a span left out.
std::vector<std::string> spans(const Tokenizer& tokenizer, const std::string& text)
{
    std::vector<std::string> out;
    for (const Token& token : tokenizer.encode(text, std::nullopt, {}).tokens)
        if (token.span.begin != token.span.end)
            out.push_back(token.piece + "[" + std::to_string(token.span.begin) + "," + std::to_string(token.span.end)
                          + ")");
    return out;
}

std::vector<std::string> pieces(const Encoding& encoding)
{
    std::vector<std::string> out;
    for (const Token& token : encoding.tokens)
        out.push_back(token.piece);
    return out;
}

std::string encodeRefusal(const Tokenizer& tokenizer, const std::string& text, const EncodeOptions& options = {})
{
    try {
        tokenizer.encode(text, std::nullopt, options);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        return error.what();
    }
    return "accepted";
}

TEST(WordPieceSpans, LeadBackToTheCharactersOfTheText)
{
    const auto tokenizer = smallWordPiece();
    EXPECT_THAT(spans(*tokenizer, "Café NAÏVE"), ElementsAre("cafe[0,4)", "naive[5,10)"));
    EXPECT_THAT(spans(*tokenizer, "cafe\u0301s"), ElementsAre("cafe[0,5)", "##s[5,6)"));
    EXPECT_THAT(spans(*tokenizer, "世界!"), ElementsAre("世[0,1)", "界[1,2)", "![2,3)"));
    EXPECT_THAT(spans(*tokenizer, "hello世hello"), ElementsAre("hello[0,5)", "世[5,6)", "hello[6,11)"));
    EXPECT_THAT(spans(*tokenizer, "hel\u200blo"), ElementsAre("hello[0,6)"));
    EXPECT_THAT(spans(*tokenizer, "\ufeffhello"), ElementsAre("hello[1,6)"));
    EXPECT_THAT(spans(*tokenizer, "\u0130i"), ElementsAre("i[0,1)", "##i[1,2)"));
    EXPECT_THAT(spans(*tokenizer, "한"), ElementsAre("ᄒ[0,1)", "##ᅡ[0,1)", "##ᆫ[0,1)"));
    EXPECT_THAT(spans(*tokenizer, "≠ hello"), ElementsAre("=[0,1)", "hello[2,7)"));
    EXPECT_THAT(spans(*tokenizer, "😀\thello  [MASK]"), ElementsAre("[UNK][0,1)", "hello[2,7)", "[MASK][9,15)"));
}

TEST(WordPieceSpans, LongRunsOfMarksStayWithTheirCharacter)
{
    const auto tokenizer = smallWordPiece();
    std::string text = "a";
    for (int i = 0; i < 2000; ++i)
        text += i % 2 == 0 ? "\u0301" : "\u0323";
    const Encoding found = tokenizer->encode(text, std::nullopt, {});
    ASSERT_EQ(found.tokens.size(), 3U);
    EXPECT_EQ(found.tokens[1].piece, "a");
    EXPECT_EQ(found.tokens[1].span.begin, 0U);
}

TEST(Encoding, CountsUnknownAndTruncatedTokens)
{
    const auto tokenizer = smallWordPiece();
    EXPECT_EQ(tokenizer->encode("hello zebra hello yak", std::nullopt, {}).unknown, 2U);
    const Encoding cut = tokenizer->encode("hello hello hello hello", std::nullopt, {true, 4, false});
    EXPECT_THAT(pieces(cut), ElementsAre("[CLS]", "hello", "hello", "[SEP]"));
    EXPECT_EQ(cut.truncated, 2U);
    EXPECT_EQ(tokenizer->encode("hello", std::nullopt, {true, 3, false}).truncated, 0U);
    const Encoding bare = tokenizer->encode("hello!", std::nullopt, {false, {}, false});
    EXPECT_THAT(pieces(bare), ElementsAre("hello", "!"));
    EXPECT_THAT(encodeRefusal(*tokenizer, "hello", {true, 1, false}), HasSubstr("at least 2"));
}

TEST(Encoding, TruncatesTheLongerOfTwoTextsFirst)
{
    const auto tokenizer = smallWordPiece();
    const auto lengths = [&](int first, int second, std::size_t room) {
        std::string text;
        std::string pair;
        for (int i = 0; i < first; ++i)
            text += "hello ";
        for (int i = 0; i < second; ++i)
            pair += "cafe ";
        const Encoding found = tokenizer->encode(text, pair, {true, room + 3, false});
        const auto all = pieces(found);
        return std::pair(std::count(all.begin(), all.end(), "hello"), std::count(all.begin(), all.end(), "cafe"));
    };
    using Pair = std::pair<std::ptrdiff_t, std::ptrdiff_t>;
    EXPECT_EQ(lengths(2, 9, 6), Pair(2, 4));
    EXPECT_EQ(lengths(9, 2, 6), Pair(4, 2));
    EXPECT_EQ(lengths(9, 5, 7), Pair(4, 3));
    EXPECT_EQ(lengths(5, 9, 7), Pair(3, 4));
    EXPECT_EQ(lengths(5, 5, 7), Pair(3, 4));
    EXPECT_EQ(lengths(3, 4, 7), Pair(3, 4));
    EXPECT_EQ(lengths(3, 4, 0), Pair(0, 0));
}

TEST(Encoding, EmptyTextIsOnlySpecialTokens)
{
    const auto tokenizer = smallWordPiece();
    EXPECT_THAT(pieces(tokenizer->encode("", std::nullopt, {})), ElementsAre("[CLS]", "[SEP]"));
    EXPECT_THAT(pieces(tokenizer->encode("", "", {})), ElementsAre("[CLS]", "[SEP]", "[SEP]"));
    EXPECT_TRUE(fixture("gpt2-lm")->encode("", std::nullopt, {}).tokens.empty());
    EXPECT_TRUE(fixture("gpt2-lm")->encode("", "", {}).tokens.empty());
}

TEST(Encoding, RefusesBytesThatAreNotUtf8)
{
    const auto tokenizer = smallWordPiece();
    EXPECT_THAT(encodeRefusal(*tokenizer, "hello\xFF"), HasSubstr("offset 5"));
    EXPECT_THAT(encodeRefusal(*tokenizer, "é\xC3"), HasSubstr("offset 2"));
    EXPECT_THAT(encodeRefusal(*tokenizer, "\xED\xA0\x80"), HasSubstr("offset 0"));
    EXPECT_THAT(encodeRefusal(*tokenizer, "\xC0\xAF"), HasSubstr("offset 0"));
    EXPECT_THAT(encodeRefusal(*tokenizer, "ab\xF4\x90\x80\x80"), HasSubstr("offset 2"));
    try {
        tokenizer->encode("hello", "\x80", {});
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("text pair"));
    }
}

TEST(Encoding, NamesIdsOutsideTheVocabulary)
{
    const auto tokenizer = smallWordPiece();
    EXPECT_EQ(tokenizer->token(8).piece, "hello");
    EXPECT_EQ(tokenizer->token(99999).display, "⟨id 99999⟩");
    EXPECT_EQ(tokenizer->token(-1).display, "⟨id -1⟩");
    EXPECT_TRUE(tokenizer->token(4).special);
    EXPECT_FALSE(tokenizer->token(8).special);
}

TEST(Encoding, PadsOnlyWithAPaddingToken)
{
    const Encoding padded = smallWordPiece()->encode("hello", std::nullopt, {true, 5, true});
    EXPECT_THAT(pieces(padded), ElementsAre("[CLS]", "hello", "[SEP]", "[PAD]", "[PAD]"));
    EXPECT_TRUE(padded.tokens[4].padding);
    EXPECT_FALSE(padded.tokens[2].padding);
    EXPECT_THAT(encodeRefusal(*fixture("gpt2-lm"), "a", {true, 50, true}), HasSubstr("padding token"));
}

// The characters that stand for bytes, from the definition: printable Latin-1 for itself, the rest from U+0100 on.
std::map<std::string, unsigned char> byteTable()
{
    std::map<std::string, unsigned char> table;
    unsigned next = 256;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool itself = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE);
        const unsigned code = itself ? byte : next++;
        std::string text;
        if (code < 0x80)
            text = static_cast<char>(code);
        else
            text = {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 63))};
        table[text] = static_cast<unsigned char>(byte);
    }
    return table;
}

std::string bytesOf(const std::string& piece)
{
    static const auto table = byteTable();
    std::string bytes;
    for (std::size_t at = 0; at < piece.size();) {
        const std::size_t length = (piece[at] & 0x80) != 0 ? 2 : 1;
        bytes += static_cast<char>(table.at(piece.substr(at, length)));
        at += length;
    }
    return bytes;
}

TEST(ByteLevelSpans, EachTokenMapsToTheCharactersWhoseBytesItHolds)
{
    const auto tokenizer = fixture("gpt2-lm");
    for (const std::string text :
         {"The café costs 3€ 😀!\n\n  \tok", "日本語 text", "e\u0301a", "   leading", "don't we'll I'd", "\r\n x"}) {
        std::vector<std::size_t> characterOf;
        std::size_t character = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            character += i > 0 && (text[i] & 0xC0) != 0x80 ? 1 : 0;
            characterOf.push_back(character);
        }
        std::string spelled;
        for (const Token& token : tokenizer->encode(text, std::nullopt, {}).tokens) {
            const std::size_t first = spelled.size();
            spelled += bytesOf(token.piece);
            ASSERT_LE(spelled.size(), text.size());
            EXPECT_EQ(token.span.begin, characterOf[first]) << token.piece;
            EXPECT_EQ(token.span.end, characterOf[spelled.size() - 1] + 1) << token.piece;
        }
        EXPECT_EQ(spelled, text);
    }
}

TEST(ByteLevelDisplay, IsReadable)
{
    const auto tokenizer = fixture("gpt2-lm");
    std::map<std::string, std::string> shown;
    for (const Token& token : tokenizer->encode("in the\n\té\x07", std::nullopt, {}).tokens)
        shown[token.piece] = token.display;
    EXPECT_EQ(shown["Ġthe"], "·the");
    EXPECT_EQ(shown["Ċ"], "↵");
    EXPECT_EQ(shown["ĉ"], "⇥");
    EXPECT_EQ(shown["Ã"], "⟨0xC3⟩");
    EXPECT_EQ(shown["©"], "⟨0xA9⟩");
    EXPECT_EQ(shown["ć"], "⟨0x07⟩");
    EXPECT_EQ(tokenizer->token(556).display, "<|endoftext|>");
}

// Repeatedly merges the leftmost pair of lowest rank: the definition, without a queue.
std::vector<std::string> mergedByDefinition(std::vector<std::string> symbols,
                                            const std::map<std::pair<std::string, std::string>, int>& ranks)
{
    for (;;) {
        std::size_t best = symbols.size();
        int rank = std::numeric_limits<int>::max();
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            const auto found = ranks.find({symbols[i], symbols[i + 1]});
            if (found != ranks.end() && found->second < rank) {
                rank = found->second;
                best = i;
            }
        }
        if (best == symbols.size())
            return symbols;
        symbols[best] += symbols[best + 1];
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
}

TEST(ByteLevelBpe, EqualsItsDefinitionOnRandomWords)
{
    const auto tokenizer = fixture("gpt2-lm");
    std::map<std::pair<std::string, std::string>, int> ranks;
    std::istringstream merges(TokenizerFolder::contents("gpt2-lm", "merges.txt"));
    for (std::string line; std::getline(merges, line);)
        if (!line.starts_with("#version") && line.find(' ') != std::string::npos)
            ranks.emplace(std::pair(line.substr(0, line.find(' ')), line.substr(line.find(' ') + 1)),
                          static_cast<int>(ranks.size()));
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
        std::string word;
        std::vector<std::string> symbols;
        for (auto length = 1 + random() % 30; length > 0; --length) {
            word += "aehinorstl"[random() % 10];
            symbols.emplace_back(1, word.back());
        }
        EXPECT_EQ(pieces(tokenizer->encode(word, std::nullopt, {})), mergedByDefinition(symbols, ranks)) << word;
    }
}

double secondsFor(const Tokenizer& tokenizer, const std::string& text)
{
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(tokenizer.encode(text, std::nullopt, {}).tokens.empty());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The limits are far above what is needed and far below what quadratic work would take.
TEST(TokenizerSpeed, LongTextsAndLongWordsTakeLinearTime)
{
    std::mt19937 random(3);
    std::string text;
    while (text.size() < 1'000'000)
        for (auto length = 2 + random() % 9; length-- > 0 || (text += ' ', false);)
            text += static_cast<char>('a' + random() % 26);
    std::string word;
    while (word.size() < 100'000)
        word += "aehinorst"[random() % 9];
    std::string spaces(100'000, ' ');
    spaces += 'x';
    for (const char* model : {"gpt2-lm", "bert-mlm", "openai-gpt-lm", "llama-gqa"}) {
        const auto tokenizer = fixture(model);
        EXPECT_LT(secondsFor(*tokenizer, text), 20.0) << model;
        EXPECT_LT(secondsFor(*tokenizer, word), 10.0) << model;
        EXPECT_LT(secondsFor(*tokenizer, std::string(100'000, 'e')), 10.0) << model;
        EXPECT_LT(secondsFor(*tokenizer, spaces), 10.0) << model;
    }
}

}  // namespace
