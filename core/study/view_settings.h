// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"
#include "core/measures/distance.h"
#include "core/study/alignment_view.h"
#include "core/study/comparison_view.h"
#include "core/study/figure_page.h"
#include "core/study/heatmap_view.h"
#include "core/study/outputs_view.h"
#include "core/study/quantum_view.h"
#include "core/study/scope_view.h"

#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

enum class ColourScale { SquareRoot, Linear, Logarithmic };

// Attention mass at each distance, up to it, or divided by that of uniform rows.
enum class DistanceCurve { Mass, Cumulative, AgainstUniform };

// How maps are drawn.
struct ViewSettings {
    std::string colourMap = "viridis";
    ColourScale scale = ColourScale::SquareRoot;
    bool showDifference = true;
    std::string headMeasure = "entropy";  // of layer × head matrices: an id of headMeasures()
    DistanceCurve distanceCurve = DistanceCurve::Mass;
    PatchDistance patchDistance = PatchDistance::Euclidean;  // that the window shows where keys are patches
    AlignmentView alignment = {};
    HeatmapView heatmap = {};
    QuantumView quantum = {};
    ComparisonView compared = {};
    OutputsView outputs = {};
    ScopeView scope = {};
    FigureParts parts = {};  // of figures on paper
    FigurePage page = {};    // of the figure whose file the study was in

    bool operator==(const ViewSettings&) const = default;
};

Json toJson(const ViewSettings& view);
// What `json` does not say stays as it is in a new ViewSettings: studies of earlier versions do not have all of it. Throws
// Error (Input) naming the field that is wrong.
ViewSettings viewFromJson(const Json& json, const std::string& where);

// What of a view holds for other studies too: without compared traces, zoomed tokens, chosen words and
// patches, and counts of one circuit.
ViewSettings lastingView(ViewSettings view);

// The fields that differ, such as "heatmap/filter" or "scale", at most two levels deep, in order.
std::vector<std::string> changedFields(const ViewSettings& before, const ViewSettings& after);

// The same as JSON text.
std::string toText(const ViewSettings& view);
ViewSettings viewFromText(std::string_view text, const std::string& where);

}  // namespace ketscope
