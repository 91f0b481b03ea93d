// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/map_filter.h"

#include "core/measures/number_text.h"

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

bool isSpecial(const std::vector<std::uint8_t>& special, std::size_t token)
{
    return token < special.size() && special[token] != 0;
}

double magnitude(float weight) { return std::isfinite(weight) ? std::abs(static_cast<double>(weight)) : 0.0; }

}  // namespace

std::string describe(const MapFilter& filter, AttentionDirection direction)
{
    const bool row = direction == AttentionDirection::FromQuery;
    const std::string scale = filter.hideSpecial && filter.renormalise ? "" : ", not renormalised";
    const std::string special = !filter.hideSpecial  ? ""
                                : filter.renormalise ? "special tokens hidden, rows renormalised over the other keys"
                                                     : "special tokens hidden";
    std::string text;
    if (filter.kind == MapFilter::Kind::Value)
        text = "weights of at least " + shortText(filter.least) + " shown";
    if (filter.kind == MapFilter::Kind::Largest)
        text = "top " + std::to_string(filter.largest) + (row ? " keys a row shown" : " queries a column shown");
    if (filter.kind == MapFilter::Kind::Mass)
        text = std::string("fewest ") + (row ? "keys" : "queries") + " with " + shortText(100.0 * filter.mass)
               + " % of a " + (row ? "row's" : "column's") + " mass shown";
    if (!filter.isActive())
        return {};
    return text + (text.empty() || special.empty() ? "" : ", ") + special + scale;
}

ShownCells::ShownCells(MatrixView map, const AttentionMask& mask, const MapFilter& filter, const SpecialTokens& special,
                       AttentionDirection direction)
    : m_columns(map.columns)
{
    if (!filter.isActive())
        return;
    m_shown.resize(map.rows * map.columns);
    for (std::size_t query = 0; query < map.rows; ++query)
        for (std::size_t key = 0; key < map.columns; ++key)
            m_shown[query * m_columns + key] = mask.allowed(query, key, map.rows, map.columns);
    if (filter.hideSpecial)
        hideSpecial(map, mask, filter, special);
    if (filter.kind == MapFilter::Kind::All)
        return;
    const bool row = direction == AttentionDirection::FromQuery;
    for (std::size_t line = 0; line < (row ? map.rows : map.columns); ++line)
        keepOfLine(map, filter, row, line);
}

void ShownCells::hideSpecial(MatrixView map, const AttentionMask& mask, const MapFilter& filter,
                             const SpecialTokens& special)
{
    if (filter.renormalise)
        m_factors.assign(map.rows, 1.0);
    for (std::size_t query = 0; query < map.rows; ++query) {
        double rest = 0.0;
        for (std::size_t key = 0; key < map.columns; ++key) {
            const bool other = !isSpecial(special.keys, key) && mask.allowed(query, key, map.rows, map.columns);
            rest += other ? static_cast<double>(map(query, key)) : 0.0;
            if (!other || isSpecial(special.queries, query))
                m_shown[query * m_columns + key] = false;
        }
        if (filter.renormalise && std::isfinite(rest) && rest > 0.0)
            m_factors[query] = 1.0 / rest;
    }
}

void ShownCells::keepOfLine(MatrixView map, const MapFilter& filter, bool row, std::size_t line)
{
    struct Candidate {
        double size;
        std::size_t cell;
    };
    std::vector<Candidate> candidates;
    double whole = 0.0;
    for (std::size_t i = 0; i < (row ? map.columns : map.rows); ++i) {
        const std::size_t query = row ? line : i, key = row ? i : line;
        if (!m_shown[query * m_columns + key])
            continue;
        candidates.push_back({magnitude(map(query, key)) * factor(query), query * m_columns + key});
        whole += candidates.back().size;
        // What is not finite stays: it is not to be overlooked.
        if (!std::isfinite(map(query, key)))
            candidates.pop_back();
        else
            m_shown[query * m_columns + key] = false;
    }
    if (filter.kind != MapFilter::Kind::Value)
        std::ranges::stable_sort(candidates, std::ranges::greater(), &Candidate::size);
    double sum = 0.0;
    std::size_t kept = 0;
    for (const Candidate& each : candidates) {
        const bool keep = filter.kind == MapFilter::Kind::Value     ? each.size >= filter.least
                          : filter.kind == MapFilter::Kind::Largest ? kept < filter.largest
                                                                    : sum < filter.mass * whole - 1e-9 * whole;
        m_shown[each.cell] = keep;
        kept += keep ? 1 : 0;
        sum += each.size;
    }
}

}  // namespace ketscope
