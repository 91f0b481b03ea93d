// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/unicode.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

namespace ketscope {

namespace {

bool inCategory(char32_t code, std::uint32_t mask) { return (U_GET_GC_MASK(static_cast<UChar32>(code)) & mask) != 0; }

const UNormalizer2* normalizerFor(NormalForm form)
{
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2* const normalizer = form == NormalForm::Nfc    ? unorm2_getNFCInstance(&error)
                                           : form == NormalForm::Nfd  ? unorm2_getNFDInstance(&error)
                                           : form == NormalForm::Nfkc ? unorm2_getNFKCInstance(&error)
                                                                      : unorm2_getNFKDInstance(&error);
    if (U_FAILURE(error))
        fail({"Unicode data", "normalisation tables", u_errorName(error), "Install the ICU library again."});
    return normalizer;
}

std::u16string toUtf16(GlyphView text)
{
    std::u16string out;
    for (const Glyph& glyph : text) {
        if (glyph.code <= 0xFFFF) {
            out += static_cast<char16_t>(glyph.code);
            continue;
        }
        out += static_cast<char16_t>(U16_LEAD(glyph.code));
        out += static_cast<char16_t>(U16_TRAIL(glyph.code));
    }
    return out;
}

void appendNormalized(const UNormalizer2* normalizer, GlyphView segment, Glyphs& out)
{
    const std::u16string source = toUtf16(segment);
    // No code point grows beyond 18 UTF-16 units in any form (Unicode FAQ on normalisation).
    std::u16string changed(source.size() * 18 + 1, u'\0');
    UErrorCode error = U_ZERO_ERROR;
    const std::int32_t length = unorm2_normalize(normalizer, source.data(), static_cast<std::int32_t>(source.size()),
                                                 changed.data(), static_cast<std::int32_t>(changed.size()), &error);
    if (U_FAILURE(error))
        fail({"Unicode normalisation", "text", u_errorName(error), ""});
    for (std::int32_t at = 0; at < length;) {
        UChar32 code = 0;
        U16_NEXT(changed.data(), at, length, code);
        out.push_back({static_cast<char32_t>(code), segment.front().begin, segment.back().end});
    }
}

}  // namespace

Glyphs decodeUtf8(std::string_view text, const std::string& where)
{
    if (text.size() > kMaximumTextBytes)
        refuse({where, "at most " + std::to_string(kMaximumTextBytes) + " bytes", std::to_string(text.size()), ""});
    Glyphs glyphs;
    glyphs.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t start = at;
        const auto code = nextUtf8(text, at);
        if (!code)
            refuse({where, "UTF-8", "an invalid byte at offset " + std::to_string(start),
                    "Save the text as UTF-8 and try again."});
        const auto index = static_cast<std::uint32_t>(glyphs.size());
        glyphs.push_back({*code, index, index + 1});
    }
    return glyphs;
}

std::optional<char32_t> nextUtf8(std::string_view text, std::size_t& at)
{
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data()) + at;
    const auto length = static_cast<std::int32_t>(std::min<std::size_t>(text.size() - at, U8_MAX_LENGTH));
    std::int32_t used = 0;
    UChar32 code = 0;
    U8_NEXT(bytes, used, length, code);
    at += static_cast<std::size_t>(used);
    return code < 0 ? std::nullopt : std::optional(static_cast<char32_t>(code));
}

void appendUtf8(std::string& out, char32_t code)
{
    std::array<char, U8_MAX_LENGTH> bytes{};
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(bytes.data(), length, static_cast<UChar32>(code));
    out.append(bytes.data(), static_cast<std::size_t>(length));
}

bool isWhiteSpace(char32_t code) { return u_isUWhiteSpace(static_cast<UChar32>(code)) != 0; }

bool isLetter(char32_t code) { return inCategory(code, U_GC_L_MASK); }

bool isNumber(char32_t code) { return inCategory(code, U_GC_N_MASK); }

bool isPunctuation(char32_t code) { return inCategory(code, U_GC_P_MASK); }

bool isOther(char32_t code) { return inCategory(code, U_GC_C_MASK); }

bool isWordPart(char32_t code)
{
    const auto point = static_cast<UChar32>(code);
    return inCategory(code, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK) || u_isUAlphabetic(point) != 0
           || u_hasBinaryProperty(point, UCHAR_JOIN_CONTROL) != 0;
}

void normalize(Glyphs& text, NormalForm form)
{
    constexpr std::size_t kLongestSegment = 256;
    const UNormalizer2* const normalizer = normalizerFor(form);
    Glyphs out;
    out.reserve(text.size());
    for (std::size_t first = 0; first < text.size();) {
        std::size_t last = first + 1;
        while (last < text.size() && last - first < kLongestSegment
               && unorm2_hasBoundaryBefore(normalizer, static_cast<UChar32>(text[last].code)) == 0)
            ++last;
        if (last == first + 1 && text[first].code < 0x80)
            out.push_back(text[first]);
        else
            appendNormalized(normalizer, GlyphView(text).subspan(first, last - first), out);
        first = last;
    }
    text = std::move(out);
}

void lowercase(Glyphs& text)
{
    constexpr char32_t kDottedCapitalI = 0x130;  // the only code point whose lower case has two
    Glyphs out;
    out.reserve(text.size());
    for (const Glyph& glyph : text) {
        if (glyph.code == kDottedCapitalI) {
            out.push_back({U'i', glyph.begin, glyph.end});
            out.push_back({char32_t{0x307}, glyph.begin, glyph.end});
        } else {
            out.push_back({static_cast<char32_t>(u_tolower(static_cast<UChar32>(glyph.code))), glyph.begin, glyph.end});
        }
    }
    text = std::move(out);
}

void dropMarks(Glyphs& text)
{
    std::erase_if(text, [](const Glyph& glyph) { return inCategory(glyph.code, U_GC_MN_MASK); });
}

}  // namespace ketscope
