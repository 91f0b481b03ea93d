// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/head_maps.h"

#include "core/base/error.h"
#include "core/study/token_axis.h"

#include <cmath>

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
    if (selection.layer >= layers.size() || !layers[selection.layer])
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

bool HeadMaps::hasStandardError(const MapSource& source) const
{
    return !m_standardErrors[source.trace].empty() || (source.baseline && !m_standardErrors[*source.baseline].empty());
}

bool HeadMaps::allowed(std::size_t query, std::size_t key) const
{
    return m_mask.allowed(query, key, queries(), keys());
}

Cell HeadMaps::cell(const MapSource& source, std::size_t query, std::size_t key) const
{
    if (!allowed(query, key))
        return {CellState::Masked, 0.0, 0.0};
    const auto errorOf = [&](std::size_t trace) {
        const MatrixView& errors = m_standardErrors[trace];
        return errors.empty() ? 0.0 : static_cast<double>(errors(query, key));
    };
    Cell cell{CellState::Value, m_weights[source.trace](query, key), errorOf(source.trace)};
    if (source.baseline) {
        cell.value -= static_cast<double>(m_weights[*source.baseline](query, key));
        cell.standardError = std::hypot(cell.standardError, errorOf(*source.baseline));
    }
    if (!std::isfinite(cell.value))
        cell.state = CellState::NotFinite;
    return cell;
}

std::pair<std::size_t, std::size_t> HeadMaps::representative(const MapSource& source, std::size_t pool,
                                                             std::size_t query, std::size_t key) const
{
    const std::size_t firstRow = query / pool * pool, firstColumn = key / pool * pool;
    std::pair<std::size_t, std::size_t> best{firstRow, firstColumn};
    double largest = -1.0;
    for (std::size_t q = firstRow; q < std::min(firstRow + pool, queries()); ++q) {
        for (std::size_t k = firstColumn; k < std::min(firstColumn + pool, keys()); ++k) {
            const Cell candidate = cell(source, q, k);
            if (candidate.state == CellState::NotFinite)
                return {q, k};
            if (candidate.state == CellState::Value && std::abs(candidate.value) > largest) {
                largest = std::abs(candidate.value);
                best = {q, k};
            }
        }
    }
    return best;
}

CellGrid HeadMaps::grid(const MapSource& source, std::size_t pool) const
{
    CellGrid grid;
    grid.rows = (queries() + pool - 1) / pool;
    grid.columns = (keys() + pool - 1) / pool;
    grid.cells.reserve(grid.rows * grid.columns);
    for (std::size_t row = 0; row < grid.rows; ++row) {
        for (std::size_t column = 0; column < grid.columns; ++column) {
            const auto [query, key] = representative(source, pool, row * pool, column * pool);
            grid.cells.push_back(cell(source, query, key));
        }
    }
    return grid;
}

double HeadMaps::largest(const MapSource& source) const
{
    double largest = 0.0;
    for (std::size_t q = 0; q < queries(); ++q)
        for (std::size_t k = 0; k < keys(); ++k)
            if (const Cell candidate = cell(source, q, k); candidate.state == CellState::Value)
                largest = std::max(largest, std::abs(candidate.value));
    return largest;
}

bool HeadMaps::anyNegative(const MapSource& source) const
{
    for (std::size_t q = 0; q < queries(); ++q)
        for (std::size_t k = 0; k < keys(); ++k)
            if (const Cell candidate = cell(source, q, k); candidate.state == CellState::Value && candidate.value < 0.0)
                return true;
    return false;
}

MapComparison HeadMaps::compare(std::size_t baseline, std::size_t trace) const
{
    return compareMaps(m_weights[baseline], m_weights[trace], m_masks->queries);
}

QString HeadMaps::axisText(TokenAxis axis, std::size_t index) const
{
    return QString::fromStdString(printable(axisLabel(m_comparison->input, axis, index), 400));
}

}  // namespace ketscope
