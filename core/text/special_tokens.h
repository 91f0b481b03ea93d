// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/pieces.h"

#include <optional>
#include <unordered_map>

namespace ketscope {

// A token that is found in text as it is written, before anything is cut into words.
struct AddedToken {
    std::string content;
    std::int32_t id = 0;
    bool singleWord = false;  // only where no word goes on before or after it
    bool leftSpace = false;   // takes the white space before it
    bool rightSpace = false;  // and after it
    bool normalized = false;  // looked for in the normalised text
    bool special = false;
};

// Part of a text: a token, or text between tokens (no token).
struct TextSection {
    std::size_t begin = 0;
    std::size_t end = 0;
    const AddedToken* token = nullptr;
};

// Finds added tokens, the longest of those that start first, in one pass.
class AddedTokenFinder {
public:
    // Throws Error (Input) for an empty or over-long token. `text` is what to look for; `token` must outlive the finder.
    void add(GlyphView text, const AddedToken& token);

    // Sections that cover `text`, none of them empty.
    std::vector<TextSection> find(GlyphView text) const;

private:
    struct Match {
        std::size_t end = 0;
        const AddedToken* token = nullptr;
    };

    Match longestAt(GlyphView text, std::size_t at) const;

    std::unordered_map<std::uint64_t, std::uint32_t> m_edges;  // (node, code point) → node
    std::vector<const AddedToken*> m_nodes = {nullptr};
};

}  // namespace ketscope
