// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ketscope {

// The printable character that stands for a byte in byte-level vocabularies (Radford et al. 2019, reference code): itself
// where it is printable Latin-1, otherwise the next free one from U+0100. And the way back.
char32_t byteCharacter(unsigned char byte);
std::optional<unsigned char> byteOfCharacter(char32_t character);

// "<0xE2>": the piece of a byte in SentencePiece vocabularies. And the way back.
std::string fallbackPiece(unsigned char byte);
std::optional<unsigned char> byteOfFallbackPiece(const std::string& piece);

// Text or bytes as Token::display shows them: space "·", newline "↵", tab "⇥", other control characters and bytes that
// are no UTF-8 "⟨0xE2⟩".
std::string readableBytes(const std::string& bytes);

}  // namespace ketscope
