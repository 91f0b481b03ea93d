// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/comparison_view.h"

#include "core/formats/json_fields.h"

namespace ketscope {

Json toJson(const ComparisonView& view)
{
    Json pins = Json::array();
    for (const Selection& pin : view.pins)
        pins.push_back(toJson(pin));
    return {
        {"baseline", view.baseline}, {"candidate", view.candidate}, {"every_trace", view.everyTrace}, {"pins", pins}};
}

ComparisonView comparisonViewFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    ComparisonView view;
    if (fields.has("baseline"))
        view.baseline = fields.whole<std::size_t>("baseline");
    if (fields.has("candidate"))
        view.candidate = fields.whole<std::size_t>("candidate");
    if (fields.has("every_trace"))
        view.everyTrace = fields.flag("every_trace");
    if (!fields.has("pins"))
        return view;
    if (!fields.at("pins").is_array())
        refuse({where + ", \"pins\"", "a list", fields.at("pins").type_name(), ""});
    for (const Json& pin : fields.at("pins"))
        view.pins.push_back(selectionFromJson(pin, where + ", pins"));
    return view;
}

}  // namespace ketscope
