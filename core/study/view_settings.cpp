// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/view_settings.h"

#include "core/formats/json_fields.h"
#include "core/study/head_statistics.h"

#include <algorithm>
#include <array>

namespace ketscope {

namespace {

constexpr std::array<std::string_view, 3> kScales = {"sqrt", "linear", "log"};
constexpr std::array<std::string_view, 3> kCurves = {"mass", "cumulative", "against-uniform"};

constexpr std::array<std::string_view, 3> kPatchDistances = {"grid", "rows", "columns"};

}  // namespace

Json toJson(const ViewSettings& view)
{
    return {{"colour_map", view.colourMap},
            {"scale", kScales[static_cast<std::size_t>(view.scale)]},
            {"difference", view.showDifference},
            {"head_measure", view.headMeasure},
            {"distance_curve", kCurves[static_cast<std::size_t>(view.distanceCurve)]},
            {"patch_distance", kPatchDistances[static_cast<std::size_t>(view.patchDistance)]},
            {"alignment", toJson(view.alignment)},
            {"heatmap", toJson(view.heatmap)},
            {"quantum", toJson(view.quantum)},
            {"outputs", toJson(view.outputs)},
            {"scope", toJson(view.scope)},
            {"parts", toJson(view.parts)},
            {"page", toJson(view.page)},
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
    if (fields.has("patch_distance"))
        view.patchDistance = static_cast<PatchDistance>(fields.oneOf("patch_distance", kPatchDistances));
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
    if (fields.has("scope"))
        view.scope = scopeViewFromJson(fields.at("scope"), where + ", \"scope\"");
    if (fields.has("parts"))
        view.parts = figurePartsFromJson(fields.at("parts"), where + ", \"parts\"");
    if (fields.has("page"))
        view.page = figurePageFromJson(fields.at("page"), where + ", \"page\"");
    return view;
}

ViewSettings lastingView(ViewSettings view)
{
    view.compared = {};
    view.page = {};
    view.heatmap.window = {};
    view.heatmap.lockedMaximum.reset();
    view.alignment.tokens.clear();
    view.alignment.region = {};
    view.quantum.step.reset();
    view.quantum.counts.reset();
    return view;
}

std::vector<std::string> changedFields(const ViewSettings& before, const ViewSettings& after)
{
    std::vector<std::string> fields;
    for (const Json& change : Json::diff(toJson(before), toJson(after))) {
        const std::string path = change.at("path").get<std::string>().substr(1);
        const std::size_t first = path.find('/');
        const std::string field = path.substr(0, first == std::string::npos ? first : path.find('/', first + 1));
        if (std::ranges::find(fields, field) == fields.end())
            fields.push_back(field);
    }
    return fields;
}

std::string toText(const ViewSettings& view) { return toJson(view).dump(); }

ViewSettings viewFromText(std::string_view text, const std::string& where)
{
    return viewFromJson(parseJson(text, where), where);
}

}  // namespace ketscope
