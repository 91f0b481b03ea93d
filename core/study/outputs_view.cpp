// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/outputs_view.h"

#include "core/formats/json_fields.h"
#include "core/study/sweep.h"

#include <array>

namespace ketscope {

namespace {

constexpr std::array<std::string_view, 2> kHidden = {"cosine", "relative-error"};
constexpr std::size_t kMostRows = 1000;

}  // namespace

Json toJson(const OutputsView& view)
{
    return {{"rows", view.rows},
            {"at_selected", view.atSelected},
            {"hidden", kHidden[static_cast<std::size_t>(view.hidden)]},
            {"sweep_measure", view.sweepMeasure}};
}

OutputsView outputsViewFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    OutputsView view;
    if (fields.has("rows"))
        view.rows = fields.whole<std::size_t>("rows");
    if (view.rows < 1 || view.rows > kMostRows)
        refuse({where + ", \"rows\"", "1 to " + std::to_string(kMostRows), std::to_string(view.rows), ""});
    if (fields.has("at_selected"))
        view.atSelected = fields.flag("at_selected");
    if (fields.has("hidden"))
        view.hidden = static_cast<HiddenMeasure>(fields.oneOf("hidden", kHidden));
    if (fields.has("sweep_measure"))
        view.sweepMeasure = sweepMeasures()[sweepMeasureIndex(fields.text("sweep_measure"))].id;
    return view;
}

}  // namespace ketscope
