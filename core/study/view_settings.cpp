// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/view_settings.h"

#include "core/study/head_statistics.h"
#include "core/study/json_fields.h"

#include <array>

namespace ketscope {

namespace {

constexpr std::array<std::string_view, 3> kScales = {"sqrt", "linear", "log"};
constexpr std::array<std::string_view, 3> kCurves = {"mass", "cumulative", "against-uniform"};

}  // namespace

Json toJson(const ViewSettings& view)
{
    return {{"colour_map", view.colourMap},
            {"scale", kScales[static_cast<std::size_t>(view.scale)]},
            {"difference", view.showDifference},
            {"head_measure", view.headMeasure},
            {"distance_curve", kCurves[static_cast<std::size_t>(view.distanceCurve)]},
            {"alignment", toJson(view.alignment)},
            {"heatmap", toJson(view.heatmap)},
            {"quantum", toJson(view.quantum)},
            {"outputs", toJson(view.outputs)},
            {"compared", toJson(view.compared)}};
}

ViewSettings viewFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    ViewSettings view;
    if (fields.has("colour_map"))
        view.colourMap = fields.text("colour_map");
    if (fields.has("difference"))
        view.showDifference = fields.flag("difference");
    if (fields.has("scale"))
        view.scale = static_cast<ColourScale>(fields.oneOf("scale", kScales));
    if (fields.has("head_measure"))
        view.headMeasure = headMeasure(fields.text("head_measure")).id;
    if (fields.has("distance_curve"))
        view.distanceCurve = static_cast<DistanceCurve>(fields.oneOf("distance_curve", kCurves));
    if (fields.has("compared"))
        view.compared = comparisonViewFromJson(fields.at("compared"), where + ", compared");
    if (fields.has("alignment"))
        view.alignment = alignmentViewFromJson(fields.at("alignment"), where + ", \"alignment\"");
    if (fields.has("heatmap"))
        view.heatmap = heatmapViewFromJson(fields.at("heatmap"), where + ", heatmap");
    if (fields.has("quantum"))
        view.quantum = quantumViewFromJson(fields.at("quantum"), where + ", \"quantum\"");
    if (fields.has("outputs"))
        view.outputs = outputsViewFromJson(fields.at("outputs"), where + ", \"outputs\"");
    return view;
}

ViewSettings lastingView(ViewSettings view)
{
    view.compared = {};
    view.heatmap.window = {};
    view.alignment.tokens.clear();
    view.alignment.region = {};
    view.quantum.step.reset();
    return view;
}

std::string toText(const ViewSettings& view) { return toJson(view).dump(); }

ViewSettings viewFromText(std::string_view text, const std::string& where)
{
    return viewFromJson(parseJson(text, where), where);
}

}  // namespace ketscope
