// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/piece_bytes.h"

#include "core/text/unicode.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ketscope {

namespace {

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

std::string hexadecimal(unsigned char byte)
{
    constexpr char kDigits[] = "0123456789ABCDEF";
    return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

}  // namespace

char32_t byteCharacter(unsigned char byte) { return byteCharacters()[byte]; }

std::optional<unsigned char> byteOfCharacter(char32_t character)
{
    const auto& table = byteCharacters();
    const auto found = std::find(table.begin(), table.end(), character);
    return found == table.end() ? std::nullopt : std::optional(static_cast<unsigned char>(found - table.begin()));
}

std::string fallbackPiece(unsigned char byte) { return "<" + hexadecimal(byte) + ">"; }

std::optional<unsigned char> byteOfFallbackPiece(const std::string& piece)
{
    if (piece.size() != 6 || !piece.starts_with("<0x") || piece.back() != '>')
        return std::nullopt;
    unsigned value = 0;
    const char* const end = piece.data() + 5;
    const auto [stop, error] = std::from_chars(piece.data() + 3, end, value, 16);
    return error != std::errc() || stop != end ? std::nullopt : std::optional(static_cast<unsigned char>(value));
}

std::string readableBytes(const std::string& bytes)
{
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
            out += "⟨" + hexadecimal(static_cast<unsigned char>(bytes[start])) + "⟩";
        else
            out.append(bytes, start, at - start);
    }
    return out;
}

}  // namespace ketscope
