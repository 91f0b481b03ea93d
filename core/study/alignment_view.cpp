// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/alignment_view.h"

#include "core/formats/json_fields.h"

#include <array>

namespace ketscope {

namespace {

constexpr std::array<std::string_view, 4> kReductions = {"one-head", "mean-of-heads", "largest-of-heads",
                                                         "mean-of-layers"};
constexpr std::array<std::string_view, 3> kGrounds = {"picture", "grey", "blank"};
constexpr std::size_t kMostOpacity = 100;

struct Flag {
    const char* name;
    bool AlignmentView::*value;
};
constexpr Flag kFlags[] = {{"from_patches", &AlignmentView::fromPatches},
                           {"without_class", &AlignmentView::withoutClass},
                           {"smooth", &AlignmentView::smooth},
                           {"grid", &AlignmentView::grid},
                           {"boxes", &AlignmentView::boxes},
                           {"differences", &AlignmentView::differences},
                           {"shows_matches", &AlignmentView::showsMatches},
                           {"token_entropy", &AlignmentView::tokenEntropy}};

PatchRegion regionFrom(const JsonFields& fields, const std::string& where)
{
    const auto numbers = fields.list<std::size_t>("region");
    if (numbers.size() != 4 || numbers[2] == 0 || numbers[3] == 0)
        refuse({where + ", \"region\"", "row, column, rows and columns, with at least one of each",
                std::to_string(numbers.size()) + " numbers", ""});
    return {numbers[0], numbers[1], numbers[2], numbers[3]};
}

}  // namespace

Json toJson(const AlignmentView& view)
{
    Json json = {{"method", view.method},
                 {"reduction", kReductions[static_cast<std::size_t>(view.reduction)]},
                 {"ground", kGrounds[static_cast<std::size_t>(view.ground)]},
                 {"opacity", view.opacity},
                 {"tokens", view.tokens},
                 {"region", {view.region.row, view.region.column, view.region.rows, view.region.columns}}};
    for (const Flag& flag : kFlags)
        json[flag.name] = view.*flag.value;
    return json;
}

AlignmentView alignmentViewFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    AlignmentView view;
    if (fields.has("method"))
        view.method = fields.text("method");
    if (fields.has("reduction"))
        view.reduction = static_cast<HeadReduction>(fields.oneOf("reduction", kReductions));
    if (fields.has("ground"))
        view.ground = static_cast<PictureGround>(fields.oneOf("ground", kGrounds));
    if (fields.has("opacity"))
        view.opacity = std::min(fields.whole<std::size_t>("opacity"), kMostOpacity);
    if (fields.has("tokens"))
        view.tokens = fields.list<std::size_t>("tokens");
    if (fields.has("region"))
        view.region = regionFrom(fields, where);
    for (const Flag& flag : kFlags)
        if (fields.has(flag.name))
            view.*flag.value = fields.flag(flag.name);
    return view;
}

}  // namespace ketscope
