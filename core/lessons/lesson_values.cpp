// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lessons/lesson_values.h"

#include "core/attention/mechanism.h"
#include "core/lessons/lesson_acts.h"
#include "core/measures/measures.h"
#include "core/study/grid_measures.h"
#include "core/study/sanity_check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kPrevious = "previous";
constexpr std::array<std::string_view, 9> kPlain = {"stack", "layer",       "head", "query",    "key",
                                                    "seed",  "perspective", "text", "mechanism"};
constexpr std::array<std::string_view, 2> kSanityRuns = {"shuffled", "noise"};  // how their titles begin
constexpr std::array<std::string_view, 3> kAnswers = {"answer", "answer.probability.a", "answer.probability.b"};
constexpr std::array<std::string_view, 8> kCells = {"cell.a",        "cell.b",        "cell.difference",
                                                    "cell.error",    "row.entropy.a", "row.entropy.b",
                                                    "row.largest.a", "row.largest.b"};

// "head.js" → "js" for the prefix "head."; empty when it does not begin so.
std::string_view after(std::string_view name, std::string_view prefix)
{
    return name.starts_with(prefix) ? name.substr(prefix.size()) : std::string_view();
}

bool isDivergence(std::string_view measure) { return measure == "js" || measure == "kl"; }

bool isParameter(std::string_view id)
{
    return std::ranges::any_of(mechanisms(), [&](const Mechanism* mechanism) {
        return std::ranges::any_of(mechanism->info().parameters, [&](const Parameter& one) { return one.id == id; });
    });
}

const Json* fieldOf(const Json& view, std::string_view path)
{
    const Json* at = &view;
    for (std::size_t from = 0; from <= path.size();) {
        const std::size_t dot = std::min(path.find('.', from), path.size());
        const std::string name(path.substr(from, dot - from));
        if (!at->is_object() || !at->contains(name))
            return nullptr;
        at = &at->at(name);
        from = dot + 1;
    }
    return at->is_primitive() && !at->is_null() ? at : nullptr;
}

// The mean weight that queries give to the token before their own.
double previousMass(MatrixView map, std::span<const std::uint8_t> rows)
{
    double sum = 0.0;
    std::size_t count = 0;
    for (std::size_t row = 1; row < map.rows && row <= map.columns; ++row)
        if (rows.empty() || rows[row] != 0) {
            sum += map.row(row)[row - 1];
            ++count;
        }
    return count == 0 ? kNone : sum / static_cast<double>(count);
}

class Reader {
public:
    Reader(const LessonScene& scene, const Monitor& monitor) : m_scene(scene), m_monitor(monitor) {}

    std::optional<LessonValue> value(std::string_view name) const
    {
        if (const auto plain = plainValue(name))
            return plain;
        if (const std::string_view id = after(name, "parameter."); !id.empty())
            return parameterValue(id);
        if (const std::string_view path = after(name, "view."); !path.empty())
            return viewValue(path);
        if (const std::string_view id = after(name, "exhibit."); !id.empty())
            return exhibitValue(id);
        if (const std::string_view deed = after(name, "done."); !deed.empty())
            return m_scene.done.contains(std::string(deed)) ? 1.0 : 0.0;
        if (!m_scene.comparison)
            return std::nullopt;
        if (const std::string_view run = after(name, "sanity."); !run.empty())
            return sanityValue(run);
        if (name.starts_with("answer"))
            return answerValue(name);
        if (const std::string_view measure = after(name, "rank."); !measure.empty())
            return rank(std::string(measure));
        if (const std::string_view measure = after(name, "head."); !measure.empty())
            return headValue(std::string(measure));
        return cellValue(name);
    }

private:
    std::optional<LessonValue> plainValue(std::string_view name) const
    {
        const Study& study = m_scene.study;
        const Selection& at = study.selection;
        const std::pair<std::string_view, std::size_t> places[] = {{"stack", at.stack}, {"layer", at.layer},
                                                                   {"head", at.head},   {"query", at.query},
                                                                   {"key", at.key},     {"seed", study.seed}};
        for (const auto& [known, place] : places)
            if (known == name)
                return static_cast<double>(place);
        if (name == "perspective")
            return study.perspective.empty() ? std::string("heatmap") : study.perspective;
        if (name == "text")
            return study.input.text.value_or("");
        if (name == "mechanism" && entry() != nullptr)
            return entry()->mechanism->info().id;
        return std::nullopt;
    }

