// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/heatmap_view.h"

#include "core/formats/json_fields.h"
#include "core/study/grid_measures.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ketscope {

namespace {

constexpr std::array<std::string_view, 2> kDirections = {"from-query", "to-key"};
constexpr std::array<std::string_view, 4> kFilters = {"all", "value", "largest", "mass"};
constexpr std::array<std::string_view, 3> kShown = {"maps", "lines", "elements"};
constexpr std::array<std::string_view, 3> kHeadCells = {"automatic", "maps", "numbers"};

Json filterToJson(const MapFilter& filter)
{
    return {{"kind", kFilters[static_cast<std::size_t>(filter.kind)]},
            {"least", filter.least},
            {"largest", filter.largest},
            {"mass", filter.mass},
            {"hide_special", filter.hideSpecial},
            {"renormalise", filter.renormalise}};
}

MapFilter filterFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    MapFilter filter;
    filter.kind = static_cast<MapFilter::Kind>(fields.oneOf("kind", kFilters));
    filter.least = fields.numberIn("least", 0.0, 1.0);
    filter.largest = std::max<std::size_t>(1, fields.whole<std::size_t>("largest"));
    filter.mass = fields.numberIn("mass", 0.0, 1.0);
    filter.hideSpecial = fields.flag("hide_special");
    filter.renormalise = fields.flag("renormalise");
    return filter;
}

struct Side {
    std::size_t first, count;
};

Side inside(std::size_t first, std::size_t count, std::size_t all)
{
    const std::size_t fitting = std::clamp<std::size_t>(count, 1, std::max<std::size_t>(1, all));
    return {std::min(first, all - std::min(all, fitting)), fitting};
}

Side zoomedSide(std::size_t before, double factor, const MapAnchor::Side& anchor, std::size_t all)
{
    const double least = static_cast<double>(std::min(all, kSmallestWindow));
    const double count = std::clamp(std::round(static_cast<double>(before) * factor), least, static_cast<double>(all));
    const double first =
        std::clamp(std::round(anchor.token - anchor.share * count), 0.0, static_cast<double>(all) - count);
    return {static_cast<std::size_t>(first), static_cast<std::size_t>(count)};
}

std::size_t movedFirst(std::size_t first, std::ptrdiff_t by, std::size_t count, std::size_t all)
{
    const auto last = static_cast<std::ptrdiff_t>(all - count);
    return static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(first) + by, 0, last));
}

}  // namespace

MapWindow windowInside(const MapWindow& window, std::size_t queries, std::size_t keys)
{
    if (window.isAll() || window.firstQuery >= queries || window.firstKey >= keys)
        return {0, queries, 0, keys};
    const Side rows = inside(window.firstQuery, window.queries, queries);
    const Side columns = inside(window.firstKey, window.keys, keys);
    return {rows.first, rows.count, columns.first, columns.count};
}

MapWindow asStored(const MapWindow& window, std::size_t queries, std::size_t keys)
{
    return window.queries >= queries && window.keys >= keys ? MapWindow() : window;
}

MapWindow zoomed(const MapWindow& window, double factor, const MapAnchor& anchor, std::size_t queries, std::size_t keys)
{
    const Side rows = zoomedSide(window.queries, factor, anchor.query, queries);
    const Side columns = zoomedSide(window.keys, factor, anchor.key, keys);
    return {rows.first, rows.count, columns.first, columns.count};
}

MapWindow moved(const MapWindow& window, std::ptrdiff_t queries, std::ptrdiff_t keys, std::size_t allQueries,
                std::size_t allKeys)
{
    MapWindow result = window;
    result.firstQuery = movedFirst(window.firstQuery, queries, window.queries, allQueries);
    result.firstKey = movedFirst(window.firstKey, keys, window.keys, allKeys);
    return result;
}

Json toJson(const HeatmapView& view)
{
    const MapWindow& w = view.window;
    return {{"standard_errors", view.standardErrors},
            {"quantity", kMapQuantities[static_cast<std::size_t>(view.quantity)]},
            {"direction", kDirections[static_cast<std::size_t>(view.direction)]},
            {"filter", filterToJson(view.filter)},
            {"window", {w.firstQuery, w.queries, w.firstKey, w.keys}},
            {"shown", kShown[static_cast<std::size_t>(view.shown)]},
            {"head_cells", kHeadCells[static_cast<std::size_t>(view.headCells)]},
            {"grid_measure", view.gridMeasure},
            {"sort_heads", view.sortHeads},
            {"locked_maximum", view.lockedMaximum ? Json(*view.lockedMaximum) : Json(nullptr)}};
}

HeatmapView heatmapViewFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    HeatmapView view;
    view.standardErrors = fields.flag("standard_errors");
    if (fields.has("quantity"))
        view.quantity = static_cast<MapQuantity>(fields.oneOf("quantity", kMapQuantities));
    view.direction = static_cast<AttentionDirection>(fields.oneOf("direction", kDirections));
    view.filter = filterFromJson(fields.at("filter"), where + ", filter");
    const auto window = fields.list<std::size_t>("window");
    if (window.size() != 4)
        refuse({where + ", \"window\"", "first query, queries, first key, keys", fields.at("window").dump(), ""});
    view.window = {window[0], window[1], window[2], window[3]};
    view.shown = static_cast<HeatmapView::Shown>(fields.oneOf("shown", kShown));
    view.headCells = static_cast<HeatmapView::HeadCells>(fields.oneOf("head_cells", kHeadCells));
    view.gridMeasure = gridMeasure(fields.text("grid_measure")).id;
    view.sortHeads = fields.flag("sort_heads");
    if (fields.has("locked_maximum") && !fields.at("locked_maximum").is_null()) {
        const Json& maximum = fields.at("locked_maximum");
        if (!maximum.is_number() || !(maximum.get<double>() > 0.0))
            refuse({where + ", \"locked_maximum\"", "a number above 0, or null", maximum.dump(), ""});
        view.lockedMaximum = maximum.get<double>();
    }
    return view;
}

}  // namespace ketscope
