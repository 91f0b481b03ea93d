// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/tokenizer.h"

#include <filesystem>
#include <optional>

namespace ketscope {

inline constexpr std::size_t kMaximumTokens = std::size_t{1} << 20;

// The tokens file that lies beside an array file: its name with .tokens.txt, .tokens.json, .txt or .json instead of its
// suffix, else tokens.txt or tokens.json in its folder. Empty when there is none.
std::optional<std::filesystem::path> tokensFileBeside(const std::filesystem::path& file);

// One token a line, or with the suffix .json a list of texts. Throws Error (Input).
std::vector<std::string> readTokensFile(const std::filesystem::path& file);

// Tokens with these pieces, shown readable: the marks of byte-level ("Ġthe") and SentencePiece vocabularies ("▁the") are
// spaces, where the pieces use them. Throws Error (Input) naming `where` for none, too many, or bytes that are not UTF-8.
std::vector<Token> tokensOfPieces(const std::vector<std::string>& pieces, const std::string& where);

}  // namespace ketscope