    const PlanEntry* entry() const
    {
        const auto& candidates = m_scene.study.candidates;
        return candidates.empty() || candidates[0].entries.empty() ? nullptr : &candidates[0].entries[0];
    }

    std::optional<LessonValue> sanityValue(std::string_view run) const
    {
        if (const auto check = m_scene.comparison->alignments->sanity(*m_scene.comparison))
            for (const SanityRun& each : check->runs)
                if (each.title.starts_with(run))
                    if (const auto distance = meanDistance(each, *m_scene.comparison))
                        return *distance;
        return std::nullopt;
    }

    std::optional<LessonValue> parameterValue(std::string_view id) const
    {
        if (entry() == nullptr)
            return std::nullopt;
        for (const Parameter& one : entry()->parameters.definitions()) {
            if (one.id != id)
                continue;
            const bool isNumber = one.kind == ParameterKind::Integer || one.kind == ParameterKind::Real;
            const std::string text = entry()->parameters.text(id);
            return isNumber ? LessonValue(std::stod(text)) : LessonValue(text);
        }
        return std::nullopt;
    }

    std::optional<LessonValue> viewValue(std::string_view path) const
    {
        const Json view = toJson(m_scene.study.view);
        const Json* field = fieldOf(view, path);
        if (field == nullptr)
            return std::nullopt;
        if (field->is_string())
            return field->get<std::string>();
        return field->is_boolean() ? (field->get<bool>() ? 1.0 : 0.0) : field->get<double>();
    }

    std::optional<LessonValue> exhibitValue(std::string_view id) const
    {
        if (m_scene.exhibit == nullptr)
            return std::nullopt;
        if (const auto control = m_scene.state.find(id); control != m_scene.state.end())
            return control->second;
        for (const ExhibitReading& reading : m_scene.exhibit->compute(m_scene.state).readings)
            if (reading.id == id)
                return reading.value;
        return std::nullopt;
    }

    // What A answers first, and how probable it is.
    std::optional<LessonValue> answerValue(std::string_view name) const
    {
        const OutputTable table = outputTable(*m_scene.comparison, 1);
        if (table.rows.empty())
            return std::nullopt;
        if (name == "answer")
            return table.rows.front().label;
        const std::size_t trace = name.ends_with(".b") ? 1 : 0;
        const auto& probabilities = table.rows.front().probability;
        return trace < probabilities.size() ? std::optional<LessonValue>(probabilities[trace]) : std::nullopt;
    }

    std::size_t place() const
    {
        const Selection& at = m_scene.study.selection;
        return at.layer * m_scene.comparison->model.stacks.at(at.stack).heads + at.head;
    }

    // 1 = the largest of the stack.
    std::optional<LessonValue> rank(const std::string& measure) const
    {
        const auto values = lessonMeasure(*m_scene.comparison, measure, m_scene.study.selection.stack, m_monitor);
        const double own = values.at(place());
        if (std::isnan(own))
            return std::nullopt;
        return 1.0 + static_cast<double>(std::ranges::count_if(values, [&](double value) { return value > own; }));
    }

    // "js", "kl", or "entropy.b".
    std::optional<LessonValue> headValue(const std::string& name) const
    {
        const Comparison& comparison = *m_scene.comparison;
        const std::size_t stack = m_scene.study.selection.stack;
        if (isDivergence(name))
            return lessonMeasure(comparison, name, stack, m_monitor).at(place());
        const std::size_t trace = name.ends_with(".b") ? 1 : 0;
        const std::string measure = name.substr(0, name.size() - 2);
        if (trace >= comparison.traces.size())
            return std::nullopt;
        if (measure == "error")
            return meanStandardErrors(comparison, stack, trace).at(place());
        if (measure == kPrevious)
            return previousMass(map(trace), maskOf(comparison, stack)->queries);
        return gridValues(comparison, gridMeasure(measure), stack, trace, 0, m_monitor).at(place());
    }

    MatrixView map(std::size_t trace) const
    {
        const Selection& at = m_scene.study.selection;
        const TensorPointer& maps = m_scene.comparison->traces.at(trace)->stacks.at(at.stack).attention.at(at.layer);
        return maps ? maps->matrix({at.head}) : MatrixView();
    }

