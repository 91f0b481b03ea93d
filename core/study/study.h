// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/input.h"
#include "core/study/plan.h"
#include "core/study/selection.h"
#include "core/study/view_settings.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ketscope {

// What is needed to draw it all again: the window, the command line, saved files and the provenance inside exported
// figures all use this one value. A study file (.ket) is a run file (run_file.h): this and every array of its results.
struct Study {
    std::string modelPath = {};
    Input input = {};
    std::vector<Plan> candidates = {};  // B, C, …; the baseline A is always exact softmax
    std::uint64_t seed = 0;
    Selection selection = {};
    ViewSettings view = {};
    // Layers of every stack whose maps are kept, for memory; empty = all. They include every patched layer.
    std::vector<std::size_t> keptLayers = {};
    std::string perspective = {};  // the page of the window that shows it, by its id; empty = the first

    bool operator==(const Study&) const = default;
};

Json toJson(const Study& study);
// Throws Error (Input) naming the field that is missing or wrong.
Study studyFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
