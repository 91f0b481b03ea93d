// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/figures.h"
#include "app/cli/paths.h"
#include "app/cli/render_options.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/study/alignment.h"
#include "core/study/captured_attention.h"
#include "core/study/compared_pair.h"
#include "core/study/counts_reading.h"
#include "core/study/output_errors.h"
#include "core/study/relevance.h"
#include "core/study/selected_head.h"
#include "core/study/sweep.h"
#include "core/study/token_flow.h"

#include "viz/figure_study.h"
#include "viz/picture.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

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

void report(const Figure& figure, const ExportOptions& file, const RenderOptions& options)
{
    const QSizeF size = exportSizeMm(figure, file);
    std::vector<std::string> notices;
    for (const QString& notice : checkExport(figure, file).warnings)
        notices.push_back(notice.toStdString());
    if (options.common.json)
        printJson({{"file", options.out},
                   {"width_mm", size.width()},
                   {"height_mm", size.height()},
                   {"caption", (file.parts.metrics ? figure.description() : figure.caption()).toStdString()},
                   {"notices", notices}});
    else
        std::cout << options.out << ": " << fixedNumber(size.width(), 1) << " × " << fixedNumber(size.height(), 1)
                  << " mm\n";
    printNotices(notices, options.common.quiet);
}

bool needsHeadVectors(const PageContents& page)
{
    return std::ranges::any_of(page.figures, [](const QString& id) { return figureType(id).needsHeadVectors; });
}

// A sweep has no head to select and no model to open.
ComparisonPointer readSweepFor(const RenderOptions& options)
{
    for (const QString& id : pageOf(options).figures)
        if (id != QStringLiteral("sweep") && id != QStringLiteral("convergence"))
            refuse({"--figure", "sweep or convergence, for the file of a sweep", '"' + id.toStdString() + '"', ""});
    auto comparison =
        std::make_shared<Comparison>(*sweepComparison(std::make_shared<const Sweep>(readSweep(options.study))));
    if (!options.measure.empty())
        comparison->study.view.outputs.sweepMeasure = sweepMeasures()[sweepMeasureIndex(options.measure)].id;
    return comparison;
}

// Counts that were measured of the pair's circuit, which the view keeps from here on.
void importCounts(Comparison& comparison, const RenderOptions& options, const Monitor& monitor)
{
    if (std::ranges::find(options.figures, "pair-counts") == options.figures.end())
        refuse({"--counts", "--figure pair-counts, which draws them", "another figure", ""});
    const auto order = static_cast<BitOrder>(std::ranges::find(kBitOrders, options.bitOrder) - kBitOrders.begin());
    const auto pair = selectedPair(std::make_shared<const Comparison>(comparison), monitor);
    comparison.study.view.quantum.counts = readMeasuredCounts(options.counts, order, *pair, comparison.study.selection);
}

// What a figure was drawn from is run once more; other files hold their results.
ComparisonPointer comparisonOf(const RenderOptions& options, Monitor& monitor)
{
    if (options.ofFigure) {
        QuietMonitor quiet(monitor);
        const auto model = loadModel(options.ofFigure->modelPath, quiet);
        return runFor(withPicture(*options.ofFigure), *model, options, monitor);
    }
    return readComparison(options.study, monitor);
}

ComparisonPointer readFor(const RenderOptions& options, Monitor& monitor)
{
    if (isSweepFile(options.study))
        return readSweepFor(options);
    auto comparison = std::make_shared<Comparison>(*comparisonOf(options, monitor));
    comparison->study.selection = selectionOf(*comparison, options);
    applyScope(*comparison, options);
    if (!options.traces.empty())
        readComparedTraces(options.traces, comparison->traces.size(), "--traces", comparison->study.view.compared);
    if (needsHeadVectors(pageOf(options)))
        comparison->loaded = loadModelOf(*comparison, monitor);
    prepareMaps(*comparison, options, monitor);
    if (!options.counts.empty())
        importCounts(*comparison, options, monitor);
    return comparison;
}

// A circuit as a program, in place of a picture.
bool isProgram(const RenderOptions& options) { return std::filesystem::path(options.out).extension() == ".qasm"; }

// A figure's study and page stand in for what is not said.
RenderOptions withFigure(RenderOptions options, PathKind kind)
{
    options.ofFigure = studyOfFigure(options.study);
    if (!options.ofFigure && kind == PathKind::Figure)
        refuse({options.study, "a figure with the study that it was drawn from", "a figure without one",
                "Give its run file."});
    if (options.ofFigure)
        adoptPage(options, options.ofFigure->view.page);
    return options;
}

