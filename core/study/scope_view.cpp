// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/scope_view.h"

#include "core/formats/json_fields.h"

#include <array>
#include <utility>

namespace ketscope {

namespace {

constexpr std::array<std::string_view, 3> kQueries = {"all", "without-special", "selected"};

constexpr std::pair<const char*, bool ScopeView::*> kScopeFlags[] = {
    {"special_keys", &ScopeView::specialKeys},
    {"padding", &ScopeView::padding},
    {"signed_distance", &ScopeView::signedDistance},
};

constexpr std::pair<const char*, bool FigureParts::*> kParts[] = {
    {"colour_bars", &FigureParts::colourBars},
    {"token_labels", &FigureParts::tokenLabels},
    {"metrics", &FigureParts::metrics},
    {"signs", &FigureParts::signs},
};

template <typename View, typename Flags> void readFlags(const JsonFields& fields, const Flags& flags, View& view)
{
    for (const auto& [name, flag] : flags)
        if (fields.has(name))
            view.*flag = fields.flag(name);
}

}  // namespace

Json toJson(const ScopeView& view)
{
    Json json{{"queries", kQueries[static_cast<std::size_t>(view.queries)]}};
    for (const auto& [name, flag] : kScopeFlags)
        json[name] = view.*flag;
    return json;
}

ScopeView scopeViewFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    ScopeView view;
    if (fields.has("queries"))
        view.queries = static_cast<ScopeView::Queries>(fields.oneOf("queries", kQueries));
    readFlags(fields, kScopeFlags, view);
    return view;
}

Json toJson(const FigureParts& parts)
{
    Json json = Json::object();
    for (const auto& [name, flag] : kParts)
        json[name] = parts.*flag;
    return json;
}

FigureParts figurePartsFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    FigureParts parts;
    readFlags(fields, kParts, parts);
    return parts;
}

}  // namespace ketscope
