// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/quantum_view.h"

#include "core/formats/json_fields.h"

#include <array>

namespace ketscope {

namespace {

constexpr std::array<std::string_view, 3> kStages = {"query", "key", "measured"};
constexpr std::array<std::string_view, 3> kParts = {"real", "imaginary", "magnitude"};

}  // namespace

Json toJson(const QuantumView& view)
{
    Json json = {{"stage", kStages[static_cast<std::size_t>(view.stage)]},
                 {"density", kParts[static_cast<std::size_t>(view.densityPart)]}};
    if (view.step)
        json["step"] = *view.step;
    if (view.counts)
        json["counts"] = toJson(*view.counts);
    return json;
}

QuantumView quantumViewFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    QuantumView view;
    if (fields.has("stage"))
        view.stage = static_cast<PairStage>(fields.oneOf("stage", kStages));
    if (fields.has("density"))
        view.densityPart = static_cast<DensityPart>(fields.oneOf("density", kParts));
    if (fields.has("step"))
        view.step = fields.whole<std::size_t>("step");
    if (fields.has("counts"))
        view.counts = measuredCountsFromJson(fields.at("counts"), where + ", \"counts\"");
    return view;
}

}  // namespace ketscope