void render(const RenderOptions& asked)
{
    const PathKind kind = kindOfPath(asked.study);
    if (kind == PathKind::Folder || kind == PathKind::Missing)
        refuse({asked.study,
                "a run file (.h5, .ket), a figure (.pdf, .svg, .png) or captured attention (.h5, .npz, .npy)",
                kind == PathKind::Folder ? "a folder" : "no such file", "Make one with ketscope run --out."});
    const OffscreenGui gui;
    const RenderOptions options = withFigure(asked, kind);
    const PageContents page = pageOf(options);
    if (!options.inputs.empty()) {
        setThreads(options.common.threads);
        ConsoleMonitor monitor(options.common.quiet);
        return renderBatch(*comparisonOf(options, monitor), options, monitor);
    }
    std::vector<std::string> suffixes = figureSuffixes();
    suffixes.emplace_back(".qasm");
    checkOutput(options.out, suffixes);
    setThreads(options.common.threads);
    ConsoleMonitor monitor(options.common.quiet);
    const ComparisonPointer comparison = readFor(options, monitor);
    const std::unique_ptr<Composition> figure = makePage(comparison, page);
    monitor.check();
    if (isProgram(options)) {
        exportProgram(*figure, options.out);
        if (!options.common.json)
            std::cout << options.out << '\n';
        else
            printJson({{"file", options.out}, {"caption", figure->caption().toStdString()}});
        return;
    }
    checkPresence(*figure);
    const ExportOptions file = fileOptions(*comparison, options);
    exportFigure(*figure, *comparison, options.out, file);
    report(*figure, file, options);
}

const std::vector<std::pair<std::string, void (*)(ScopeView&)>>& scopeChoices()
{
    static const std::vector<std::pair<std::string, void (*)(ScopeView&)>> choices = {
        {"all-queries", [](ScopeView& scope) { scope.queries = ScopeView::Queries::All; }},
        {"without-special-queries", [](ScopeView& scope) { scope.queries = ScopeView::Queries::WithoutSpecial; }},
        {"selected-query", [](ScopeView& scope) { scope.queries = ScopeView::Queries::Selected; }},
        {"without-special-keys", [](ScopeView& scope) { scope.specialKeys = false; }},
        {"padding", [](ScopeView& scope) { scope.padding = true; }},
        {"signed-distance", [](ScopeView& scope) { scope.signedDistance = true; }},
    };
    return choices;
}

std::vector<std::string> scopeNames()
{
    std::vector<std::string> names;
    for (const auto& [name, change] : scopeChoices())
        names.push_back(name);
    return names;
}

void addBatchOptions(CLI::App& command, RenderOptions& options)
{
    auto* inputs = command.add_option("--inputs", options.inputs,
                                      "Many inputs in place of the study's: a text file, a line each, or a folder of "
                                      "pictures");
    command.add_option("--out-dir", options.outFolder, "Folder for a file of each; those that are there are left")
        ->needs(inputs);
    std::vector<std::string> formats;
    for (const ExportFormat& format : exportFormats())
        formats.push_back(format.id.toStdString());
    command.add_option("--format", options.format, "Of these files: " + joined(formats, ", ") + " (default pdf)")
        ->needs(inputs)
        ->check(CLI::IsMember(formats));
    command.add_option("--shard", options.shard, "Only part i of n, as i/n, so that n machines share the work")
        ->needs(inputs);
    command.add_flag("--keep-runs", options.keepRuns, "A run file beside each figure, for ketscope join")
        ->needs(inputs);
    command.get_option("--out")->excludes(inputs);
}

void addPageOptions(CLI::App& command, RenderOptions& options)
{
    std::vector<std::string> arrangements;
    for (const QString& name : arrangementNames())
        arrangements.push_back(name.toStdString());
    command
        .add_option("--arrange", options.arrangement,
                    "How panels stand: " + joined(arrangements, ", ") + " (columns, default auto)")
        ->check(CLI::IsMember(arrangements));
    command.add_flag("--no-letters", options.noLetters, "Panels without letters");
    command.add_flag("--no-caption", options.noCaption, "No caption below");
    command.add_flag("--no-metrics", options.noMetrics, "No measures of the head in the caption");
    command.add_flag("--no-colour-bars", options.noColourBars, "Maps without their colour bars");
    command.add_flag("--no-token-labels", options.noTokenLabels, "Maps and charts without the tokens beside them");
    command.add_flag("--signs", options.signs, "+ and − in the cells of differences, for print without colour");
    command.add_option("--width-mm", options.file.widthMm, "Width on paper in millimetres (default 183)");
    command.add_option("--dpi", options.file.dpi, "Dots per inch of PNG and embedded images (default 300)");
    command.add_option("--text-pt", options.file.textPt, "Label text on paper in points (default 7)");
    command.add_option("--font", options.font, "Font family instead of Inter");
    command.add_flag("--outlines", options.file.textAsOutlines, "Text as outlines in PDF and SVG");
    command.add_flag("--values", options.file.values, "The numbers as CSV beside the file");
    command.add_option("--theme", options.theme, "light (default) or dark")->check(CLI::IsMember({"light", "dark"}));
}

