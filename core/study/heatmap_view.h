// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"
#include "core/measures/map_filter.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ketscope {

// The tokens of a map that are in sight. No tokens = all.
struct MapWindow {
    std::size_t firstQuery = 0, queries = 0;
    std::size_t firstKey = 0, keys = 0;

    bool isAll() const { return queries == 0 || keys == 0; }
    bool operator==(const MapWindow&) const = default;
};

// The window inside maps of this size, with its real numbers of tokens; all of them where it does not fit.
MapWindow windowInside(const MapWindow& window, std::size_t queries, std::size_t keys);
// The same window, or MapWindow() when it is all of the map.
MapWindow asStored(const MapWindow& window, std::size_t queries, std::size_t keys);
// What keeps its place while a map is zoomed: a point on its axes, in tokens, and where in the window it is, 0 … 1.
struct MapAnchor {
    struct Side {
        double token = 0.0;
        double share = 0.0;
    };
    Side query, key;
};
// `window` (inside the map) shrunk by `factor` around the anchor; at least kSmallestWindow tokens a side.
MapWindow zoomed(const MapWindow& window, double factor, const MapAnchor& anchor, std::size_t queries,
                 std::size_t keys);
// `window` (inside the map) moved by whole tokens as far as the map goes.
MapWindow moved(const MapWindow& window, std::ptrdiff_t queries, std::ptrdiff_t keys, std::size_t allQueries,
                std::size_t allKeys);
inline constexpr std::size_t kSmallestWindow = 3;

// What the cells of the maps are: a head's weights, or what flows through several layers (token_flow.h).
enum class MapQuantity { Weights, Rollout, Relevance };
// In that order, in files and on the command line.
inline constexpr std::array<std::string_view, 3> kMapQuantities = {"weights", "rollout", "relevance"};

// What the heatmap shows and how, beside colours.
struct HeatmapView {
    // Elements: the selected cell's query and key, element by element.
    enum class Shown { Maps, Lines, Elements };
    // What stands for a head in the grid of heads. Automatic: numbers for large models.
    enum class HeadCells { Automatic, Maps, Numbers };

    bool standardErrors = true;  // rings, hatching and the map of standard errors, where they are known
    MapQuantity quantity = MapQuantity::Weights;
    AttentionDirection direction = AttentionDirection::FromQuery;
    MapFilter filter = {};
    MapWindow window = {};
    Shown shown = Shown::Maps;
    HeadCells headCells = HeadCells::Automatic;
    std::string gridMeasure = "entropy";       // of the grid of heads: an id of gridMeasures()
    bool sortHeads = false;                    // within each layer, the largest measure first
    std::optional<double> lockedMaximum = {};  // of the traces' colour range; none = that of the head in sight

    bool operator==(const HeatmapView&) const = default;
};

Json toJson(const HeatmapView& view);
// As viewFromJson.
HeatmapView heatmapViewFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
