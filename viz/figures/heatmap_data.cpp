// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/heatmap_data.h"

#include "core/base/error.h"
#include "core/study/compared_pair.h"
#include "viz/labels.h"
#include "viz/theme.h"
#include "viz/token_font.h"

#include <cmath>

namespace ketscope {

namespace {

constexpr std::size_t kLevelsAbove = 256;  // tokens: smaller maps are pooled when they are drawn
constexpr std::size_t kOverviewCells = 48;

std::vector<std::size_t> chosenTraces(const std::vector<std::size_t>& chosen, const Comparison& comparison)
{
    const std::vector<std::size_t> traces = chosen.empty() ? shownTraces(comparison) : chosen;
    const std::size_t all = comparison.traces.size();
    for (const std::size_t trace : traces)
        if (trace >= all)
            refuse({"figure", "a trace below " + std::to_string(all), std::to_string(trace),
                    "Choose a trace of this comparison."});
    return traces;
}

HeatmapData::Key keyOf(const Comparison& comparison, const std::vector<std::size_t>& traces, HeatmapContent content)
{
    const Selection& at = comparison.study.selection;
    const HeatmapView& all = comparison.study.view.heatmap;
    HeatmapView view;
    view.quantity = content == HeatmapContent::Weights ? all.quantity : MapQuantity::Weights;
    view.filter = all.filter;
    view.direction = all.direction;
    const auto flow = view.quantity == MapQuantity::Weights ? nullptr : tokenFlow(comparison);
    return {comparison.traces, at.stack, at.layer, at.head, view, flow, chosenTraces(traces, comparison), content};
}

}  // namespace

std::shared_ptr<const HeatmapData> HeatmapData::of(const ComparisonPointer& comparison,
                                                   const std::vector<std::size_t>& traces, HeatmapContent content,
                                                   const std::shared_ptr<const HeatmapData>& known)
{
    if (!comparison || comparison->traces.empty())
        refuse({"comparison", "at least one trace", "none", "Run the comparison first."});
    if (known && known->holdsFor(*comparison, traces, content))
        return known;
    return std::make_shared<const HeatmapData>(comparison, keyOf(*comparison, traces, content));
}

bool HeatmapData::holdsFor(const Comparison& comparison, const std::vector<std::size_t>& traces,
                           HeatmapContent content) const
{
    return m_key == keyOf(comparison, traces, content);
}

HeatmapData::HeatmapData(const ComparisonPointer& comparison, Key key)
    : m_key(std::move(key)), m_maps(comparison, {m_key.stack, m_key.layer, m_key.head, 0, 0}, m_key.view)
{
    for (const std::size_t trace : m_key.traces) {
        const MapSource source{trace, std::nullopt, m_key.content == HeatmapContent::StandardErrors};
        if (!source.errors || m_maps.hasStandardError(source))
            m_list.push_back(measured(source));
    }
    if (m_list.empty())
        refuse({"standard errors", "a trace whose mechanism gives them for this head", "none",
                "Choose a head that is patched with sampling, such as shots; some estimators need 2 repeats or more."});
    if (m_key.content == HeatmapContent::Weights && m_key.traces.size() >= 2)
        m_list.push_back(measured({m_key.traces[1], m_key.traces[0], false}));
    readStatistics();
    readLabels();
    const Map& first = m_list.front();
    const std::size_t longest = std::max(m_maps.queries(), m_maps.keys());
    m_overview = m_maps.grid(first.source, poolAtHand((longest + kOverviewCells - 1) / kOverviewCells),
                             {0, m_maps.queries(), 0, m_maps.keys()}, first.levels ? &*first.levels : nullptr);
}

HeatmapData::Map HeatmapData::measured(const MapSource& source) const
{
    Map map{source, 0.0, false, {}};
    std::vector<float> row(m_maps.keys());
    const auto value = [&](std::size_t query, std::size_t key) {
        if (key == 0)
            m_maps.readRow(source, query, 0, row);
        const float at = row[key];
        if (!std::isnan(at) && at > MapLevels::kMasked) {
            map.largest = std::max(map.largest, static_cast<double>(std::abs(at)));
            map.negative = map.negative || at < 0.0F;
        }
        return at;
    };
    if (std::max(m_maps.queries(), m_maps.keys()) > kLevelsAbove) {
        map.levels.emplace(m_maps.queries(), m_maps.keys(), value);
        return map;
    }
    for (std::size_t query = 0; query < m_maps.queries(); ++query)
        for (std::size_t key = 0; key < m_maps.keys(); ++key)
            value(query, key);
    return map;
}

// Mean entropies over the queries; from the comparison of the first two traces where it covers them.
void HeatmapData::readStatistics()
{
    const std::vector<std::size_t>& traces = m_key.traces;
    if (traces.size() >= 2)
        m_difference = m_maps.compare(traces[0], traces[1]);
    for (std::size_t i = 0; i < traces.size(); ++i)
        m_entropies.push_back(m_difference && i < 2 ? (i == 0 ? m_difference->entropyA : m_difference->entropyB)
                                                    : m_maps.compare(traces[0], traces[i]).entropyB);
}

void HeatmapData::readLabels()
{
    const QFont font = tokenFont(lightTheme(), kLabelPixels);
    for (std::size_t query = 0; query < m_maps.queries(); ++query) {
        m_queryLabels << elideMiddle(m_maps.queryText(query));
        m_queryLabelWidths.push_back(textWidth(m_queryLabels.last(), font));
    }
    for (std::size_t key = 0; key < m_maps.keys(); ++key) {
        m_keyLabels << elideMiddle(m_maps.keyText(key));
        m_keyLabelWidths.push_back(textWidth(m_keyLabels.last(), font));
    }
}

std::size_t HeatmapData::bytes() const
{
    std::size_t sum = 0;
    for (const Map& map : m_list)
        sum += map.levels ? map.levels->bytes() : 0;
    const std::size_t bits = m_key.view.filter.isActive() ? m_maps.queries() * m_maps.keys() * m_maps.traces() : 0;
    return sum + bits / 8 + m_overview.cells.size() * sizeof(Cell);
}

}  // namespace ketscope