    std::optional<LessonValue> cellValue(std::string_view name) const
    {
        const Selection& at = m_scene.study.selection;
        const auto cell = [&](std::size_t trace) -> double {
            const MatrixView values = trace < m_scene.comparison->traces.size() ? map(trace) : MatrixView();
            return at.query < values.rows && at.key < values.columns ? values.row(at.query)[at.key] : kNone;
        };
        if (name == "cell.difference")
            return cell(1) - cell(0);
        const std::size_t trace = name.ends_with(".b") ? 1 : 0;
        if (name.starts_with("cell.") && name != "cell.error")
            return cell(trace);
        if (std::isnan(cell(trace)))
            return std::nullopt;
        const auto row = map(trace).row(at.query);
        if (name.starts_with("row.entropy."))
            return entropy(row);
        if (name.starts_with("row.largest."))
            return static_cast<double>(*std::ranges::max_element(row));
        const auto& traces = m_scene.comparison->traces;
        const auto& errors = traces.at(traces.size() - 1)->stacks.at(at.stack).standardError;
        return at.layer < errors.size() && errors[at.layer]
                   ? LessonValue(static_cast<double>(errors[at.layer]->matrix({at.head}).row(at.query)[at.key]))
                   : LessonValue(kNone);
    }

    const LessonScene& m_scene;
    const Monitor& m_monitor;
};

bool isHeadName(std::string_view name)
{
    if (isDivergence(name))
        return true;
    if (!name.ends_with(".a") && !name.ends_with(".b"))
        return false;
    const std::string_view measure = name.substr(0, name.size() - 2);
    return measure == "error" || (isLessonMeasure(measure) && !isDivergence(measure));
}

bool isExhibitName(std::string_view id, const ExhibitType* exhibit)
{
    if (exhibit == nullptr)
        return false;
    const auto readings = exhibit->compute(exhibit->initial()).readings;
    return exhibit->hasControl(id) || std::ranges::find(readings, id, &ExhibitReading::id) != readings.end();
}

}  // namespace

bool isLessonMeasure(std::string_view measure)
{
    return measure == kPrevious || std::ranges::find(gridMeasures(), measure, &GridMeasure::id) != gridMeasures().end();
}

std::vector<double> lessonMeasure(const Comparison& comparison, const std::string& measure, std::size_t stack,
                                  const Monitor& monitor)
{
    if (measure != kPrevious) {
        const std::size_t trace = isDivergence(measure) ? std::min<std::size_t>(1, comparison.traces.size() - 1) : 0;
        return gridValues(comparison, gridMeasure(measure), stack, trace, 0, monitor);
    }
    const StackInfo& info = comparison.model.stacks.at(stack);
    std::vector<double> values(info.layers * info.heads, kNone);
    const auto mask = maskOf(comparison, stack);
    for (std::size_t i = 0; i < values.size(); ++i)
        if (const TensorPointer& maps = comparison.traces.front()->stacks.at(stack).attention.at(i / info.heads))
            values[i] = previousMass(maps->matrix({i % info.heads}), mask->queries);
    return values;
}

bool isLessonName(std::string_view name, const ExhibitType* exhibit)
{
    if (std::ranges::find(kPlain, name) != kPlain.end() || std::ranges::find(kCells, name) != kCells.end()
        || std::ranges::find(kAnswers, name) != kAnswers.end())
        return true;
    if (const std::string_view id = after(name, "parameter."); !id.empty())
        return isParameter(id);
    if (const std::string_view path = after(name, "view."); !path.empty())
        return fieldOf(toJson(ViewSettings()), path) != nullptr;
    if (const std::string_view id = after(name, "exhibit."); !id.empty())
        return isExhibitName(id, exhibit);
    if (const std::string_view deed = after(name, "done."); !deed.empty())
        return std::ranges::find(lessonDeeds(), deed) != lessonDeeds().end();
    if (const std::string_view run = after(name, "sanity."); !run.empty())
        return std::ranges::find(kSanityRuns, run) != kSanityRuns.end();
    if (const std::string_view measure = after(name, "rank."); !measure.empty())
        return isLessonMeasure(measure);
    const std::string_view measure = after(name, "head.");
    return !measure.empty() && isHeadName(measure);
}

LessonValues lessonValues(const LessonScene& scene, const std::vector<std::string>& names, const Monitor& monitor)
{
    LessonValues values;
    const Reader reader(scene, monitor);
    for (const std::string& name : names) {
        monitor.check();
        if (name.starts_with(kAtStart))
            continue;
        if (const auto value = reader.value(name))
            values[name] = *value;
    }
    return values;
}

}  // namespace ketscope
