// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/training_study.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/formats/json_fields.h"
#include "core/models/heads.h"
#include "core/tasks/after_training.h"
#include "core/tasks/timing.h"
#include "core/train/time_text.h"
#include "core/train/trainer.h"

#include <chrono>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

// Whether this is true of some head of the model in a folder.
bool anyHead(const ModelInfo& model, const std::function<bool(const StackInfo&, const HeadAssignment&)>& holds)
{
    for (const StackInfo& stack : model.stacks) {
        if (stack.own && holds(stack, *stack.own))
            return true;
        for (const auto& head : stack.ownHeads)
            if (head && holds(stack, *head))
                return true;
    }
    return false;
}

ModelInfo modelIn(const fs::path& folder)
{
    const ModelFiles files = openModelFiles(folder);
    return architectureOf(files).describe(files);
}

// The runs of a series in order.
struct PlannedRun {
    std::size_t variant = 0;
    std::uint64_t seed = 0;
    bool chosen = true;
};

std::vector<PlannedRun> plannedRuns(const RecipeSeries& series, const std::vector<std::string>& chosen)
{
    for (const std::string& id : chosen)
        if (std::ranges::find(series.variants, id, &RecipeVariant::id) == series.variants.end()) {
            std::string list;
            for (const RecipeVariant& each : series.variants)
                list += (list.empty() ? "" : ", ") + each.id;
            refuse({"--variant", list, "\"" + printable(id, 40) + "\"", ""});
        }
    std::vector<PlannedRun> runs;
    for (std::size_t i = 0; i < series.variants.size(); ++i)
        for (const std::uint64_t seed : series.variants[i].seeds)
            runs.push_back(
                {i, seed, chosen.empty() || std::ranges::find(chosen, series.variants[i].id) != chosen.end()});
    return runs;
}

// How far all runs are, and what time is left, from how long steps took.
class Pace {
public:
    void ran(std::size_t variant, double secondsPerStep)
    {
        if (secondsPerStep > 0.0)
            m_seconds[variant] = secondsPerStep;
    }

    // Seconds; the mean of what is known of the others where nothing is known of a variant.
    double step(std::size_t variant) const
    {
        if (const auto known = m_seconds.find(variant); known != m_seconds.end())
            return known->second;
        double sum = 0.0;
        for (const auto& [each, seconds] : m_seconds)
            sum += seconds;
        return m_seconds.empty() ? 0.0 : sum / static_cast<double>(m_seconds.size());
    }

private:
    std::map<std::size_t, double> m_seconds;
};

// One run's progress as a part of that of all, which each count as their share of the steps.
class RunMonitor final : public Monitor {
public:
    RunMonitor(Monitor& whole, std::string title, double before, double share,
               std::function<std::string(double)> timeLeft)
        : m_whole(whole), m_title(std::move(title)), m_before(before), m_share(share), m_timeLeft(std::move(timeLeft))
    {
    }
    bool cancelled() const noexcept override { return m_whole.cancelled(); }
    void progress(double fraction, std::string_view what) override
    {
        m_whole.progress(std::min(1.0, m_before + m_share * fraction),
                         m_title + ": " + std::string(what) + m_timeLeft(fraction));
    }

private:
    Monitor& m_whole;
    std::string m_title;
    double m_before;
    double m_share;
    std::function<std::string(double)> m_timeLeft;
};

class SeriesRun {
public:
    SeriesRun(const RecipeSeries& series, fs::path folder, const SeriesOptions& options, Monitor& monitor)
        : m_series(series), m_folder(std::move(folder)), m_monitor(monitor),
          m_runs(plannedRuns(series, options.variants)), m_stopAfter(options.stopAfter)
    {
        if (series.after)
            checkAfterTraining(*series.after, series.variants.front().recipe);
        const auto chosen = static_cast<double>(std::ranges::count(m_runs, true, &PlannedRun::chosen));
        m_share = kTraining / std::max(1.0, chosen);
        m_results = {series.id,
                     series.title,
                     std::string(objectiveName(first().objective)),
                     first().schedule.steps,
                     first().batch,
                     {},
                     series.variants[series.baseline].id,
                     false,
                     {},
                     {},
                     {}};
        for (const DataSource& source : first().sources)
            if (!source.testOnly)
                m_results.data.push_back(source.file.filename().string());
    }

    StudyResults run()
    {
        for (std::size_t i = 0; i < m_runs.size(); ++i)
            if (m_runs[i].chosen)
                train(i);
        collect();
        takeTimes();
        if (m_series.after)
            evaluateAfter();
        write();
        return std::move(m_results);
    }

private:
    static constexpr double kTraining = 0.9;  // of the progress; the rest is for times and evaluations

    const Recipe& first() const { return m_series.variants.front().recipe; }
    fs::path folderOf(const PlannedRun& run) const
    {
        return m_folder / m_series.variants[run.variant].folderOf(run.seed);
    }
    Recipe recipeOf(const PlannedRun& run) const { return m_series.variants[run.variant].withSeed(run.seed); }