void addSelectionOptions(CLI::App& command, RenderOptions& options)
{
    command.add_option(
        "--traces", options.traces,
        "Which traces: A,C draws A, C and C − A; all draws every trace without Δ (default: as the study says)");
    std::vector<std::string> methods;
    for (const AlignmentMethod& method : alignmentMethods())
        methods.push_back(method.id);
    command
        .add_option("--method", options.method,
                    "How words and patches are held against each other: " + joined(methods, ", ")
                        + " (default: as the study says)")
        ->check(CLI::IsMember(methods));
    command
        .add_option("--scope", options.scope,
                    "What means of entropy and distance are over, where it differs from the study: "
                        + joined(scopeNames(), ", "))
        ->delimiter(',')
        ->check(CLI::IsMember(scopeNames()));
    command
        .add_option("--quantity", options.quantity,
                    "What the cells of a heatmap or its lines are: weights of the head, rollout of all layers up to "
                    "--layer, or relevance for the model's answer (default: as the study says)")
        ->check(CLI::IsMember(std::vector<std::string>(kMapQuantities.begin(), kMapQuantities.end())));
    command
        .add_option("--counts", options.counts,
                    "Counts of the pair's circuit, measured elsewhere: JSON such as {\"0110\": 12, …}, for pair-counts")
        ->excludes(command.get_option("--inputs"));
    command
        .add_option("--bit-order", options.bitOrder,
                    "Where the bitstrings of --counts have qubit 0: qubit0-last (default, as Qiskit writes them) or "
                    "qubit0-first")
        ->check(CLI::IsMember(std::vector<std::string>(kBitOrders.begin(), kBitOrders.end())));
    command.add_option("--measure", options.measure, "Of a sweep: what is drawn (default output_error)");
    command.add_option("--stack", options.stack, "Stack by name, for example text");
    command.add_option("--layer", options.layer, "Layer, from 0");
    command.add_option("--head", options.head, "Head, from 0");
    command.add_option("--query", options.query, "Selected query token, from 0");
    command.add_option("--key", options.key, "Selected key token, from 0");
}

}  // namespace

