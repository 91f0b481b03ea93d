// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/study_results.h"

#include "core/attention/parameter.h"
#include "core/base/error.h"
#include "core/formats/csv.h"
#include "core/formats/json_fields.h"

#include <cmath>
#include <limits>

namespace ketscope {

namespace {

constexpr const char* kFormat = "ketscope-training-study";
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

// Numbers that are not finite are null in JSON.
double numberOf(const JsonFields& fields, const char* name)
{
    constexpr double kMost = std::numeric_limits<double>::max();
    return fields.at(name).is_null() ? kNothing : fields.numberIn(name, -kMost, kMost);
}

const Json& listOf(const JsonFields& fields, const char* name, const std::string& where)
{
    const Json& list = fields.at(name);
    if (!list.is_array())
        refuse({where + ", \"" + name + "\"", "a list", list.type_name(), ""});
    return list;
}

Json toJson(const StudyRun& run)
{
    Json sets = Json::array();
    for (const Figures& figures : run.figures)
        sets.push_back(toJson(figures));
    return {{"variant", run.variant},
            {"title", run.title},
            {"seed", run.seed},
            {"as_published", run.asPublished},
            {"sees_future", run.seesFuture},
            {"parameters", run.parameters},
            {"sets", std::move(sets)}};
}

StudyRun runFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    StudyRun run{fields.text("variant"),
                 fields.text("title"),
                 fields.whole<std::uint64_t>("seed"),
                 fields.flag("as_published"),
                 fields.flag("sees_future"),
                 fields.whole<std::size_t>("parameters"),
                 {}};
    for (const Json& set : listOf(fields, "sets", where))
        run.figures.push_back(figuresFromJson(set, where));
    return run;
}

Json toJson(const StudyFigure& figure)
{
    return {{"variant", figure.variant}, {"stage", figure.stage},   {"id", figure.id},
            {"title", figure.title},     {"unit", figure.unit},     {"scope", figure.scope},
            {"mean", figure.value.mean}, {"low", figure.value.low}, {"high", figure.value.high}};
}

StudyFigure figureFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    return {fields.text("variant"),
            fields.text("stage"),
            fields.text("id"),
            fields.text("title"),
            fields.text("unit"),
            fields.text("scope"),
            {numberOf(fields, "mean"), numberOf(fields, "low"), numberOf(fields, "high")}};
}

const Figures* setOf(const StudyRun& run, std::size_t set)
{
    return set < run.figures.size() ? &run.figures[set] : nullptr;
}

const StudyRun* baselineOf(const StudyResults& results, std::uint64_t seed)
{
    for (const StudyRun* run : runsOf(results, results.baseline))
        if (run->seed == seed)
            return run;
    return nullptr;
}

std::string numberText(double value) { return std::isfinite(value) ? shortestNumber(value) : std::string(); }

// The sets of all runs by name, in the order of the first run that has them.
std::vector<std::string> setsOf(const StudyResults& results)
{
    std::vector<std::string> names;
    for (const StudyRun& run : results.runs)
        for (const Figures& figures : run.figures)
            if (std::ranges::find(names, figures.set) == names.end())
                names.push_back(figures.set);
    return names;
}

std::vector<std::string> timesOf(const StudyResults& results)
{
    std::vector<std::string> ids;
    for (const StudyStepTime& time : results.times)
        if (std::ranges::find(ids, time.id) == ids.end())
            ids.push_back(time.id);
    return ids;
}

std::string csvLine(const StudyResults& results, const StudyRun& run)
{
    std::string line = csvField(run.variant) + ',' + csvField(run.title) + ',' + std::to_string(run.seed) + ','
                       + (run.asPublished ? "yes" : "no") + ',' + (run.seesFuture ? "yes" : "no") + ','
                       + std::to_string(run.parameters) + ',' + std::to_string(results.steps);
    for (const std::string& name : setsOf(results)) {
        const auto found = std::ranges::find(run.figures, name, &Figures::set);
        for (double Figures::*const value : {&Figures::loss, &Figures::accuracy, &Figures::f1})
            line += ',' + (found == run.figures.end() ? "" : numberText((*found).*value));
    }
    const StudyRun* const baseline = baselineOf(results, run.seed);
    const bool both = baseline != nullptr && setOf(run, 0) != nullptr && setOf(*baseline, 0) != nullptr;
    line += ',' + (both ? numberText(setOf(run, 0)->loss - setOf(*baseline, 0)->loss) : "");
    for (const std::string& id : timesOf(results)) {
        const auto found = std::ranges::find_if(
            results.times, [&](const StudyStepTime& time) { return time.id == id && time.variant == run.variant; });
        line += ',' + (found == results.times.end() ? "" : numberText(found->seconds));
    }
    return line + '\n';
}

}  // namespace

Json toJson(const StudyResults& results)
{
    Json json = {{"format", kFormat},
                 {"version", 1},
                 {"id", results.id},
                 {"title", results.title},
                 {"objective", results.objective},
                 {"steps", results.steps},
                 {"batch", results.batch},
                 {"data", results.data},
                 {"baseline", results.baseline},
                 {"complete", results.complete},
                 {"runs", Json::array()},
                 {"step_times", Json::array()},
                 {"figures", Json::array()}};
    for (const StudyRun& run : results.runs)
        json["runs"].push_back(toJson(run));
    for (const StudyStepTime& time : results.times)
        json["step_times"].push_back({{"variant", time.variant},
                                      {"id", time.id},
                                      {"title", time.title},
                                      {"steps", time.steps},
                                      {"seconds", time.seconds}});
    for (const StudyFigure& figure : results.figures)
        json["figures"].push_back(toJson(figure));
    return json;
}

