// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/word_patterns.h"

#include <algorithm>

namespace ketscope {

namespace {

enum class Kind { Letter, Number, Space, Symbol };

Kind kindOf(char32_t code)
{
    if (isLetter(code))
        return Kind::Letter;
    if (isNumber(code))
        return Kind::Number;
    return isWhiteSpace(code) ? Kind::Space : Kind::Symbol;
}

bool isLineEnd(char32_t code) { return code == U'\n' || code == U'\r'; }

// Where the characters of one kind that start at `at` end.
std::size_t endOfRun(GlyphView text, std::size_t at, Kind kind)
{
    while (at < text.size() && kindOf(text[at].code) == kind)
        ++at;
    return at;
}

// Characters of 's, 't, 're, … at `at`; 0 when there is none. `fold` = in either case; U+017F is a case of s.
std::size_t contractionLength(GlyphView text, std::size_t at, bool fold)
{
    const auto letter = [&](std::size_t i) -> char32_t {
        if (i >= text.size())
            return 0;
        const char32_t code = text[i].code;
        if (!fold)
            return code;
        return code == 0x17F ? U's' : code >= U'A' && code <= U'Z' ? code + (U'a' - U'A') : code;
    };
    if (text[at].code != U'\'')
        return 0;
    const char32_t first = letter(at + 1);
    if (first == U's' || first == U't' || first == U'm' || first == U'd')
        return 2;
    const char32_t second = letter(at + 2);
    const bool three = (second == U'e' && (first == U'r' || first == U'v')) || (second == U'l' && first == U'l');
    return three ? 3 : 0;
}

// \s+(?!\S)|\s+ : white space before a word leaves its last character.
std::size_t spaceLength(GlyphView text, std::size_t at)
{
    const std::size_t end = endOfRun(text, at, Kind::Space);
    return end < text.size() && end - at > 1 ? end - at - 1 : end - at;
}

// ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
std::size_t llama3Rest(GlyphView text, std::size_t at)
{
    const std::size_t start = at + (text[at].code == U' ' ? 1 : 0);
    std::size_t end = endOfRun(text, start, Kind::Symbol);
    if (end > start) {
        while (end < text.size() && isLineEnd(text[end].code))
            ++end;
        return end - at;
    }
    end = endOfRun(text, at, Kind::Space);
    while (end > at && !isLineEnd(text[end - 1].code))
        --end;
    return end > at ? end - at : spaceLength(text, at);
}

std::size_t llama3Length(GlyphView text, std::size_t at, std::size_t digits)
{
    if (const std::size_t length = contractionLength(text, at, true); length > 0)
        return length;
    const Kind kind = kindOf(text[at].code);
    if (kind == Kind::Number)
        return std::min(endOfRun(text, at, Kind::Number) - at, digits);
    const bool leads = kind != Kind::Letter && !isLineEnd(text[at].code);
    if (const std::size_t end = endOfRun(text, at + (leads ? 1 : 0), Kind::Letter); end > at + (leads ? 1 : 0))
        return end - at;
    return llama3Rest(text, at);
}

std::size_t endOfWordParts(GlyphView text, std::size_t at)
{
    while (at < text.size() && isWordPart(text[at].code))
        ++at;
    return at;
}

// \w+|[^\w\s]+
std::size_t plainWord(GlyphView text, std::size_t at)
{
    if (isWordPart(text[at].code))
        return endOfWordParts(text, at) - at;
    std::size_t end = at;
    while (end < text.size() && !isWordPart(text[end].code) && !isWhiteSpace(text[end].code))
        ++end;
    return end - at;
}

// {2,} of plain spaces
std::size_t severalSpaces(GlyphView text, std::size_t at)
{
    std::size_t end = at;
    while (end < text.size() && text[end].code == U' ')
        ++end;
    return end - at >= 2 ? end - at : 0;
}

struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool match = false;
};

// Matches and what lies between them, none of them empty.
std::vector<Range> rangesOf(GlyphView text, const WordPattern& pattern, bool invert)
{
    std::vector<Range> ranges;
    std::size_t open = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = pattern(text, at);
        if (length == 0) {
            ++at;
            continue;
        }
        if (at > open)
            ranges.push_back({open, at, invert});
        ranges.push_back({at, at + length, !invert});
        open = at += length;
    }
    if (open < text.size())
        ranges.push_back({open, text.size(), invert});
    return ranges;
}

