// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/render_options.h"
#include "core/base/error.h"
#include "core/study/batch.h"
#include "core/study/compared_pair.h"
#include "core/study/run_file.h"
#include "core/study/selected_head.h"
#include "viz/picture.h"

#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

namespace fs = std::filesystem;

// What one input becomes.
struct Outputs {
    fs::path figure;
    fs::path run;  // empty = not kept

    bool areThere() const { return fs::exists(figure) && (run.empty() || fs::exists(run)); }
};

Outputs outputsOf(const BatchItem& item, const RenderOptions& options)
{
    const fs::path base = fs::path(options.outFolder) / item.name;
    return {base.string() + "." + options.format, options.keepRuns ? fs::path(base.string() + ".h5") : fs::path()};
}

void makeFolder(const fs::path& folder)
{
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (!fs::is_directory(folder))
        fail({folder.string(), "a folder that can be made", problem.message(), "Choose another one."});
}

void renderOne(const BatchItem& item, const std::shared_ptr<const LoadedModel>& model, const Outputs& outputs,
               const RenderOptions& options, Monitor& monitor)
{
    const ComparisonPointer run = runFor(withPicture(item.study), *model, options, monitor);
    auto comparison = std::make_shared<Comparison>(*run);
    comparison->loaded = model;
    comparison->study.selection = clamped(comparison->study.selection, *comparison);
    comparison->study.selection = selectionOf(*comparison, options);
    applyScope(*comparison, options);
    if (!options.traces.empty())
        readComparedTraces(options.traces, comparison->traces.size(), "--traces", comparison->study.view.compared);
    prepareMaps(*comparison, options, monitor);
    const std::unique_ptr<Composition> figure = makePage(comparison, pageOf(options));
    checkPresence(*figure);
    exportFigure(*figure, *comparison, outputs.figure, fileOptions(*comparison, options));
    if (!outputs.run.empty())
        writeRunFile(*comparison, outputs.run, monitor);
}

}  // namespace

void renderBatch(const Comparison& study, const RenderOptions& options, Monitor& monitor)
{
    const std::shared_ptr<const LoadedModel> model = loadModelOf(study, monitor);
    if (model == nullptr)
        refuse({options.study, "a study whose model is where it was, with the same weights",
                study.study.modelPath.empty() ? "no model" : study.study.modelPath, "Make it again with the model."});
    const std::vector<BatchItem> items = shardOf(batchItems(options.inputs, study.study, model->model->info()),
                                                 options.shard.empty() ? Shard() : parseShard(options.shard));
    makeFolder(options.outFolder);
    std::size_t made = 0, there = 0;
    std::vector<std::string> failures;
    QuietMonitor quietly(monitor);
    for (std::size_t i = 0; i < items.size(); ++i) {
        monitor.check();
        monitor.progress(static_cast<double>(i) / static_cast<double>(items.size()),
                         "Input " + std::to_string(i + 1) + " of " + std::to_string(items.size()));
        const Outputs outputs = outputsOf(items[i], options);
        if (outputs.areThere()) {
            ++there;
            continue;
        }
        try {
            renderOne(items[i], model, outputs, options, quietly);
            ++made;
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::Cancelled)
                throw;
            failures.push_back(items[i].name + ": " + error.what());
            printError(failures.back());
        }
    }
    if (options.common.json)
        printJson({{"made", made}, {"there", there}, {"failed", failures}});
    else
        std::cout << options.outFolder << ": " << made << " made, " << there << " were there, " << failures.size()
                  << " failed\n";
    if (!failures.empty())
        fail(
            {options.inputs, "every input drawn", std::to_string(failures.size()) + " failed", "See the lines above."});
}

}  // namespace ketscope
