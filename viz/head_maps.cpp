// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/head_maps.h"

#include "core/base/error.h"
#include "core/study/token_axis.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

const StackTrace& stackOf(const Trace& trace, const Selection& selection)
{
    if (selection.stack >= trace.stacks.size())
        refuse({"selection", "a stack below " + std::to_string(trace.stacks.size()), std::to_string(selection.stack),
                "Choose a stack of this model."});
    return trace.stacks[selection.stack];
}

MatrixView headOf(const std::vector<TensorPointer>& layers, const Selection& selection)
{
    if (selection.layer >= layers.size())
        refuse({"selection", "a layer below " + std::to_string(layers.size()), std::to_string(selection.layer),
                "Choose a layer of this model."});
    if (layers[selection.layer] == nullptr)
        refuse({"selection", "a layer whose maps were kept", "layer " + std::to_string(selection.layer),
                "Choose another layer, or run again and keep this one."});
    const Tensor& maps = *layers[selection.layer];
    if (maps.shape().size() != 3 || selection.head >= maps.shape()[0])
        refuse({"selection", "a head below " + std::to_string(maps.shape().empty() ? 0 : maps.shape()[0]),
                std::to_string(selection.head), "Choose a head of this model."});
    return maps.matrix({selection.head});
}

// Standard errors are kept only for layers that have them.
MatrixView errorsOf(const StackTrace& stack, const Selection& selection, const MatrixView& weights)
{
    if (selection.layer >= stack.standardError.size() || !stack.standardError[selection.layer])
        return {};
    const MatrixView errors = headOf(stack.standardError, selection);
    return errors.rows == weights.rows && errors.columns == weights.columns ? errors : MatrixView();
}

}  // namespace

HeadMaps::HeadMaps(ComparisonPointer comparison, const Selection& selection) : m_comparison(std::move(comparison))
{
    if (!m_comparison || m_comparison->traces.empty())
        refuse({"comparison", "at least one trace", "none", "Run the comparison first."});
    for (const auto& trace : m_comparison->traces) {
        const StackTrace& stack = stackOf(*trace, selection);
        const MatrixView weights = headOf(stack.attention, selection);
        if (weights.empty())
            refuse({"attention", "at least one token", "an empty map", "Give an input with tokens."});
        if (!m_weights.empty() && (weights.rows != queries() || weights.columns != keys()))
            refuse({"comparison", "maps of equal size", "different ones", "Run the traces on the same input."});
        m_weights.push_back(weights);
        m_standardErrors.push_back(errorsOf(stack, selection, weights));
    }
    m_stack = m_comparison->model.stacks.at(selection.stack);
    m_masks = maskOf(*m_comparison, selection.stack);
    m_mask = m_masks->mask;
    m_mask.causal = m_mask.causal && keys() >= queries();
}

HeadMaps::HeadMaps(ComparisonPointer comparison, const Selection& selection, const HeatmapView& view)
    : HeadMaps(std::move(comparison), selection)
{
    if (view.quantity != MapQuantity::Weights)
        takeFlow();
    const MapFilter& filter = view.filter;
    if (!filter.isActive())
        return;
    const SpecialTokens special{specialOf(m_stack.queries, queries()), specialOf(m_stack.keys, keys())};
    for (const MatrixView& weights : m_weights)
        m_shown.emplace_back(weights, m_mask, filter, special, view.direction);
}

void HeadMaps::takeFlow()
{
    m_flow = tokenFlow(*m_comparison);
    if (!m_flow)
        refuse({"rollout or relevance", "maps that have been computed", "none yet", "Compute them first."});
    for (std::size_t trace = 0; trace < traces(); ++trace) {
        m_weights[trace] = m_flow->traces[trace]->matrix();
        m_standardErrors[trace] = {};
    }
}

std::vector<std::uint8_t> HeadMaps::specialOf(TokenAxis axis, std::size_t count) const
{
    std::vector<std::uint8_t> special(count);
    for (std::size_t i = 0; i < count; ++i) {
        const Token* token = axisToken(m_comparison->input, axis, i);
        special[i] = token != nullptr && token->special ? 1 : 0;
    }
    return special;
}

