// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/input_options.h"
#include "app/cli/report.h"
#include "core/base/parallel.h"
#include "core/study/output_errors.h"
#include "core/study/run_file.h"
#include "core/study/striking_selection.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

struct RunOptions {
    CommonOptions common;
    InputOptions input;
    std::vector<std::string> compare;
    std::string keepLayers;
    std::string out;
};

void run(const RunOptions& options)
{
    Study study = studyOf(options.input, options.common.seed);
    if (!options.compare.empty())
        study.candidates.clear();
    for (const std::string& spec : options.compare)
        study.candidates.push_back({{parseSpec(spec)}});
    if (!options.keepLayers.empty())
        study.keptLayers = parseIndexList(options.keepLayers, "layers");
    if (!options.out.empty())
        checkOutput(options.out, {".h5", ".ket"});
    setThreads(options.common.threads);
    ConsoleMonitor monitor(options.common.quiet);
    const std::shared_ptr<const LoadedModel> model = loadModel(options.input.model, monitor);
    const ComparisonPointer comparison = withOutputErrors(
        runStudy(study, *model, nullptr, options.common.threads, monitor), *model, options.common.threads, monitor);
    if (!options.out.empty()) {
        Comparison kept = *comparison;
        kept.study.selection = strikingSelection(kept);
        writeRunFile(kept, options.out, monitor);
    }
    if (options.common.json)
        printJson(comparisonJson(*comparison));
    else
        std::cout << comparisonText(*comparison);
    printNotices(comparisonNotices(*comparison), options.common.quiet);
}

}  // namespace

void addRun(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("run", "Compare mechanisms on one input");
    const auto options = std::make_shared<RunOptions>();
    addInputOptions(*command, options->input);
    command
        ->add_option("--compare", options->compare,
                     "Candidate: id[:param=value,…][@stack=text;layers=4-5;heads=0,3]; repeat for B, C, …")
        ->allow_extra_args(false);
    command->add_option("--keep-layers", options->keepLayers,
                        "Keep the maps of these layers only, to save memory: 0,4-5 (default: all)");
    command->add_option("--out", options->out, "Run file to write (.h5 or .ket)");
    addCommonOptions(*command, options->common);
    command->callback([options] { run(*options); });
}

}  // namespace ketscope