    void train(std::size_t index)
    {
        const PlannedRun& run = m_runs[index];
        const RecipeVariant& variant = m_series.variants[run.variant];
        const Recipe recipe = recipeOf(run);
        const std::string title = variant.id + ", seed " + std::to_string(run.seed) + " (run "
                                  + std::to_string(index + 1) + " of " + std::to_string(m_runs.size()) + ")";
        if (const auto known = finishedRun(recipe, folderOf(run))) {
            m_pace.ran(run.variant, known->secondsPerStep);
            m_done += m_share;
            return;
        }
        if (m_stopAfter > 0 && m_stepsNow == m_stopAfter)
            throw Error::cancelled();
        const Clock::time_point start = Clock::now();
        std::size_t stepsOfRun = 0;
        RunMonitor monitor(m_monitor, title, m_done, m_share, [&](double) {
            if (stepsOfRun > 0)
                m_pace.ran(run.variant, std::chrono::duration<double>(Clock::now() - start).count()
                                            / static_cast<double>(stepsOfRun));
            return timeLeftAfter(index);
        });
        TrainingOptions options;
        options.stopAfter = m_stopAfter == 0 ? 0 : m_stopAfter - m_stepsNow;
        options.watch = [&](const CurvePoint&, const Model&) {
            ++stepsOfRun;
            ++m_stepsNow;
        };
        const TrainingResult result = ketscope::train(recipe, folderOf(run), options, monitor);
        m_pace.ran(run.variant, result.secondsPerStep);
        m_done += m_share;
        collect();
        write();
    }

    // "; 12 min left for the runs after it".
    std::string timeLeftAfter(std::size_t index) const
    {
        double seconds = 0.0;
        for (std::size_t i = index + 1; i < m_runs.size(); ++i)
            if (m_runs[i].chosen)
                seconds += m_pace.step(m_runs[i].variant) * static_cast<double>(m_results.steps);
        return seconds == 0.0 ? "" : "; " + timeText(seconds) + " for the runs after it";
    }

    // Every run that is complete, also of earlier calls.
    void collect()
    {
        m_results.runs.clear();
        for (const PlannedRun& run : m_runs) {
            std::optional<TrainingResult> result = finishedRun(recipeOf(run), folderOf(run));
            if (!result)
                continue;
            const RecipeVariant& variant = m_series.variants[run.variant];
            const ModelInfo model = modelIn(folderOf(run));
            StudyRun row{
                variant.id, variant.title, run.seed, false, false, result->parameters, std::move(result->figures)};
            row.asPublished = anyHead(model, [](const StackInfo&, const HeadAssignment& head) {
                return !publishedFaults(head.parameters).empty();
            });
            row.seesFuture = anyHead(model, [](const StackInfo& stack, const HeadAssignment& head) {
                return stack.causal && !head.mechanism->properties(head.parameters).causalSafe;
            });
            m_results.runs.push_back(std::move(row));
        }
        m_results.complete = m_results.runs.size() == m_runs.size();
    }

    bool isChosen(std::size_t variant) const
    {
        return std::ranges::any_of(m_runs, [&](const PlannedRun& run) { return run.variant == variant && run.chosen; });
    }

    // Times are kept in a file: they are taken once.
    void takeTimes()
    {
        const fs::path file = m_folder / "step_times.json";
        std::error_code error;
        Json known = fs::exists(file, error) ? readJsonFile(file) : Json();
        if (!known.is_object())
            known = Json::object();
        for (const StepTiming& timing : m_series.timings)
            for (const auto& [which, recipe] : timing.recipes) {
                const std::string id = m_series.variants[which].id;
                const std::string name = id + "/" + timing.id;
                const Json asked = {{"recipe", recipe.json}, {"steps", timing.steps}};
                if (!known.contains(name) || known[name].value("asked", Json()) != asked) {
                    if (!isChosen(which))
                        continue;
                    RunMonitor part(m_monitor, id + ", " + timing.title, m_done, 0.0, [](double) { return ""; });
                    known[name] = {{"asked", asked}, {"seconds", stepSeconds(recipe, timing.steps, part)}};
                    writeTextFile(file, known.dump(1) + "\n");
                }
                m_results.times.push_back({id, timing.id, timing.title, timing.steps,
                                           medianInterval(known[name].at("seconds").get<std::vector<double>>()).mean});
            }
    }

    void evaluateAfter()
    {
        std::vector<TrainedFolder> folders;
        for (const PlannedRun& run : m_runs) {
            std::error_code error;
            if (finishedRun(recipeOf(run), folderOf(run)))
                folders.push_back({run.variant, run.seed, folderOf(run)});
        }
        RunMonitor part(m_monitor, "Evaluation", m_done, 1.0 - m_done, [](double) { return ""; });
        m_results.figures = evaluateTrained(m_series, folders, m_folder, part);
    }

    void write() const
    {
        writeTextFile(m_folder / "comparison.json", toJson(m_results).dump(1) + "\n");
        writeTextFile(m_folder / "comparison.csv", comparisonCsv(m_results));
        if (const std::string positions = positionsCsv(m_results); !positions.empty())
            writeTextFile(m_folder / "positions.csv", positions);
        if (!m_results.figures.empty())
            writeTextFile(m_folder / "figures.csv", figuresCsv(m_results));
    }

    const RecipeSeries& m_series;
    fs::path m_folder;
    Monitor& m_monitor;
    std::vector<PlannedRun> m_runs;
    std::size_t m_stopAfter;
    StudyResults m_results;
    Pace m_pace;
    double m_share = 0.0;  // of one run
    double m_done = 0.0;
    std::size_t m_stepsNow = 0;
};

}  // namespace

StudyResults trainSeries(const RecipeSeries& series, const fs::path& folder, const SeriesOptions& options,
                         Monitor& monitor)
{
    return SeriesRun(series, folder, options, monitor).run();
}

}  // namespace ketscope
