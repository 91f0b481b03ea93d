// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/word_patterns.h"

#include "core/text/wordpiece.h"

#include <functional>
#include <gmock/gmock.h>
#include <optional>
#include <random>

using namespace ketscope;
using testing::ElementsAre;

namespace {

// A regular expression as its definition reads: alternatives of repeated classes, tried in order with backtracking.
using Class = std::function<bool(char32_t)>;
struct Part {
    Class accepts;
    std::size_t least = 1;
    std::size_t most = 1000;
};
struct Alternative {
    std::vector<Part> parts;
    bool notBeforeText = false;  // (?!\S)
};
using Expression = std::vector<Alternative>;

std::optional<std::size_t> matchParts(const Alternative& rule, std::size_t part, GlyphView text, std::size_t at)
{
    if (part == rule.parts.size()) {
        const bool refused = rule.notBeforeText && at < text.size() && !isWhiteSpace(text[at].code);
        return refused ? std::nullopt : std::optional(at);
    }
    const Part& now = rule.parts[part];
    std::size_t count = 0;
    while (count < now.most && at + count < text.size() && now.accepts(text[at + count].code))
        ++count;
    for (std::size_t taken = count + 1; taken-- > now.least;)
        if (const auto end = matchParts(rule, part + 1, text, at + taken))
            return end;
    return std::nullopt;
}

std::size_t matchLength(const Expression& expression, GlyphView text, std::size_t at)
{
    for (const Alternative& rule : expression)
        if (const auto end = matchParts(rule, 0, text, at))
            return *end - at;
    return 0;
}

Class one(char32_t wanted)
{
    return [wanted](char32_t code) { return code == wanted; };
}
Class anyCase(char32_t small)
{
    return
        [small](char32_t code) { return code == small || code == small - 32 || (small == U's' && code == U'\u017F'); };
}
bool lineEnd(char32_t code) { return code == U'\r' || code == U'\n'; }
bool symbol(char32_t code) { return !isWhiteSpace(code) && !isLetter(code) && !isNumber(code); }
bool leader(char32_t code) { return !lineEnd(code) && !isLetter(code) && !isNumber(code); }

void addContractions(Expression& rules, bool fold)
{
    for (const char32_t* ending : {U"s", U"t", U"re", U"ve", U"m", U"ll", U"d"}) {
        Alternative rule{{{one(U'\''), 1, 1}}};
        for (const char32_t* letter = ending; *letter != 0; ++letter)
            rule.parts.push_back({fold ? anyCase(*letter) : one(*letter), 1, 1});
        rules.push_back(rule);
    }
}

Expression gpt2Definition()
{
    Expression rules;
    addContractions(rules, false);
    for (const Class& kind : {Class(isLetter), Class(isNumber), Class(symbol)})
        rules.push_back({{{one(U' '), 0, 1}, {kind}}});
    rules.push_back({{{isWhiteSpace}}, true});
    rules.push_back({{{isWhiteSpace}}});
    return rules;
}

Expression clipDefinition()
{
    Expression rules;
    addContractions(rules, false);
    rules.push_back({{{isLetter}}});
    rules.push_back({{{isNumber, 1, 1}}});
    rules.push_back({{{symbol}}});
    return rules;
}

Expression llama3Definition(std::size_t digits)
{
    Expression rules;
    addContractions(rules, true);
    rules.push_back({{{leader, 0, 1}, {isLetter}}});
    rules.push_back({{{isNumber, 1, digits}}});
    rules.push_back({{{one(U' '), 0, 1}, {symbol}, {lineEnd, 0}}});
    rules.push_back({{{isWhiteSpace, 0}, {lineEnd}}});
    rules.push_back({{{isWhiteSpace}}, true});
    rules.push_back({{{isWhiteSpace}}});
    return rules;
}

Glyphs randomText(std::mt19937& random)
{
    static const std::u32string kAlphabet =
        U"aZstrevmldLSR'''\u017F 1²\u0967   \n\r\t!?\u00E9日\u3000\u0085\u0301\u001F";
    Glyphs text;
    const auto length = random() % 14;
    for (std::uint32_t i = 0; i < length; ++i)
        text.push_back({kAlphabet[random() % kAlphabet.size()], i, i + 1});
    return text;
}

void expectDefinition(const WordPattern& pattern, const Expression& expression)
{
    std::mt19937 random(7);
    for (int round = 0; round < 20'000; ++round) {
        const Glyphs text = randomText(random);
        std::string shown;
        for (const Glyph& glyph : text)
            shown += std::to_string(static_cast<unsigned>(glyph.code)) + " ";
        for (std::size_t at = 0; at < text.size(); ++at)
            ASSERT_EQ(pattern(text, at), matchLength(expression, text, at)) << shown << "at " << at;
    }
}

std::vector<std::string> cut(const SplitStep& split, const std::string& text)
{
    const Glyphs glyphs = decodeUtf8(text, "text");
    std::vector<GlyphView> words;
    split(glyphs, words);
    std::vector<std::string> out;
    for (const GlyphView word : words) {
        out.emplace_back();
        for (const Glyph& glyph : word)
            appendUtf8(out.back(), glyph.code);
    }
    return out;
}

TEST(WordPatterns, EqualTheirRegularExpressions)
{
    expectDefinition(gpt2Word, gpt2Definition());
    expectDefinition(clipWord, clipDefinition());
    expectDefinition(llama3Word(3), llama3Definition(3));
    expectDefinition(llama3Word(1), llama3Definition(1));
}

TEST(WordPatterns, AreFoundByTheirExpressionOnly)
{
    const char* const kLlama =
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+"
        "[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    ASSERT_TRUE(patternOfExpression(kLlama));
    EXPECT_THAT(cut(splitAt(patternOfExpression(kLlama), SplitBehavior::Isolated, false), "I'M 12345!\n\n you  ok"),
                ElementsAre("I", "'M", " ", "123", "45", "!\n\n", " you", " ", " ok"));
    ASSERT_TRUE(patternOfExpression("'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"));
    EXPECT_FALSE(patternOfExpression("[a-z]+"));
    EXPECT_FALSE(patternOfExpression(""));
    EXPECT_FALSE(patternOfExpression("\\s+\\s+"));
}

TEST(SplitBehavior, IsAsTheFormatDescribesIt)
{
    const auto with = [](SplitBehavior behavior) {
        return cut(splitAt(patternOfLiteral(U"-"), behavior, false), "the-final--countdown");
    };
    EXPECT_THAT(with(SplitBehavior::Removed), ElementsAre("the", "final", "countdown"));
    EXPECT_THAT(with(SplitBehavior::Isolated), ElementsAre("the", "-", "final", "-", "-", "countdown"));
    EXPECT_THAT(with(SplitBehavior::MergedWithPrevious), ElementsAre("the-", "final-", "-", "countdown"));
    EXPECT_THAT(with(SplitBehavior::MergedWithNext), ElementsAre("the", "-final", "-", "-countdown"));
    EXPECT_THAT(with(SplitBehavior::Contiguous), ElementsAre("the", "-", "final", "--", "countdown"));
    EXPECT_THAT(cut(splitAt(patternOfLiteral(U"-"), SplitBehavior::Removed, true), "a--b"), ElementsAre("-", "-"));
    EXPECT_THAT(cut(splitAt(patternOfExpression("\\w+|[^\\w\\s]+"), SplitBehavior::Removed, true), "a_b, c... 1é"),
                ElementsAre("a_b", ",", "c", "...", "1é"));
}

}  // namespace
