// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/vocabulary.h"

#include "core/base/error.h"
#include "core/formats/mapped_file.h"
#include "core/text/unicode.h"

#include <nlohmann/json.hpp>

namespace ketscope {

void Vocabulary::add(const std::string& piece, std::int64_t id, const std::string& where)
{
    if (piece.empty() || piece.find('\0') != std::string::npos)
        refuse({where, "a piece of text for id " + std::to_string(id),
                piece.empty() ? "an empty one" : "one with a NUL", ""});
    if (id < 0 || id >= kMaximumId)
        refuse({where, "ids from 0 to " + std::to_string(kMaximumId - 1),
                std::to_string(id) + " for '" + printable(piece, 60) + "'", ""});
    const auto [entry, fresh] = m_ids.emplace(piece, static_cast<std::int32_t>(id));
    if (!fresh)
        refuse(
            {where, "each piece once",
             "'" + printable(piece, 60) + "' for ids " + std::to_string(entry->second) + " and " + std::to_string(id),
             ""});
    if (!m_pieces.emplace(entry->second, &entry->first).second)
        refuse({where, "each id once", std::to_string(id) + " twice", ""});
    m_limit = std::max(m_limit, static_cast<std::size_t>(id) + 1);
    m_longest = std::max(m_longest, piece.size());
}

std::optional<std::int32_t> Vocabulary::find(std::string_view piece) const
{
    const auto found = m_ids.find(piece);
    return found == m_ids.end() ? std::nullopt : std::optional(found->second);
}

const std::string* Vocabulary::piece(std::int32_t id) const
{
    const auto found = m_pieces.find(id);
    return found == m_pieces.end() ? nullptr : found->second;
}

std::int32_t idFromJson(const Json& value, const std::string& where)
{
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() >= static_cast<std::uint64_t>(kMaximumId))
        refuse(
            {where, "whole-number ids from 0 to " + std::to_string(kMaximumId - 1), printable(value.dump(), 60), ""});
    return value.get<std::int32_t>();
}

Vocabulary vocabularyFromJson(const Json& object, const std::string& where)
{
    if (!object.is_object() || object.empty())
        refuse({where, "an object of pieces and ids", object.is_object() ? "an empty one" : object.type_name(), ""});
    Vocabulary vocabulary;
    for (const auto& [piece, id] : object.items())
        vocabulary.add(piece, idFromJson(id, where), where);
    return vocabulary;
}

Vocabulary vocabularyFromLines(const std::filesystem::path& file)
{
    const MappedFile mapped(file, kMaximumTextBytes);
    Vocabulary vocabulary;
    std::int64_t id = 0;
    for (const std::string_view line : linesOf(mapped.text(), file.string()))
        vocabulary.add(std::string(line), id++, file.string());
    if (id == 0)
        refuse({file.string(), "one piece of text a line", "an empty file", ""});
    return vocabulary;
}

std::vector<std::string_view> linesOf(std::string_view text, const std::string& where)
{
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
        refuse({where, "text", "a NUL at offset " + std::to_string(nul), ""});
    decodeUtf8(text, where);
    std::vector<std::string_view> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string_view line = text.substr(at, end - at);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        lines.push_back(line);
        at = end + 1;
    }
    return lines;
}

}  // namespace ketscope