// Whether a range continues the one before it.
bool joins(const Range& previous, const Range& next, SplitBehavior behavior)
{
    switch (behavior) {
    case SplitBehavior::MergedWithPrevious: return next.match && !previous.match;
    case SplitBehavior::MergedWithNext: return previous.match && !next.match;
    case SplitBehavior::Contiguous: return previous.match == next.match;
    case SplitBehavior::Removed:
    case SplitBehavior::Isolated: break;
    }
    return false;
}

}  // namespace

std::size_t gpt2Word(GlyphView text, std::size_t at)
{
    if (const std::size_t length = contractionLength(text, at, false); length > 0)
        return length;
    const bool leadingSpace = text[at].code == U' ' && at + 1 < text.size() && kindOf(text[at + 1].code) != Kind::Space;
    const std::size_t start = at + (leadingSpace ? 1 : 0);
    const Kind kind = kindOf(text[start].code);
    return kind == Kind::Space ? spaceLength(text, at) : endOfRun(text, start, kind) - at;
}

std::size_t clipWord(GlyphView text, std::size_t at)
{
    if (const std::size_t length = contractionLength(text, at, false); length > 0)
        return length;
    const Kind kind = kindOf(text[at].code);
    if (kind == Kind::Space)
        return 0;
    return kind == Kind::Number ? 1 : endOfRun(text, at, kind) - at;
}

WordPattern llama3Word(std::size_t digits)
{
    return [digits](GlyphView text, std::size_t at) { return llama3Length(text, at, digits); };
}

WordPattern patternOfExpression(std::string_view expression)
{
    constexpr std::string_view kContractions = "'s|'t|'re|'ve|'m|'ll|'d|";
    constexpr std::string_view kFolded = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
    constexpr std::string_view kRest = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    const auto is = [&](std::string_view start, std::string_view middle, std::string_view end) {
        return expression.size() == start.size() + middle.size() + end.size() && expression.starts_with(start)
               && expression.substr(start.size()).starts_with(middle) && expression.ends_with(end);
    };
    if (is(kContractions, " ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", ""))
        return gpt2Word;
    if (is(kContractions, "[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+", ""))
        return clipWord;
    if (is(kFolded, "\\p{N}{1,3}", kRest))
        return llama3Word(3);
    if (is(kFolded, "\\p{N}", kRest))
        return llama3Word(1);
    if (expression == "\\w+|[^\\w\\s]+")
        return plainWord;
    if (expression == "\\s+")
        return [](GlyphView text, std::size_t at) { return endOfRun(text, at, Kind::Space) - at; };
    if (expression == " {2,}")
        return severalSpaces;
    return nullptr;
}

WordPattern patternOfLiteral(std::u32string literal)
{
    return [literal = std::move(literal)](GlyphView text, std::size_t at) -> std::size_t {
        if (literal.empty() || text.size() - at < literal.size())
            return 0;
        const bool same = std::equal(literal.begin(), literal.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                                     [](char32_t code, const Glyph& glyph) { return code == glyph.code; });
        return same ? literal.size() : 0;
    };
}

SplitStep splitAt(WordPattern pattern, SplitBehavior behavior, bool invert)
{
    return [pattern = std::move(pattern), behavior, invert](GlyphView text, std::vector<GlyphView>& out) {
        Range open;
        const auto close = [&] {
            if (open.end > open.begin)
                out.push_back(text.subspan(open.begin, open.end - open.begin));
        };
        for (const Range& range : rangesOf(text, pattern, invert)) {
            if (behavior == SplitBehavior::Removed && range.match)
                continue;
            const bool joined = open.end > open.begin && joins(open, range, behavior);
            if (joined) {
                open = {open.begin, range.end, range.match};
                continue;
            }
            close();
            open = range;
        }
        close();
    };
}

}  // namespace ketscope