StudyResults studyResultsFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    if (fields.text("format") != kFormat || fields.whole<int>("version") != 1)
        refuse({where, std::string("format \"") + kFormat + "\", version 1", "another", ""});
    StudyResults results;
    results.id = fields.text("id");
    results.title = fields.text("title");
    results.objective = fields.text("objective");
    results.steps = fields.whole<std::size_t>("steps");
    results.batch = fields.whole<std::size_t>("batch");
    results.data = fields.texts("data");
    results.baseline = fields.text("baseline");
    results.complete = fields.flag("complete");
    for (const Json& run : listOf(fields, "runs", where))
        results.runs.push_back(runFromJson(run, where));
    for (const Json& each : listOf(fields, "step_times", where)) {
        const JsonFields time(each, where);
        results.times.push_back({time.text("variant"), time.text("id"), time.text("title"),
                                 time.whole<std::size_t>("steps"), numberOf(time, "seconds")});
    }
    for (const Json& figure : listOf(fields, "figures", where))
        results.figures.push_back(figureFromJson(figure, where));
    return results;
}

std::vector<const StudyRun*> runsOf(const StudyResults& results, const std::string& variant)
{
    std::vector<const StudyRun*> runs;
    for (const StudyRun& run : results.runs)
        if (run.variant == variant)
            runs.push_back(&run);
    return runs;
}

std::vector<std::string> variantsOf(const StudyResults& results)
{
    std::vector<std::string> ids;
    for (const StudyRun& run : results.runs)
        if (std::ranges::find(ids, run.variant) == ids.end())
            ids.push_back(run.variant);
    return ids;
}

Interval overSeeds(const StudyResults& results, const std::string& variant, double Figures::*value, std::size_t set)
{
    std::vector<double> values;
    for (const StudyRun* run : runsOf(results, variant))
        if (const Figures* figures = setOf(*run, set))
            values.push_back(figures->*value);
    return meanInterval(values);
}

Interval lessBaseline(const StudyResults& results, const std::string& variant, double Figures::*value, std::size_t set)
{
    std::vector<double> values;
    for (const StudyRun* run : runsOf(results, variant)) {
        const StudyRun* const baseline = baselineOf(results, run->seed);
        if (baseline != nullptr && setOf(*run, set) != nullptr && setOf(*baseline, set) != nullptr)
            values.push_back(setOf(*run, set)->*value - setOf(*baseline, set)->*value);
    }
    return meanInterval(values);
}

const StudyFigure* figureOf(const StudyResults& results, const std::string& variant, const std::string& stage,
                            const std::string& id)
{
    for (const StudyFigure& figure : results.figures)
        if (figure.variant == variant && figure.stage == stage && figure.id == id)
            return &figure;
    return nullptr;
}

std::string comparisonCsv(const StudyResults& results)
{
    std::string text = "variant,title,seed,as_published,sees_future,parameters,steps";
    for (const std::string& set : setsOf(results))
        for (const char* value : {" loss_nats", " accuracy", " f1"})
            text += ',' + csvField(set + value);
    text += ",loss_less_baseline_nats";
    for (const std::string& id : timesOf(results))
        text += ',' + csvField("seconds_per_step " + id);
    text += '\n';
    for (const StudyRun& run : results.runs)
        text += csvLine(results, run);
    return text;
}

std::string positionsCsv(const StudyResults& results)
{
    std::string text = "position";
    std::size_t positions = 0;
    for (const StudyRun& run : results.runs) {
        text += ',' + csvField(run.variant + " seed " + std::to_string(run.seed));
        positions = std::max(positions, setOf(run, 0) == nullptr ? 0 : run.figures.front().lossAt.size());
    }
    if (positions == 0)
        return {};
    text += '\n';
    for (std::size_t at = 0; at < positions; ++at) {
        text += std::to_string(at);
        for (const StudyRun& run : results.runs) {
            const Figures* const figures = setOf(run, 0);
            text += ',' + (figures != nullptr && at < figures->lossAt.size() ? numberText(figures->lossAt[at]) : "");
        }
        text += '\n';
    }
    return text;
}

std::string figuresCsv(const StudyResults& results)
{
    std::string text = "variant,stage,figure,title,unit,scope,mean,low,high\n";
    for (const StudyFigure& each : results.figures)
        text += csvField(each.variant) + ',' + each.stage + ',' + csvField(each.id) + ',' + csvField(each.title) + ','
                + csvField(each.unit) + ',' + csvField(each.scope) + ',' + numberText(each.value.mean) + ','
                + numberText(each.value.low) + ',' + numberText(each.value.high) + '\n';
    return text;
}

std::string trainingScope(const StudyResults& results, const std::string& variant)
{
    std::string seeds;
    const std::vector<const StudyRun*> runs = runsOf(results, variant);
    for (const StudyRun* run : runs)
        seeds += (seeds.empty() ? "" : ", ") + std::to_string(run->seed);
    std::string data;
    for (const std::string& file : results.data)
        data += ", " + file;
    return std::to_string(results.steps) + " steps of " + std::to_string(results.batch)
           + (runs.size() == 1 ? ", seed " : ", seeds ") + seeds + (data.empty() ? ", generated data" : data);
}

}  // namespace ketscope
