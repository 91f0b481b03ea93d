// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ketscope {

struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// Ids at or above this are taken for damage: no published vocabulary comes near.
inline constexpr std::int32_t kMaximumId = 1 << 24;

// The pieces of a tokenizer and their ids, one to one.
class Vocabulary {
public:
    Vocabulary() = default;
    Vocabulary(const Vocabulary&) = delete;
    Vocabulary& operator=(const Vocabulary&) = delete;
    Vocabulary(Vocabulary&&) = default;
    Vocabulary& operator=(Vocabulary&&) = default;

    // Throws Error (Input) naming `where` for an empty piece, one with a NUL, a second use of a piece or of an id, and
    // an id that is negative or beyond kMaximumId.
    void add(const std::string& piece, std::int64_t id, const std::string& where);

    std::optional<std::int32_t> find(std::string_view piece) const;
    const std::string* piece(std::int32_t id) const;  // null when there is none

    std::size_t idLimit() const { return m_limit; }         // largest id + 1
    std::size_t longestBytes() const { return m_longest; }  // of a piece

private:
    std::unordered_map<std::string, std::int32_t, StringHash, std::equal_to<>> m_ids;
    std::unordered_map<std::int32_t, const std::string*> m_pieces;
    std::size_t m_limit = 0;
    std::size_t m_longest = 0;
};

// An id as JSON holds it. Throws Error (Input) unless it is a whole number from 0 to kMaximumId − 1.
std::int32_t idFromJson(const Json& value, const std::string& where);

// {"piece": id, …}
Vocabulary vocabularyFromJson(const Json& object, const std::string& where);

// One piece a line; the line number, from 0, is the id.
Vocabulary vocabularyFromLines(const std::filesystem::path& file);

// The lines of a UTF-8 text file, without their ends ("\n" or "\r\n"); what follows the last one counts when not empty.
// Throws Error (Input) for invalid UTF-8 and NUL bytes.
std::vector<std::string_view> linesOf(std::string_view text, const std::string& where);

}  // namespace ketscope
