// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/sweep.h"

#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/input_options.h"
#include "core/measures/number_text.h"
#include "core/study/idle_parameters.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

struct SweepOptions {
    CommonOptions common;
    InputOptions input;
    std::string compare;
    std::vector<std::string> vary;
    std::size_t seeds = 10;
    std::string out;
};

std::string sweepText(const Sweep& sweep)
{
    TableRow head = {"row"};
    for (const SweepAxis& axis : sweep.request.axes)
        head.push_back(axis.parameter);
    for (const SweepMeasure& measure : sweepMeasures())
        head.push_back(measure.unit.empty() ? measure.id : measure.id + " [" + measure.unit + "]");
    std::vector<TableRow> rows = {head};
    bool published = false;
    for (const SweepRow& row : sweep.rows) {
        published = published || row.published;
        TableRow line = {row.label + (row.published ? " *" : "")};
        for (std::size_t i = 0; i < sweep.request.axes.size(); ++i)
            line.push_back(row.values.empty() ? "" : row.values[i]);
        for (const Interval& measure : row.measures)
            line.push_back(intervalText(measure));
        rows.push_back(std::move(line));
    }
    const std::string scope = sweep.request.seeds > 1 ? "mean ± half of the 95 % interval over "
                                                            + std::to_string(sweep.request.seeds) + " seeds"
                                                      : std::string("one seed, so without intervals");
    std::string text =
        formatSpec(sweep.request.candidate) + ", " + scope + "\n\n" + formatTable(rows, 1 + sweep.request.axes.size());
    if (!sweep.question.empty())
        text += "\n" + sweep.question + ": the exact model's first answer is " + sweep.topAnswer + "\n";
    return text + (published ? "\n* as published, faults included: see ketscope mechanisms\n" : "");
}

Json numberJson(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json sweepJson(const Sweep& sweep)
{
    Json rows = Json::array();
    for (const SweepRow& row : sweep.rows) {
        Json values = Json::object();
        for (std::size_t i = 0; i < row.values.size(); ++i)
            values[sweep.request.axes[i].parameter] = row.values[i];
        Json measures = Json::object();
        for (std::size_t k = 0; k < row.measures.size(); ++k)
            measures[sweepMeasures()[k].id] = {{"mean", numberJson(row.measures[k].mean)},
                                               {"low", numberJson(row.measures[k].low)},
                                               {"high", numberJson(row.measures[k].high)}};
        rows.push_back({{"row", row.label},
                        {"values", values},
                        {"runs", row.runs},
                        {"as_published", row.published},
                        {"measures", measures}});
    }
    return {{"model", sweep.model.path.string()}, {"candidate", formatSpec(sweep.request.candidate)},
            {"seed", sweep.request.study.seed},   {"question", sweep.question},
            {"top_answer", sweep.topAnswer},      {"rows", rows}};
}

// What the candidate changes in vain whatever the values are.
std::vector<std::string> idleChangesOf(const SweepRequest& request, const ModelInfo& model)
{
    std::vector<std::string> lines = idleChanges(request.candidate, model);
    for (const SweepAxis& axis : request.axes)
        for (const std::string& value : axis.values) {
            PlanEntry changed = request.candidate;
            changed.parameters.setText(axis.parameter, value);
            const std::vector<std::string> still = idleChanges(changed, model);
            std::erase_if(lines,
                          [&](const std::string& line) { return std::ranges::find(still, line) == still.end(); });
        }
    return lines;
}

void sweep(const SweepOptions& options)
{
    SweepRequest request{studyOf(options.input, options.common.seed), parseSpec(options.compare), {}, options.seeds};
    for (const std::string& axis : options.vary)
        request.axes.push_back(parseAxis(axis));
    if (!options.out.empty())
        checkOutput(options.out, {".csv", ".h5"});
    ConsoleMonitor monitor(options.common.quiet);
    const std::shared_ptr<const LoadedModel> model = loadModel(options.input.model, monitor);
    const Sweep result = runSweep(request, *model, options.common.threads, monitor);
    if (!options.out.empty())
        writeSweep(result, options.out);
    if (options.common.json)
        printJson(sweepJson(result));
    else
        std::cout << sweepText(result);
    printNotices(idleChangesOf(request, model->model->info()), options.common.quiet);
}

}  // namespace

void addSweep(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("sweep", "Vary a mechanism's parameters, over several seeds");
    const auto options = std::make_shared<SweepOptions>();
    addInputOptions(*command, options->input);
    command
        ->add_option("--compare", options->compare, "Candidate: id[:param=value,…][@stack=text;layers=4-5;heads=0,3]")
        ->required();
    command->add_option("--vary", options->vary, "Parameter and values: shots=16,64,256; repeat for a grid")
        ->required()
        ->allow_extra_args(false);
    command->add_option("--seeds", options->seeds, "Runs with different seeds for each value (default 10)");
    command->add_option("--out", options->out, "Table to write (.csv or .h5)");
    addCommonOptions(*command, options->common);
    command->callback([options] { sweep(*options); });
}

}  // namespace ketscope
