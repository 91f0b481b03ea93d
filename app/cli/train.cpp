// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trainer.h"

#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "core/base/parallel.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

struct TrainOptions {
    CommonOptions common;
    std::string recipe;
    std::string out;
    std::string data;
    std::size_t stopAfter = 0;
    bool seeded = false;  // whether the seed is given here, in place of the recipe's
};

std::string resultText(const TrainingResult& result)
{
    std::vector<TableRow> rows = {{"set", "examples", "loss [nats]", "accuracy"}};
    for (const Figures& figures : result.figures)
        rows.push_back({figures.set, groupedNumber(figures.examples), fixedNumber(figures.loss, 4),
                        fixedNumber(figures.accuracy, 4)});
    std::string text = groupedNumber(result.parameters) + " trained parameters";
    if (result.secondsPerStep > 0.0)
        text += ", " + fixedNumber(result.secondsPerStep, 3) + " s a step";
    return text + "\n\n" + formatTable(rows, 1);
}

void train(const TrainOptions& options)
{
    Recipe recipe = readRecipe(options.recipe, options.data);
    if (options.seeded)
        recipe.seed = options.common.seed;
    setThreads(options.common.threads);
    ConsoleMonitor monitor(options.common.quiet);
    try {
        const TrainingResult result =
            train(recipe, options.out, {.stopAfter = options.stopAfter, .watch = {}}, monitor);
        if (!options.common.json) {
            std::cout << resultText(result);
            return;
        }
        Json sets = Json::array();
        for (const Figures& figures : result.figures)
            sets.push_back({{"set", figures.set},
                            {"examples", figures.examples},
                            {"loss_nats", figures.loss},
                            {"accuracy", figures.accuracy}});
        printJson({{"parameters", result.parameters}, {"seconds_per_step", result.secondsPerStep}, {"sets", sets}});
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Cancelled)
            throw;
        fail({options.out, "to reach step " + std::to_string(recipe.schedule.steps), "that the run was stopped",
              "The same command goes on from where it is."});
    }
}

}  // namespace

void addTrain(CLI::App& program)
{
    CLI::App* command =
        program.add_subcommand("train", "Train a small model by a recipe, or go on where a run stopped");
    const auto options = std::make_shared<TrainOptions>();
    command->add_option("RECIPE", options->recipe, "Recipe (.json)")->required();
    command->add_option("--out", options->out, "Folder for the model, its curve and checkpoints")->required();
    command->add_option("--data", options->data, "Folder with the data, where the recipe's own is not there");
    command->add_option("--stop-after", options->stopAfter, "Steps to do now; the same command goes on (default all)");
    addCommonOptions(*command, options->common);
    command->callback([options, command] {
        options->seeded = command->get_option("--seed")->count() > 0;
        train(*options);
    });
}

}  // namespace ketscope
