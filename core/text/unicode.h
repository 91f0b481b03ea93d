// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

// A code point and the characters [begin, end) of the original text that it comes from. Normalisation changes codes and
// carries the range along, so that every token can be traced back.
struct Glyph {
    char32_t code = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
};

using Glyphs = std::vector<Glyph>;
using GlyphView = std::span<const Glyph>;

inline constexpr std::size_t kMaximumTextBytes = std::size_t{16} << 20;

// One glyph per code point. Throws Error (Input) naming `where` and the byte offset of what is not UTF-8, or when the
// text is longer than kMaximumTextBytes.
Glyphs decodeUtf8(std::string_view text, const std::string& where);

// The code point at byte `at`, which moves behind it; empty for bytes that are not UTF-8.
std::optional<char32_t> nextUtf8(std::string_view text, std::size_t& at);

void appendUtf8(std::string& out, char32_t code);

bool isWhiteSpace(char32_t code);   // Unicode White_Space
bool isLetter(char32_t code);       // L*
bool isNumber(char32_t code);       // N*
bool isPunctuation(char32_t code);  // P*
bool isOther(char32_t code);        // C*, unassigned included
bool isWordPart(char32_t code);     // \w of regular expressions: UTS 18, annex C

enum class NormalForm { Nfc, Nfd, Nfkc, Nfkd };

// Glyphs of one normalisation segment (a base character with its marks) get the whole segment's range. A segment longer
// than 256 characters, which no language writes, is cut there: reordering marks takes quadratic time.
void normalize(Glyphs& text, NormalForm form);

// Character by character: no final sigma.
void lowercase(Glyphs& text);

// Removes nonspacing marks (Mn).
void dropMarks(Glyphs& text);

}  // namespace ketscope