Selection selectionOf(const Comparison& comparison, const RenderOptions& options)
{
    Selection selection = comparison.study.selection;
    const Trace& trace = *comparison.traces.at(0);
    if (!options.stack.empty())
        selection.stack = stackIndex(trace, options.stack);
    // The run's own selection may be of a larger stack: only what was asked for is refused.
    if (selection.stack < trace.stacks.size() && selection.stack != comparison.study.selection.stack)
        selection = clamped(selection, comparison);
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

namespace {

bool anyFigure(const RenderOptions& options, bool FigureType::*is)
{
    return std::ranges::any_of(options.figures,
                               [is](const std::string& id) { return figureType(QString::fromStdString(id)).*is; });
}

void prepareFlow(Comparison& comparison, const RenderOptions& options, Monitor& monitor)
{
    MapQuantity& quantity = comparison.study.view.heatmap.quantity;
    if (const auto named = std::ranges::find(kMapQuantities, options.quantity); named != kMapQuantities.end())
        quantity = static_cast<MapQuantity>(named - kMapQuantities.begin());
    if (quantity == MapQuantity::Relevance && comparison.loaded == nullptr)
        comparison.loaded = loadModelOf(comparison, monitor);
    if (!options.quantity.empty())
        if (const std::string obstacle = flowObstacle(comparison, quantity); !obstacle.empty())
            refuse({"--quantity", "one that this run has", obstacle, ""});
    if (flowObstacle(comparison, quantity).empty())
        computeFlow(comparison, options.common.threads, monitor);
}

void prepareAlignment(Comparison& comparison, const RenderOptions& options, Monitor& monitor)
{
    std::string& method = comparison.study.view.alignment.method;
    method = options.method.empty() ? method : options.method;
    if (method == "relevance" && comparison.loaded == nullptr)
        comparison.loaded = loadModelOf(comparison, monitor);
    if (!options.method.empty())
        if (const std::string obstacle = alignmentMethod(method).obstacle(comparison); !obstacle.empty())
            refuse({"--method", "one that this run has", obstacle, ""});
    computeRelevance(comparison, options.common.threads, monitor);
}

}  // namespace

ComparisonPointer runFor(const Study& study, const LoadedModel& model, const RenderOptions& options, Monitor& monitor)
{
    const PageContents page = pageOf(options);
    const ComparisonPointer run = runStudy(study, model, nullptr, options.common.threads, monitor);
    const bool outputs =
        std::ranges::any_of(page.figures, [](const QString& id) { return id.startsWith(QLatin1String("output")); });
    return outputs ? withOutputErrors(run, model, options.common.threads, monitor) : run;
}

void prepareMaps(Comparison& comparison, const RenderOptions& options, Monitor& monitor)
{
    if (anyFigure(options, &FigureType::flows))
        prepareFlow(comparison, options, monitor);
    if (anyFigure(options, &FigureType::aligns))
        prepareAlignment(comparison, options, monitor);
}

void applyScope(Comparison& comparison, const RenderOptions& options)
{
    for (const auto& [name, change] : scopeChoices())
        if (std::ranges::find(options.scope, name) != options.scope.end())
            change(comparison.study.view.scope);
}

ExportOptions fileOptions(const Comparison& comparison, const RenderOptions& options)
{
    ExportOptions file = options.file;
    FigureParts& parts = file.parts = comparison.study.view.parts;
    parts.colourBars = parts.colourBars && !options.noColourBars;
    parts.tokenLabels = parts.tokenLabels && !options.noTokenLabels;
    parts.metrics = parts.metrics && !options.noMetrics;
    parts.signs = parts.signs || options.signs;
    return file;
}

void checkPresence(const Figure& figure)
{
    if (const QString why = figure.absence(); !why.isEmpty())
        refuse({"--figure", "one that has something to draw", "nothing", why.toStdString()});
}

void adoptPage(RenderOptions& options, const FigurePage& page)
{
    const PageContents contents = contentsOf(page);
    if (contents.figures.isEmpty() || options.given.contains("--figure"))
        return;
    options.figures.clear();
    for (const QString& id : contents.figures)
        options.figures.push_back(id.toStdString());
    const ExportOptions asked = options.file;
    options.file = optionsOf(page, asked);
    options.crosshair = page.crosshair;
    if (!options.given.contains("--arrange"))
        options.arrangement = page.arrangement;
    options.noLetters = options.noLetters || !page.letters;
    const auto said = [&](const char* name, auto ExportOptions::*field) {
        if (options.given.contains(name))
            options.file.*field = asked.*field;
    };
    said("--no-caption", &ExportOptions::caption);
    said("--theme", &ExportOptions::dark);
    said("--outlines", &ExportOptions::textAsOutlines);
    said("--width-mm", &ExportOptions::widthMm);
    said("--dpi", &ExportOptions::dpi);
    said("--text-pt", &ExportOptions::textPt);
    said("--font", &ExportOptions::fontFamily);
}

PageContents pageOf(const RenderOptions& options)
{
    PageContents page;
    page.figures.clear();
    for (const std::string& id : options.figures)
        page.figures << figureType(QString::fromStdString(id)).id;
    const auto arrangement = arrangementNames().indexOf(QString::fromStdString(options.arrangement));
    page.arrangement = static_cast<Arrangement>(arrangement);
    page.letters = !options.noLetters;
    page.crosshair = options.crosshair;
    return page;
}

void addRender(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("render", "Draw a figure of a run file");
    const auto options = std::make_shared<RenderOptions>();
    std::vector<std::string> figures;
    for (const FigureType* type : figureTypes())
        figures.push_back(type->id.toStdString());
    command
        ->add_option(
            "STUDY", options->study,
            "Run file (.h5, .ket), sweep (.h5), attention captured elsewhere (.h5, .npz, .npy), or an exported "
            "figure (.pdf, .svg, .png), whose study is run again and whose page is drawn")
        ->required();
    command
        ->add_option("--figure", options->figures,
                     "What the page shows: " + joined(figures, ", ")
                         + " (default heatmap); several, between commas, become panels a, b, …")
        ->delimiter(',');
    command->add_option(
        "--out", options->out,
        "File to write: " + joined(figureSuffixes(), ", ")
            + "; .qasm for the circuit of pair-circuit as OpenQASM 3, whose counts come back by --counts");
    addBatchOptions(*command, *options);
    addPageOptions(*command, *options);
    addSelectionOptions(*command, *options);
    addCommonOptions(*command, options->common);
    command->callback([options, command] {
        for (const CLI::Option* option : command->get_options())
            if (option->count() > 0)
                options->given.insert(option->get_name());
        options->file.dark = options->theme == "dark";
        options->file.caption = !options->noCaption;
        options->file.fontFamily = QString::fromStdString(options->font);
        if (options->out.empty() == options->inputs.empty())
            refuse({"render", "--out FILE, or --inputs and --out-dir", "none of them", ""});
        if (options->outFolder.empty() != options->inputs.empty())
            refuse({"render", "--inputs and --out-dir together", "only one of them", ""});
        render(*options);
    });
}

}  // namespace ketscope