std::vector<std::size_t> HeadMaps::allTraces() const
{
    std::vector<std::size_t> all(traces());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

bool HeadMaps::hasStandardError(const MapSource& source) const
{
    return !m_standardErrors[source.trace].empty() || (source.baseline && !m_standardErrors[*source.baseline].empty());
}

bool HeadMaps::allowed(std::size_t query, std::size_t key) const
{
    return m_mask.allowed(query, key, queries(), keys());
}

bool HeadMaps::shows(const MapSource& source, std::size_t query, std::size_t key) const
{
    return m_shown.empty() || m_shown[source.trace].shows(query, key)
           || (source.baseline && m_shown[*source.baseline].shows(query, key));
}

Cell HeadMaps::cell(const MapSource& source, std::size_t query, std::size_t key) const
{
    if (!allowed(query, key))
        return {CellState::Masked, 0.0, 0.0};
    const auto errorOf = [&](std::size_t trace) {
        const MatrixView& errors = m_standardErrors[trace];
        return errors.empty() ? 0.0 : static_cast<double>(errors(query, key)) * factor(trace, query);
    };
    const auto weightOf = [&](std::size_t trace) {
        return static_cast<double>(m_weights[trace](query, key)) * factor(trace, query);
    };
    Cell cell{shows(source, query, key) ? CellState::Value : CellState::Hidden, 0.0, 0.0};
    if (source.errors) {
        cell.value = errorOf(source.trace);
    } else {
        cell.value = weightOf(source.trace);
        cell.standardError = errorOf(source.trace);
    }
    if (source.baseline) {
        cell.value -= weightOf(*source.baseline);
        if (!m_standardErrors[*source.baseline].empty())
            cell.standardError = std::hypot(cell.standardError, errorOf(*source.baseline));
    }
    if (!std::isfinite(cell.value))
        cell.state = CellState::NotFinite;
    return cell;
}

float HeadMaps::valueOrMark(const MapSource& source, std::size_t query, std::size_t key) const
{
    const Cell at = cell(source, query, key);
    switch (at.state) {
    case CellState::Masked: return MapLevels::kMasked;
    case CellState::Hidden: return MapLevels::kHidden;
    case CellState::NotFinite: return std::numeric_limits<float>::quiet_NaN();
    case CellState::Value: break;
    }
    return static_cast<float>(at.value);
}

void HeadMaps::readRow(const MapSource& source, std::size_t query, std::size_t firstKey, std::span<float> values) const
{
    if (source.errors || !m_shown.empty() || !m_mask.additive.empty()) {
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = valueOrMark(source, query, firstKey + i);
        return;
    }
    const float* const own = m_weights[source.trace].row(query).data() + firstKey;
    const float* const other = source.baseline ? m_weights[*source.baseline].row(query).data() + firstKey : nullptr;
    const std::size_t end = m_mask.keyEnd(query, queries(), keys());
    const std::size_t count = end > firstKey ? std::min(values.size(), end - firstKey) : 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double value = static_cast<double>(own[i]) - (other != nullptr ? static_cast<double>(other[i]) : 0.0);
        values[i] = std::isfinite(value) ? static_cast<float>(value) : std::numeric_limits<float>::quiet_NaN();
    }
    for (std::size_t i = 0; i < count && !m_mask.keyAllowed.empty(); ++i)
        values[i] = m_mask.keyAllowed[firstKey + i] != 0 ? values[i] : MapLevels::kMasked;
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(count), values.end(), MapLevels::kMasked);
}

std::pair<std::size_t, std::size_t> HeadMaps::representative(const MapSource& source, std::size_t pool,
                                                             std::size_t query, std::size_t key) const
{
    const std::size_t firstRow = query / pool * pool, firstColumn = key / pool * pool;
    std::pair<std::size_t, std::size_t> best{firstRow, firstColumn};
    float shown = MapLevels::kMasked;
    for (std::size_t q = firstRow; q < std::min(firstRow + pool, queries()); ++q) {
        for (std::size_t k = firstColumn; k < std::min(firstColumn + pool, keys()); ++k) {
            const float candidate = valueOrMark(source, q, k);
            const float both = MapLevels::pooled(shown, candidate);
            if (std::isnan(both))
                return {q, k};
            if (both != shown)
                best = {q, k};
            shown = both;
        }
    }
    return best;
}

