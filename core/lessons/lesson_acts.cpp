// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lessons/lesson_acts.h"

#include "core/attention/mechanism.h"
#include "core/base/error.h"
#include "core/formats/json_fields.h"
#include "core/lessons/lesson_values.h"
#include "core/study/grid_measures.h"

#include <array>
#include <cmath>

namespace ketscope {

namespace {

constexpr std::array<std::string_view, 11> kKinds = {
    "select", "head", "parameter", "mechanism", "perspective", "text", "candidates", "seed", "view", "exhibit", "do"};
constexpr std::array<std::string_view, 5> kPlaces = {"stack", "layer", "head", "query", "key"};

void requireObject(const Json& value, const std::string& where)
{
    if (!value.is_object() || value.empty())
        refuse({where, "an object with at least one field", value.dump().substr(0, 40), ""});
}

void readSelect(LessonAct& act, const Json& value, const std::string& where)
{
    requireObject(value, where);
    const JsonFields fields(value, where);
    for (const auto& [name, place] : value.items()) {
        if (std::ranges::find(kPlaces, name) == kPlaces.end())
            refuse({where, "stack, layer, head, query or key", '"' + printable(name, 40) + '"', ""});
        act.settings.emplace_back(name, std::to_string(fields.whole<std::size_t>(name.c_str())));
    }
}

void readHead(LessonAct& act, const Json& value, const std::string& where)
{
    requireObject(value, where);
    act.largest = value.contains("largest");
    act.word = JsonFields(value, where).text(act.largest ? "largest" : "smallest");
    if (!isLessonMeasure(act.word))
        refuse({where, "a measure of heads", '"' + printable(act.word, 40) + '"', ""});
}

void readParameters(LessonAct& act, const Json& value, const std::string& where)
{
    requireObject(value, where);
    for (const auto& [name, setting] : value.items()) {
        if (!isLessonName("parameter." + name, nullptr))
            refuse({where, "a parameter of a mechanism", '"' + printable(name, 40) + '"', ""});
        if (!setting.is_number() && !setting.is_string())
            refuse({where + ", \"" + name + "\"", "a number or a text", setting.dump().substr(0, 40), ""});
        act.settings.emplace_back(name, setting.is_string() ? setting.get<std::string>()
                                                            : shortestNumber(setting.get<double>()));
    }
}

void readExhibit(LessonAct& act, const Json& value, const ExhibitType* exhibit, const std::string& where)
{
    requireObject(value, where);
    if (exhibit == nullptr)
        refuse({where, "an exhibit in this step", "none", "Name one with \"exhibit\"."});
    for (const auto& [name, setting] : value.items()) {
        const Parameter& control = exhibit->control(name);
        act.values.emplace_back(name,
                                JsonFields(value, where).numberIn(name.c_str(), control.minimum, control.maximum));
    }
}

void readView(LessonAct& act, const Json& value, const std::string& where)
{
    requireObject(value, where);
    // A field that no view has would stay in a merged one, and is missing from what is read from it.
    Json view = toJson(ViewSettings());
    view.merge_patch(value);
    const Json known = toJson(viewFromJson(view, where));
    for (const Json& change : Json::diff(view, known))
        if (change.at("op") == "remove")
            refuse(
                {where, "a setting of the view", '"' + printable(change.at("path").get<std::string>(), 40) + '"', ""});
    act.word = value.dump();
}

LessonAct actFromJson(const Json& json, const ExhibitType* exhibit, const std::string& where)
{
    if (!json.is_object() || json.size() != 1)
        refuse({where, "an object with one field: what is done", json.dump().substr(0, 60), ""});
    const std::string name = json.items().begin().key();
    const auto kind = std::ranges::find(kKinds, name);
    if (kind == kKinds.end())
        refuse({where, "select, head, parameter, mechanism, perspective, text, candidates, seed, view, exhibit or do",
                '"' + printable(name, 40) + '"', ""});
    LessonAct act{static_cast<LessonAct::Kind>(kind - kKinds.begin())};
    const JsonFields fields(json, where);
    const std::string inside = where + ", \"" + name + '"';
    const Json& value = json.at(name);
    switch (act.kind) {
    case LessonAct::Kind::Select: readSelect(act, value, inside); break;
    case LessonAct::Kind::Head: readHead(act, value, inside); break;
    case LessonAct::Kind::Parameter: readParameters(act, value, inside); break;
    case LessonAct::Kind::Exhibit: readExhibit(act, value, exhibit, inside); break;
    case LessonAct::Kind::View: readView(act, value, inside); break;
    case LessonAct::Kind::Seed: act.seed = fields.whole<std::uint64_t>("seed"); break;
    case LessonAct::Kind::Candidates:
        for (const std::string& spec : fields.texts("candidates"))
            act.candidates.push_back({{parseSpec(spec)}});
        break;
    case LessonAct::Kind::Do:
        act.word = lessonDeeds()[fields.oneOf(
            "do", std::vector<std::string_view>(lessonDeeds().begin(), lessonDeeds().end()))];
        break;
    case LessonAct::Kind::Mechanism: mechanism(fields.text("mechanism")); [[fallthrough]];
    case LessonAct::Kind::Perspective:
    case LessonAct::Kind::Text: act.word = fields.text(name.c_str()); break;
    }
    return act;
}

void select(Selection& selection, const LessonAct& act)
{
    std::size_t Selection::*const places[] = {&Selection::stack, &Selection::layer, &Selection::head, &Selection::query,
                                              &Selection::key};
    for (const auto& [name, place] : act.settings)
        selection.*places[std::ranges::find(kPlaces, name) - kPlaces.begin()] = std::stoul(place);
}

void selectHead(Selection& selection, const LessonAct& act, const Comparison* comparison)
{
    if (comparison == nullptr)
        refuse({"lesson", "a result to choose a head from", "none", ""});
    std::vector<double> values = lessonMeasure(*comparison, act.word, selection.stack, Monitor());
    if (!act.largest)
        for (double& value : values)
            value = -value;
    const auto places = largestPlaces(values, 1);
    if (places.empty())
        refuse({"lesson, \"" + act.word + '"', "a head with this measure", "none", ""});
    const std::size_t heads = comparison->model.stacks.at(selection.stack).heads;
    selection.layer = places.front() / heads;
    selection.head = places.front() % heads;
}

PlanEntry& firstEntry(Study& study)
{
    if (study.candidates.empty() || study.candidates[0].entries.empty())
        refuse({"lesson", "a candidate whose mechanism can be changed", "none", ""});
    return study.candidates[0].entries[0];
}

void apply(Study& study, const LessonAct& act, const Comparison* comparison)
{
    switch (act.kind) {
    case LessonAct::Kind::Select: return select(study.selection, act);
    case LessonAct::Kind::Head: return selectHead(study.selection, act, comparison);
    case LessonAct::Kind::Parameter:
        for (const auto& [name, value] : act.settings)
            firstEntry(study).parameters.setText(name, value);
        return;
    case LessonAct::Kind::Mechanism:
        firstEntry(study).mechanism = &mechanism(act.word);
        firstEntry(study).parameters = firstEntry(study).mechanism->defaults();
        return;
    case LessonAct::Kind::Perspective: study.perspective = act.word; return;
    case LessonAct::Kind::Text: study.input.text = act.word; return;
    case LessonAct::Kind::Candidates: study.candidates = act.candidates; return;
    case LessonAct::Kind::Seed: study.seed = act.seed; return;
    case LessonAct::Kind::View: {
        Json view = toJson(study.view);
        view.merge_patch(Json::parse(act.word));
        study.view = viewFromJson(view, "lesson, \"view\"");
        return;
    }
    case LessonAct::Kind::Exhibit:
    case LessonAct::Kind::Do: return;
    }
}

}  // namespace

const std::vector<std::string>& lessonDeeds()
{
    static const std::vector<std::string> all = {"export", "sanity", "relevance"};
    return all;
}

LessonActs lessonActsFromJson(const Json& json, const ExhibitType* exhibit, const std::string& where)
{
    if (!json.is_array())
        refuse({where, "a list of acts", json.type_name(), ""});
    LessonActs acts;
    for (const Json& act : json)
        acts.push_back(actFromJson(act, exhibit, where));
    return acts;
}

Study afterActs(Study study, const LessonActs& acts, const Comparison* comparison)
{
    for (const LessonAct& act : acts)
        apply(study, act, comparison);
    return study;
}

ExhibitState afterActs(ExhibitState state, const ExhibitType& exhibit, const LessonActs& acts)
{
    for (const LessonAct& act : acts)
        for (const auto& [name, value] : act.values)
            state = exhibit.with(std::move(state), name, value);
    return state;
}

std::vector<std::string> deedsOf(const LessonActs& acts)
{
    std::vector<std::string> deeds;
    for (const LessonAct& act : acts)
        if (act.kind == LessonAct::Kind::Do)
            deeds.push_back(act.word);
    return deeds;
}

}  // namespace ketscope
