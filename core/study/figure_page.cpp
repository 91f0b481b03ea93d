// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/figure_page.h"

#include "core/formats/json_fields.h"

#include <utility>

namespace ketscope {

namespace {

constexpr std::pair<const char*, bool FigurePage::*> kFlags[] = {
    {"letters", &FigurePage::letters}, {"crosshair", &FigurePage::crosshair}, {"caption", &FigurePage::caption},
    {"dark", &FigurePage::dark},       {"outlines", &FigurePage::outlines},
};

struct Size {
    const char* name;
    double FigurePage::*value;
    double least, most;
};
constexpr Size kSizes[] = {{"width_mm", &FigurePage::widthMm, 20.0, 1000.0},
                           {"dpi", &FigurePage::dpi, 36.0, 2400.0},
                           {"text_pt", &FigurePage::textPt, 3.0, 36.0}};

}  // namespace

Json toJson(const FigurePage& page)
{
    if (page.figures.empty())
        return Json::object();
    Json json{{"figures", page.figures}, {"arrangement", page.arrangement}, {"font", page.font}};
    for (const auto& [name, flag] : kFlags)
        json[name] = page.*flag;
    for (const Size& size : kSizes)
        json[size.name] = page.*size.value;
    return json;
}

FigurePage figurePageFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    FigurePage page;
    if (fields.has("figures"))
        page.figures = fields.texts("figures");
    if (fields.has("arrangement"))
        page.arrangement = kArrangements[fields.oneOf("arrangement", kArrangements)];
    if (fields.has("font"))
        page.font = fields.text("font");
    for (const auto& [name, flag] : kFlags)
        if (fields.has(name))
            page.*flag = fields.flag(name);
    for (const Size& size : kSizes)
        if (fields.has(size.name))
            page.*size.value = fields.numberIn(size.name, size.least, size.most);
    return page;
}

}  // namespace ketscope
