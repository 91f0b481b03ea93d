// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "core/base/parallel.h"
#include "core/measures/number_text.h"
#include "core/tasks/training_study.h"
#include "core/train/trainer.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

struct TrainOptions {
    CommonOptions common;
    std::string recipe;
    std::string out;
    std::string data;
    std::vector<std::string> variants;
    std::size_t steps = 0;  // 0: as the recipe says
    std::size_t stopAfter = 0;
    bool seeded = false;  // whether the seed is given here, in place of the recipe's
};

std::string resultText(const TrainingResult& result)
{
    std::vector<TableRow> rows = {{"set", "examples", "loss [nats]", "accuracy", "F1, macro"}};
    for (const Figures& figures : result.figures)
        rows.push_back({figures.set, groupedNumber(figures.examples), fixedNumber(figures.loss, 4),
                        fixedNumber(figures.accuracy, 4), fixedNumber(figures.f1, 4)});
    std::string text = groupedNumber(result.parameters) + " trained parameters";
    if (result.secondsPerStep > 0.0)
        text += ", " + fixedNumber(result.secondsPerStep, 3) + " s a step";
    return text + "\n\n" + formatTable(rows, 1);
}

void trainOne(const TrainOptions& options, const Recipe& recipe, ConsoleMonitor& monitor)
{
    const TrainingResult result = train(recipe, options.out, {.stopAfter = options.stopAfter, .watch = {}}, monitor);
    if (!options.common.json) {
        std::cout << resultText(result);
        return;
    }
    Json sets = Json::array();
    for (const Figures& figures : result.figures)
        sets.push_back(toJson(figures));
    printJson({{"parameters", result.parameters}, {"seconds_per_step", result.secondsPerStep}, {"sets", sets}});
}

// Titles of the times of steps that there are, by id.
std::vector<std::pair<std::string, std::string>> timesIn(const StudyResults& results)
{
    std::vector<std::pair<std::string, std::string>> times;
    for (const StudyStepTime& time : results.times)
        if (const std::pair one(time.id, time.title); std::ranges::find(times, one) == times.end())
            times.push_back(one);
    return times;
}

// A row for each run: the first set's figures, and how long a step takes.
std::string runsText(const StudyResults& results)
{
    const auto times = timesIn(results);
    TableRow head = {"Variant",  "Seed",     "Parameters", "Loss [nats]", "Less " + results.baseline + "'s",
                     "Accuracy", "F1, macro"};
    for (const auto& [id, title] : times)
        head.push_back("s a step, " + title);
    std::vector<TableRow> rows = {head};
    for (const StudyRun& run : results.runs) {
        const Figures figures = run.figures.empty() ? Figures() : run.figures.front();
        double less = std::nan("");
        for (const StudyRun* baseline : runsOf(results, results.baseline))
            if (baseline->seed == run.seed && !baseline->figures.empty())
                less = figures.loss - baseline->figures.front().loss;
        TableRow row = {run.variant + (run.asPublished ? " *" : "") + (run.seesFuture ? " †" : ""),
                        std::to_string(run.seed),
                        groupedNumber(run.parameters),
                        fixedNumber(figures.loss, 4),
                        std::isfinite(less) ? signedNumber(less, 4) : "–",
                        fixedNumber(figures.accuracy, 4),
                        fixedNumber(figures.f1, 4)};
        for (const auto& [id, title] : times) {
            const auto found = std::ranges::find_if(results.times, [&, name = id](const StudyStepTime& time) {
                return time.id == name && time.variant == run.variant;
            });
            row.push_back(found == results.times.end() ? "–" : fixedNumber(found->seconds, 3));
        }
        rows.push_back(std::move(row));
    }
    return formatTable(rows, 1);
}

// A row for each figure of each stage and variant.
std::string figuresText(const StudyResults& results)
{
    std::vector<TableRow> rows = {{"Variant", "Stage", "Figure", "95 % interval", "Unit"}};
    for (const StudyFigure& each : results.figures)
        rows.push_back(
            {each.variant.empty() ? "–" : each.variant, each.stage, each.title, intervalText(each.value), each.unit});
    return formatTable(rows, 3);
}

void trainMany(const TrainOptions& options, const RecipeSeries& series, ConsoleMonitor& monitor)
{
    const StudyResults results =
        trainSeries(series, options.out, {.variants = options.variants, .stopAfter = options.stopAfter}, monitor);
    if (options.common.json) {
        printJson(toJson(results));
        return;
    }
    const auto any = [&](bool StudyRun::*flag) {
        return std::ranges::find(results.runs, true, flag) != results.runs.end();
    };
    std::cout << results.title << ": " << results.steps << " steps of " << results.batch << ", figures of the set "
              << (results.runs.empty() || results.runs.front().figures.empty()
                      ? std::string("–")
                      : results.runs.front().figures.front().set)
              << "\n\n"
              << runsText(results);
    if (any(&StudyRun::asPublished))
        std::cout << "* as published, faults included: see ketscope mechanisms\n";
    if (any(&StudyRun::seesFuture))
        std::cout << "† later tokens reach earlier ones: the loss says nothing of foresight\n";
    if (!results.figures.empty())
        std::cout << "\n" << figuresText(results);
    if (!results.complete)
        std::cout << "Some runs are missing: the same command without --variant makes them.\n";
}

void train(const TrainOptions& options)
{
    Json json = readJsonFile(options.recipe);
    RecipeChanges changes;
    if (options.seeded)
        changes.seed = options.common.seed;
    if (options.steps > 0)
        changes.steps = options.steps;
    changes.apply(json);
    const bool many = isSeries(json);
    if (!many && !options.variants.empty())
        refuse({"--variant", "a recipe with variants", "one without", ""});
    setThreads(options.common.threads);
    ConsoleMonitor monitor(options.common.quiet);
    try {
        if (many)
            trainMany(options, seriesFromJson(std::move(json), options.recipe, options.data), monitor);
        else
            trainOne(options, recipeFromJson(std::move(json), options.recipe, options.data), monitor);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Cancelled)
            throw;
        fail({options.out, "to train to the end", "that the run was stopped",
              "The same command goes on from where it is."});
    }
}

}  // namespace

void addTrain(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("train", "Train small models by a recipe, or go on where a run stopped");
    const auto options = std::make_shared<TrainOptions>();
    command->add_option("RECIPE", options->recipe, "Recipe (.json)")->required();
    command
        ->add_option("--out", options->out, "Folder for the model, its curve and checkpoints; with variants, one each")
        ->required();
    command->add_option("--data", options->data, "Folder with the data, where the recipe's own is not there");
    command->add_option("--variant", options->variants, "Only these variants of the recipe: v1 or v1,v3")
        ->delimiter(',');
    command->add_option("--steps", options->steps, "Steps in place of the recipe's, for a short try")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1000000000}));
    command->add_option("--stop-after", options->stopAfter, "Steps to do now; the same command goes on (default all)");
    addCommonOptions(*command, options->common);
    command->get_option("--seed")->description("Seed of everything random (default the recipe's)");
    command->callback([options, command] {
        options->seeded = command->get_option("--seed")->count() > 0;
        train(*options);
    });
}

}  // namespace ketscope
