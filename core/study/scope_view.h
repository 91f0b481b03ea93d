// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"

#include <string>

namespace ketscope {

// Which queries and keys the measures of heads are over in figures of entropy and distance, and how distance counts.
struct ScopeView {
    enum class Queries { All, WithoutSpecial, Selected };

    Queries queries = Queries::All;  // that means are over
    bool specialKeys = true;         // [CLS], [SEP], … as keys; without them rows are divided by what is left
    bool padding = false;            // padding counts as a query
    bool signedDistance = false;     // j − i in place of |i − j|, along tokens

    bool operator==(const ScopeView&) const = default;
};

Json toJson(const ScopeView& view);
// As viewFromJson.
ScopeView scopeViewFromJson(const Json& json, const std::string& where);

// What figures on paper show beside the marks themselves.
struct FigureParts {
    bool colourBars = true;
    bool tokenLabels = true;  // of maps and charts; positions stay as numbers
    bool metrics = true;      // a sentence of the caption
    bool signs = false;       // + and − in the cells of differences, for print without colour

    bool operator==(const FigureParts&) const = default;
};

Json toJson(const FigureParts& parts);
// As viewFromJson.
FigureParts figurePartsFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
