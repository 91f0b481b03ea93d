// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/figures.h"
#include "app/cli/paths.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/study/captured_attention.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

struct RenderOptions {
    CommonOptions common;
    std::string study;
    std::string figure = "heatmap";
    std::string out;
    std::string theme = "light";
    std::string stack;
    std::optional<std::size_t> layer;
    std::optional<std::size_t> head;
    std::optional<std::size_t> query;
    std::optional<std::size_t> key;
    ExportOptions file;
};

std::size_t within(std::size_t value, std::size_t count, const char* option)
{
    if (value >= count)
        refuse({option, count == 0 ? "nothing" : "0 to " + std::to_string(count - 1), std::to_string(value), ""});
    return value;
}

std::size_t stackIndex(const Trace& trace, const std::string& name)
{
    std::vector<std::string> names;
    for (const StackTrace& stack : trace.stacks) {
        if (stack.name == name)
            return names.size();
        names.push_back(stack.name);
    }
    refuse({"--stack", "one of " + joined(names, ", "), "\"" + name + "\"", ""});
}

// The selection of the study with what the options replace, checked against the maps that are there.
Selection selectionOf(const Comparison& comparison, const RenderOptions& options)
{
    Selection selection = comparison.study.selection;
    const Trace& trace = *comparison.traces.at(0);
    if (!options.stack.empty())
        selection.stack = stackIndex(trace, options.stack);
    const StackTrace& stack = trace.stacks.at(within(selection.stack, trace.stacks.size(), "--stack"));
    selection.layer = within(options.layer.value_or(selection.layer), stack.attention.size(), "--layer");
    if (stack.attention.at(selection.layer) == nullptr)
        refuse({"--layer", "a layer whose maps were kept", std::to_string(selection.layer), "Choose another one."});
    const std::vector<std::size_t>& shape = stack.attention.at(selection.layer)->shape();
    selection.head = within(options.head.value_or(selection.head), shape.at(0), "--head");
    selection.query = within(options.query.value_or(selection.query), shape.at(1), "--query");
    selection.key = within(options.key.value_or(selection.key), shape.at(2), "--key");
    return selection;
}

void report(const Figure& figure, const RenderOptions& options)
{
    const QSizeF size = exportSizeMm(figure, options.file);
    std::vector<std::string> notices;
    for (const QString& notice : exportNotices(figure, options.file))
        notices.push_back(notice.toStdString());
    if (options.common.json)
        printJson({{"file", options.out},
                   {"width_mm", size.width()},
                   {"height_mm", size.height()},
                   {"caption", figure.caption().toStdString()},
                   {"notices", notices}});
    else
        std::cout << options.out << ": " << fixedNumber(size.width(), 1) << " × " << fixedNumber(size.height(), 1)
                  << " mm\n";
    printNotices(notices, options.common.quiet);
}

void render(const RenderOptions& options)
{
    const PathKind kind = kindOfPath(options.study);
    if (kind == PathKind::Folder || kind == PathKind::Missing)
        refuse({options.study, "a run file (.h5, .ket) or captured attention (.h5, .npz, .npy)",
                kind == PathKind::Folder ? "a folder" : "no such file", "Make one with ketscope run --out."});
    const OffscreenGui gui;
    const FigureType& type = figureType(QString::fromStdString(options.figure));
    checkOutput(options.out, figureSuffixes());
    setThreads(options.common.threads);
    ConsoleMonitor monitor(options.common.quiet);
    auto comparison = std::make_shared<Comparison>(*readComparison(options.study, monitor));
    comparison->study.selection = selectionOf(*comparison, options);
    const std::unique_ptr<Figure> figure = type.make(comparison);
    monitor.check();
    exportFigure(*figure, *comparison, options.out, options.file);
    report(*figure, options);
}

void addSelectionOptions(CLI::App& command, RenderOptions& options)
{
    command.add_option("--stack", options.stack, "Stack by name, for example text");
    command.add_option("--layer", options.layer, "Layer, from 0");
    command.add_option("--head", options.head, "Head, from 0");
    command.add_option("--query", options.query, "Selected query token, from 0");
    command.add_option("--key", options.key, "Selected key token, from 0");
}

}  // namespace

void addRender(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("render", "Draw a figure of a run file");
    const auto options = std::make_shared<RenderOptions>();
    std::vector<std::string> figures;
    for (const FigureType* type : figureTypes())
        figures.push_back(type->id.toStdString());
    command
        ->add_option("STUDY", options->study, "Run file (.h5, .ket), or attention captured elsewhere (.h5, .npz, .npy)")
        ->required();
    command->add_option("--figure", options->figure, "Figure: " + joined(figures, ", ") + " (default heatmap)");
    command->add_option("--out", options->out, "File to write: " + joined(figureSuffixes(), ", "))->required();
    command->add_option("--width-mm", options->file.widthMm, "Width on paper in millimetres (default 183)");
    command->add_option("--dpi", options->file.dpi, "Dots per inch of PNG and embedded images (default 300)");
    command->add_option("--theme", options->theme, "light (default) or dark")->check(CLI::IsMember({"light", "dark"}));
    addSelectionOptions(*command, *options);
    addCommonOptions(*command, options->common);
    command->callback([options] {
        options->file.dark = options->theme == "dark";
        render(*options);
    });
}

}  // namespace ketscope
