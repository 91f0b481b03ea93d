// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mask.h"
#include "core/base/view.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ketscope {

// Which lines of a map are read as one: the row of a query over the keys, or the column of a key over the queries.
enum class AttentionDirection { FromQuery, ToKey };

// Which cells of a map are shown. Weights are never changed by it, unless `renormalise` says so and the label tells it.
struct MapFilter {
    enum class Kind { All, Value, Largest, Mass };

    Kind kind = Kind::All;
    double least = 0.05;       // Value: weights of at least this magnitude
    std::size_t largest = 3;   // Largest: so many of every line
    double mass = 0.9;         // Mass: the smallest set that holds this share of a line's magnitude
    bool hideSpecial = false;  // rows and columns of special tokens
    bool renormalise = false;  // with hideSpecial: divide every row by what its other keys hold

    bool isActive() const { return kind != Kind::All || hideSpecial; }
    bool operator==(const MapFilter&) const = default;
};

// "top 3 keys a row shown, not renormalised"; empty when all is shown.
std::string describe(const MapFilter& filter, AttentionDirection direction);

// Which tokens of a map's sides are special; empty = none.
struct SpecialTokens {
    std::vector<std::uint8_t> queries;
    std::vector<std::uint8_t> keys;
};

// The cells of one (n, m) map that a filter shows.
class ShownCells {
public:
    ShownCells() = default;  // all, as they are
    // Masked cells are never shown. Where two weights of a line are equal, the earlier one comes first.
    ShownCells(MatrixView map, const AttentionMask& mask, const MapFilter& filter, const SpecialTokens& special,
               AttentionDirection direction);

    bool shows(std::size_t query, std::size_t key) const { return m_shown.empty() || m_shown[query * m_columns + key]; }
    // What the weights of a query's row are multiplied by; 1 unless renormalised.
    double factor(std::size_t query) const { return m_factors.empty() ? 1.0 : m_factors[query]; }

private:
    void hideSpecial(MatrixView map, const AttentionMask& mask, const MapFilter& filter, const SpecialTokens& special);
    void keepOfLine(MatrixView map, const MapFilter& filter, bool row, std::size_t line);

    std::size_t m_columns = 0;
    std::vector<bool> m_shown;  // row-major; empty = all
    std::vector<double> m_factors;
};

}  // namespace ketscope
