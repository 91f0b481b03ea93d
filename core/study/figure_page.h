// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

// How panels stand, by name in files and on the command line: in columns, or the first over the whole width.
inline constexpr std::array<std::string_view, 5> kArrangements = {"auto", "1", "2", "3", "first-wide"};

// The page of an exported figure: what stood on it and how it was put on paper. Studies inside such files have it, so that
// the same page can be made again.
struct FigurePage {
    std::vector<std::string> figures = {};  // their ids, in the order of the letters; empty = no page
    std::string arrangement = "auto";       // one of kArrangements
    bool letters = true;
    bool crosshair = false;
    bool caption = true;
    bool dark = false;
    bool outlines = false;  // text as paths
    double widthMm = 183.0;
    double dpi = 300.0;
    double textPt = 7.0;
    std::string font = {};  // family; empty = the usual one

    bool operator==(const FigurePage&) const = default;
};

// An empty object for no page.
Json toJson(const FigurePage& page);
// As viewFromJson.
FigurePage figurePageFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