CellGrid HeadMaps::grid(const MapSource& source, std::size_t pool) const
{
    return grid(source, pool, {0, queries(), 0, keys()}, nullptr);
}

namespace {

Cell cellOf(float valueOrMark)
{
    if (std::isnan(valueOrMark))
        return {CellState::NotFinite, 0.0, 0.0};
    if (valueOrMark <= MapLevels::kMasked)
        return {valueOrMark <= MapLevels::kHidden ? CellState::Hidden : CellState::Masked, 0.0, 0.0};
    return {CellState::Value, static_cast<double>(valueOrMark), 0.0};
}

// One block from the finer blocks of a level.
Cell blockOf(const MapLevels::Level& level, std::size_t share, std::size_t row, std::size_t column)
{
    float value = MapLevels::kMasked;
    for (std::size_t r = row * share; r < std::min((row + 1) * share, level.rows); ++r)
        for (std::size_t c = column * share; c < std::min((column + 1) * share, level.columns); ++c)
            value = MapLevels::pooled(value, level.values[r * level.columns + c]);
    return cellOf(value);
}

}  // namespace

CellGrid HeadMaps::grid(const MapSource& source, std::size_t pool, const MapWindow& window,
                        const MapLevels* levels) const
{
    const MapLevels::Level* level = levels != nullptr ? levels->levelFor(pool) : nullptr;
    if (pool > 1 && level == nullptr)
        return poolCells(source, pool, window);
    const std::size_t firstRow = window.firstQuery / pool, firstColumn = window.firstKey / pool;
    CellGrid grid;
    grid.rows = (window.firstQuery + window.queries + pool - 1) / pool - firstRow;
    grid.columns = (window.firstKey + window.keys + pool - 1) / pool - firstColumn;
    grid.cells.reserve(grid.rows * grid.columns);
    for (std::size_t row = firstRow; row < firstRow + grid.rows; ++row)
        for (std::size_t column = firstColumn; column < firstColumn + grid.columns; ++column)
            grid.cells.push_back(level != nullptr ? blockOf(*level, pool / level->pool, row, column)
                                                  : cell(source, row, column));
    return grid;
}

// Row by row: what is not in levels is finer than those, and a frame has no time to ask for cells one by one.
CellGrid HeadMaps::poolCells(const MapSource& source, std::size_t pool, const MapWindow& window) const
{
    const std::size_t firstRow = window.firstQuery / pool * pool, firstColumn = window.firstKey / pool * pool;
    const std::size_t endRow = std::min(queries(), (window.firstQuery + window.queries + pool - 1) / pool * pool);
    const std::size_t endColumn = std::min(keys(), (window.firstKey + window.keys + pool - 1) / pool * pool);
    CellGrid grid{(endRow - firstRow + pool - 1) / pool, (endColumn - firstColumn + pool - 1) / pool, {}};
    grid.cells.reserve(grid.rows * grid.columns);
    std::vector<float> values(endColumn - firstColumn), blocks;
    for (std::size_t row = firstRow; row < endRow; row += pool) {
        blocks.assign(grid.columns, MapLevels::kMasked);
        for (std::size_t query = row; query < std::min(row + pool, endRow); ++query) {
            readRow(source, query, firstColumn, values);
            for (std::size_t block = 0, i = 0; block < blocks.size(); ++block)
                for (const std::size_t end = std::min(i + pool, values.size()); i < end; ++i)
                    blocks[block] = MapLevels::pooled(blocks[block], values[i]);
        }
        std::ranges::transform(blocks, std::back_inserter(grid.cells), cellOf);
    }
    return grid;
}

MapComparison HeadMaps::compare(std::size_t baseline, std::size_t trace) const
{
    return compareMaps(m_weights[baseline], m_weights[trace], m_masks->queries);
}

QString HeadMaps::axisText(TokenAxis axis, std::size_t index) const
{
    return QString::fromStdString(printable(axisLabel(m_comparison->input, axis, index), 400));
}

QString flowObstacleOf(const Comparison& comparison) { return QString::fromStdString(flowDelay(comparison)); }

}  // namespace ketscope
