// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/special_tokens.h"

#include "core/base/error.h"

namespace ketscope {

namespace {

constexpr std::size_t kLongestToken = 256;  // characters; bounds the work at each character of a text

std::uint64_t edge(std::uint32_t node, char32_t code) { return (std::uint64_t{node} << 32) | code; }

bool standsAlone(GlyphView text, std::size_t begin, std::size_t end)
{
    return (begin == 0 || !isWordPart(text[begin - 1].code)) && (end == text.size() || !isWordPart(text[end].code));
}

}  // namespace

void AddedTokenFinder::add(GlyphView text, const AddedToken& token)
{
    if (text.empty() || text.size() > kLongestToken)
        refuse({"added token '" + printable(token.content, 60) + "'",
                "1 to " + std::to_string(kLongestToken) + " characters", std::to_string(text.size()), ""});
    std::uint32_t node = 0;
    for (const Glyph& glyph : text) {
        const auto [next, fresh] = m_edges.emplace(edge(node, glyph.code), static_cast<std::uint32_t>(m_nodes.size()));
        if (fresh)
            m_nodes.push_back(nullptr);
        node = next->second;
    }
    m_nodes[node] = &token;
}

AddedTokenFinder::Match AddedTokenFinder::longestAt(GlyphView text, std::size_t at) const
{
    Match best;
    std::uint32_t node = 0;
    for (std::size_t i = at; i < text.size(); ++i) {
        const auto next = m_edges.find(edge(node, text[i].code));
        if (next == m_edges.end())
            break;
        node = next->second;
        if (m_nodes[node] != nullptr)
            best = {i + 1, m_nodes[node]};
    }
    return best;
}

std::vector<TextSection> AddedTokenFinder::find(GlyphView text) const
{
    std::vector<TextSection> sections;
    std::size_t covered = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Match match = longestAt(text, at);
        if (match.token == nullptr) {
            ++at;
            continue;
        }
        std::size_t begin = at;
        std::size_t end = match.end;
        at = end;
        if (match.token->singleWord && !standsAlone(text, begin, end))
            continue;
        while (match.token->leftSpace && begin > covered && isWhiteSpace(text[begin - 1].code))
            --begin;
        while (match.token->rightSpace && end < text.size() && isWhiteSpace(text[end].code))
            ++end;
        if (begin > covered)
            sections.push_back({covered, begin, nullptr});
        sections.push_back({begin, end, match.token});
        covered = at = end;
    }
    if (covered < text.size())
        sections.push_back({covered, text.size(), nullptr});
    return sections;
}

}  // namespace ketscope
