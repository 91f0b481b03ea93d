// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/selection.h"

#include <vector>

namespace ketscope {

// Which traces are held against each other, and what is kept in sight. Traces are counted as in Comparison: 0 is A.
struct ComparisonView {
    std::size_t baseline = 0;   // of Δ and of every measure between two traces
    std::size_t candidate = 1;  // Δ = candidate − baseline
    bool everyTrace = false;    // maps of all traces, without Δ
    std::vector<Selection> pins = {};

    bool operator==(const ComparisonView&) const = default;
};

Json toJson(const ComparisonView& view);
// As viewFromJson.
ComparisonView comparisonViewFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
