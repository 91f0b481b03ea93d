// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/normalizers.h"

#include "core/base/error.h"

namespace ketscope {

namespace {

// Each step may make a text longer, many together very long.
void checkSize(const Glyphs& text)
{
    constexpr std::size_t kMostCharacters = 4 * kMaximumTextBytes;
    if (text.size() > kMostCharacters)
        refuse({"normalised text", "at most " + std::to_string(kMostCharacters) + " characters", "more",
                "Use a shorter text."});
}

}  // namespace

NormalStep replaceMatches(WordPattern pattern, std::u32string with)
{
    return [pattern = std::move(pattern), with = std::move(with)](Glyphs& text) {
        Glyphs out;
        out.reserve(text.size());
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t length = pattern(text, at);
            if (length == 0) {
                out.push_back(text[at++]);
                continue;
            }
            for (const char32_t code : with)
                out.push_back({code, text[at].begin, text[at + length - 1].end});
            checkSize(out);
            at += length;
        }
        text = std::move(out);
    };
}

NormalStep prependText(std::u32string prefix)
{
    return [prefix = std::move(prefix)](Glyphs& text) {
        if (text.empty())
            return;
        Glyphs out;
        out.reserve(prefix.size() + text.size());
        for (const char32_t code : prefix)
            out.push_back({code, text.front().begin, text.front().begin});
        out.insert(out.end(), text.begin(), text.end());
        text = std::move(out);
    };
}

NormalStep stripEnds(bool left, bool right)
{
    return [left, right](Glyphs& text) {
        while (right && !text.empty() && isWhiteSpace(text.back().code))
            text.pop_back();
        std::size_t first = 0;
        while (left && first < text.size() && isWhiteSpace(text[first].code))
            ++first;
        text.erase(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(first));
    };
}

std::u32string codePoints(std::string_view text, const std::string& where)
{
    std::u32string codes;
    for (const Glyph& glyph : decodeUtf8(text, where))
        codes += glyph.code;
    return codes;
}

}  // namespace ketscope
