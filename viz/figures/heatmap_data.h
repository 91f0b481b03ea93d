// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/head_maps.h"
#include "viz/map_levels.h"

#include <QStringList>

#include <memory>

namespace ketscope {

// Which maps of a head a heatmap figure is of.
enum class HeatmapContent { Weights, StandardErrors };

// What a heatmap figure knows of one head whatever part of it is in sight and whatever its colours are: made once, kept
// while the user zooms and pans.
class HeatmapData {
public:
    struct Map {
        MapSource source;
        double largest = 0.0;  // magnitude of what is shown
        bool negative = false;
        std::optional<MapLevels> levels;  // of large maps
    };

    // What the data depend on.
    struct Key {
        std::vector<std::shared_ptr<const Trace>> allTraces;
        std::size_t stack = 0, layer = 0, head = 0;
        HeatmapView view;                            // quantity, filter and direction
        std::shared_ptr<const TokenFlow> flow = {};  // that its quantity is of
        std::vector<std::size_t> traces;
        HeatmapContent content = HeatmapContent::Weights;

        bool operator==(const Key&) const = default;
    };

    // `traces` empty = all. `known` again where it holds for the same. Throws Error (Input) when the selection is not
    // in the traces, or when there are no standard errors to show.
    static std::shared_ptr<const HeatmapData> of(const ComparisonPointer& comparison,
                                                 const std::vector<std::size_t>& traces, HeatmapContent content,
                                                 const std::shared_ptr<const HeatmapData>& known);

    HeatmapData(const ComparisonPointer& comparison, Key key);

    // Whether `of` would give these data again.
    bool holdsFor(const Comparison& comparison, const std::vector<std::size_t>& traces, HeatmapContent content) const;

    const HeadMaps& maps() const { return m_maps; }
    const std::vector<std::size_t>& traces() const { return m_key.traces; }
    // Of every trace, then the difference of the first two; or the standard errors of the traces that have them.
    const std::vector<Map>& list() const { return m_list; }
    const std::vector<double>& entropies() const { return m_entropies; }             // of traces(), nats
    const std::optional<MapComparison>& difference() const { return m_difference; }  // of the first two
    const QStringList& queryLabels() const { return m_queryLabels; }                 // elided tokens
    const QStringList& keyLabels() const { return m_keyLabels; }
    const std::vector<double>& queryLabelWidths() const { return m_queryLabelWidths; }  // at kLabelPixels
    const std::vector<double>& keyLabelWidths() const { return m_keyLabelWidths; }
    const CellGrid& overview() const { return m_overview; }  // the first map, small
    std::size_t bytes() const;                               // of what was made beside the maps

private:
    Map measured(const MapSource& source) const;
    void readStatistics();
    void readLabels();

    Key m_key;
    HeadMaps m_maps;
    std::vector<Map> m_list;
    std::vector<double> m_entropies;
    std::optional<MapComparison> m_difference;
    QStringList m_queryLabels, m_keyLabels;
    std::vector<double> m_queryLabelWidths, m_keyLabelWidths;
    CellGrid m_overview;
};

}  // namespace ketscope
