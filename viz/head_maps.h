// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/measures.h"
#include "core/study/comparison.h"
#include "core/study/token_flow.h"
#include "viz/map_levels.h"

#include <QString>

#include <cstdint>
#include <vector>

namespace ketscope {

// What a map shows: a trace, the difference of two, or a trace's standard errors.
struct MapSource {
    std::size_t trace = 0;                // the candidate of a difference
    std::optional<std::size_t> baseline;  // set: value of `trace` − value of `baseline`
    bool errors = false;                  // the standard error of `trace` in place of its value

    bool isDifference() const { return baseline.has_value(); }
    bool operator==(const MapSource&) const = default;
};

// Hidden: by the view's filter; the cell has its value all the same.
enum class CellState : std::uint8_t { Value, Masked, Hidden, NotFinite };

struct Cell {
    CellState state = CellState::Value;
    double value = 0.0;
    double standardError = 0.0;  // 0 = exact or unknown
};

// One map, or blocks of cells of it, row-major.
struct CellGrid {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::vector<Cell> cells;

    const Cell& at(std::size_t row, std::size_t column) const { return cells[row * columns + column]; }
};

// One head of every trace of a comparison: read access with masks and checks. Keeps the comparison alive.
class HeadMaps {
public:
    // Throws Error (Input) when `selection` names a stack, layer or head that a trace does not have, or when the
    // traces' maps differ in size.
    HeadMaps(ComparisonPointer comparison, const Selection& selection);
    // What a view shows: the weights or the flow that it asks for (tokenFlow() of the comparison's own selection, which
    // must be there), with its filter: every map of it shows the cells that its own values choose, a difference those
    // of either.
    HeadMaps(ComparisonPointer comparison, const Selection& selection, const HeatmapView& view);

    std::size_t traces() const { return m_weights.size(); }
    std::vector<std::size_t> allTraces() const;  // 0, 1, …
    std::size_t queries() const { return m_weights.front().rows; }
    std::size_t keys() const { return m_weights.front().columns; }
    MatrixView weights(std::size_t trace) const { return m_weights[trace]; }
    bool hasStandardError(const MapSource& source) const;

    // Whether the mask lets `query` look at `key`: causal stacks and padding keys.
    bool allowed(std::size_t query, std::size_t key) const;
    Cell cell(const MapSource& source, std::size_t query, std::size_t key) const;
    // Blocks of pool × pool cells, each shown by its cell of largest magnitude; masked when all of it is, not finite
    // when any of it is.
    CellGrid grid(const MapSource& source, std::size_t pool) const;
    // The blocks that `window` (inside the map) touches; from `levels` of the same source where they have such blocks.
    CellGrid grid(const MapSource& source, std::size_t pool, const MapWindow& window, const MapLevels* levels) const;
    // A cell's value or mark, as MapLevels takes them.
    float valueOrMark(const MapSource& source, std::size_t query, std::size_t key) const;
    // The same of the keys from `firstKey` on, as many as there is room for: much faster than one by one.
    void readRow(const MapSource& source, std::size_t query, std::size_t firstKey, std::span<float> values) const;
    // The cell that stands for the block that (query, key) is in.
    std::pair<std::size_t, std::size_t> representative(const MapSource& source, std::size_t pool, std::size_t query,
                                                       std::size_t key) const;

    // Means over the queries that are not padding.
    MapComparison compare(std::size_t baseline, std::size_t trace) const;

    // Full; the index where the token is not known.
    QString queryText(std::size_t query) const { return axisText(m_stack.queries, query); }
    QString keyText(std::size_t key) const { return axisText(m_stack.keys, key); }
    const std::shared_ptr<const TokenFlow>& flow() const { return m_flow; }  // null = the head's own weights
    const Comparison& comparison() const { return *m_comparison; }
    const ComparisonPointer& pointer() const { return m_comparison; }

private:
    QString axisText(TokenAxis axis, std::size_t index) const;
    std::vector<std::uint8_t> specialOf(TokenAxis axis, std::size_t count) const;
    bool shows(const MapSource& source, std::size_t query, std::size_t key) const;
    double factor(std::size_t trace, std::size_t query) const
    {
        return m_shown.empty() ? 1.0 : m_shown[trace].factor(query);
    }

    void takeFlow();
    CellGrid poolCells(const MapSource& source, std::size_t pool, const MapWindow& window) const;

    ComparisonPointer m_comparison;
    std::shared_ptr<const TokenFlow> m_flow;  // that m_weights are of; null = the head's own
    StackInfo m_stack;
    std::vector<MatrixView> m_weights;
    std::vector<MatrixView> m_standardErrors;  // empty where there are none
    std::shared_ptr<const StackMask> m_masks;
    AttentionMask m_mask;
    std::vector<ShownCells> m_shown;  // of each trace; empty = without a filter
};

// flowDelay() for a row of figures.def.
QString flowObstacleOf(const Comparison& comparison);

}  // namespace ketscope
