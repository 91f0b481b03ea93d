// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/token_list.h"

#include "core/base/error.h"
#include "core/formats/json.h"
#include "core/formats/mapped_file.h"
#include "core/text/piece_bytes.h"
#include "core/text/unicode.h"
#include "core/text/vocabulary.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr char32_t kByteLevelSpace = U'Ġ';
constexpr char32_t kSpaceMark = U'▁';

bool startsWith(const Glyphs& piece, char32_t code) { return !piece.empty() && piece.front().code == code; }

std::string readable(const Glyphs& piece, bool byteLevel, bool spaceMarks)
{
    std::string bytes;
    for (const Glyph& glyph : piece) {
        const auto byte = byteLevel ? byteOfCharacter(glyph.code) : std::nullopt;
        if (byte)
            bytes += static_cast<char>(*byte);
        else
            appendUtf8(bytes, spaceMarks && glyph.code == kSpaceMark ? U' ' : glyph.code);
    }
    return readableBytes(bytes);
}

}  // namespace

std::optional<fs::path> tokensFileBeside(const fs::path& file)
{
    std::vector<fs::path> places;
    for (const char* suffix : {".tokens.txt", ".tokens.json", ".txt", ".json"})
        places.push_back(fs::path(file).replace_extension(suffix));
    places.push_back(file.parent_path() / "tokens.txt");
    places.push_back(file.parent_path() / "tokens.json");
    std::error_code ignored;
    const auto found =
        std::find_if(places.begin(), places.end(), [&](const fs::path& p) { return fs::is_regular_file(p, ignored); });
    return found == places.end() ? std::nullopt : std::optional(*found);
}

std::vector<std::string> readTokensFile(const fs::path& file)
{
    std::vector<std::string> tokens;
    if (file.extension() != ".json") {
        const MappedFile mapped(file, kMaximumTextBytes);
        for (const std::string_view line : linesOf(mapped.text(), file.string()))
            tokens.emplace_back(line);
        return tokens;
    }
    const Json list = readJsonFile(file);
    const bool texts =
        list.is_array() && std::all_of(list.begin(), list.end(), [](const Json& token) { return token.is_string(); });
    if (!texts)
        refuse({file.string(), "a list of texts, one for each token",
                list.is_array() ? "other values in the list" : list.type_name(), ""});
    for (const Json& token : list)
        tokens.push_back(token.get<std::string>());
    return tokens;
}

std::vector<Token> tokensOfPieces(const std::vector<std::string>& pieces, const std::string& where)
{
    if (pieces.empty() || pieces.size() > kMaximumTokens)
        refuse({where, "1 to " + std::to_string(kMaximumTokens) + " tokens", std::to_string(pieces.size()), ""});
    std::vector<Glyphs> glyphs;
    for (std::size_t i = 0; i < pieces.size(); ++i)
        glyphs.push_back(decodeUtf8(pieces[i], where + ", token " + std::to_string(i)));
    const auto anyStartsWith = [&](char32_t code) {
        return std::any_of(glyphs.begin(), glyphs.end(),
                           [code](const Glyphs& piece) { return startsWith(piece, code); });
    };
    const bool byteLevel = anyStartsWith(kByteLevelSpace);
    const bool spaceMarks = anyStartsWith(kSpaceMark);
    std::vector<Token> tokens;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        Token token;
        token.piece = pieces[i];
        token.display = readable(glyphs[i], byteLevel, spaceMarks);
        tokens.push_back(std::move(token));
    }
    return tokens;
}

}  // namespace ketscope
