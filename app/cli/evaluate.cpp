// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/figures.h"
#include "app/cli/paths.h"
#include "app/cli/wrap.h"
#include "core/measures/number_text.h"
#include "core/study/idle_parameters.h"
#include "core/tasks/grounding.h"
#include "core/tasks/robustness.h"
#include "viz/picture.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr std::size_t kWidth = 100;

struct EvaluateOptions {
    CommonOptions common;
    std::string model;
    std::string task;
    std::string data;
    std::vector<std::string> compare;
    std::vector<std::string> perturb;
    std::size_t seeds = 5;
    std::size_t limit = 0;
    std::size_t block = 0;
    std::string out;
};

// One column of a table: what it is called and what it shows.
template <typename Scores> struct Figure {
    const char* id;
    const char* title;
    const char* unit;
    Interval Scores::*value;
};
constexpr Figure<ClassificationScores> kClassification[] = {
    {"accuracy", "Accuracy", "", &ClassificationScores::accuracy},
    {"f1", "F1, macro", "", &ClassificationScores::f1},
    {"agreement", "Agreement with A", "", &ClassificationScores::agreement},
    {"margin", "Margin", "", &ClassificationScores::margin},
    {"loss", "Loss", "nats", &ClassificationScores::loss},
    {"accuracy_difference", "Accuracy less A's", "", &ClassificationScores::accuracyDifference},
    {"f1_difference", "F1 less A's", "", &ClassificationScores::f1Difference},
    {"loss_difference", "Loss less A's", "nats", &ClassificationScores::lossDifference},
    {"accuracy_over_seeds", "Accuracy less A's, over seeds", "", &ClassificationScores::accuracyOverSeeds},
    {"f1_over_seeds", "F1 less A's, over seeds", "", &ClassificationScores::f1OverSeeds},
};
constexpr Figure<LanguageScores> kLanguage[] = {
    {"loss", "Loss", "nats per token", &LanguageScores::loss},
    {"loss_difference", "Loss less A's", "nats per token", &LanguageScores::difference},
};
constexpr Figure<RobustnessScores> kRobustness[] = {
    {"jensen_shannon", "Jensen–Shannon of maps", "nats", &RobustnessScores::jensenShannon},
    {"spearman", "Spearman of rows", "", &RobustnessScores::spearman},
    {"top_jaccard", "Jaccard of the top 3 keys", "", &RobustnessScores::topJaccard},
    {"output_cosine", "Cosine of last hidden states", "", &RobustnessScores::outputCosine},
    {"flips", "Answers that flip", "", &RobustnessScores::flips},
    {"accuracy_lost", "Accuracy lost", "", &RobustnessScores::accuracyLost},
};

// A row for each figure, a column for each trace.
template <typename Scores, std::size_t N>
std::string tableOf(const Figure<Scores> (&figures)[N], const std::vector<Scores>& scores)
{
    TableRow head = {"95 % intervals", "Unit"};
    for (std::size_t t = 0; t < scores.size(); ++t)
        head.push_back(traceTag(t));
    std::vector<TableRow> rows = {head};
    for (const auto& figure : figures) {
        TableRow row = {figure.title, figure.unit};
        for (const Scores& each : scores)
            row.push_back(intervalText(each.*figure.value));
        rows.push_back(std::move(row));
    }
    return formatTable(rows, 2);
}

Json numberJson(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json intervalJson(const Interval& value)
{
    return {{"mean", numberJson(value.mean)}, {"low", numberJson(value.low)}, {"high", numberJson(value.high)}};
}

template <typename Scores, std::size_t N> Json figuresJson(const Figure<Scores> (&figures)[N], const Scores& scores)
{
    Json json = Json::object();
    for (const auto& figure : figures)
        json[figure.id] = intervalJson(scores.*figure.value);
    return json;
}

std::string titlesText(const std::vector<TraceTitle>& titles, const std::vector<bool>& published)
{
    std::vector<TableRow> rows = {{"Trace", "Mechanism", "Parameters"}};
    for (std::size_t t = 0; t < titles.size(); ++t)
        rows.push_back({traceTag(t) + (published[t] ? " *" : ""), titles[t].title, titles[t].detail});
    const bool any = std::ranges::find(published, true) != published.end();
    return formatTable(rows, 3) + (any ? "* as published, faults included: see ketscope mechanisms\n" : "") + "\n";
}

Json traceJson(const TraceTitle& title, bool published, std::size_t trace, Json figures)
{
    return {{"trace", traceTag(trace)},
            {"title", title.title},
            {"detail", title.detail},
            {"as_published", published},
            {"figures", std::move(figures)}};
}

EvaluationRequest requestOf(const EvaluateOptions& options)
{
    EvaluationRequest request{.seed = options.common.seed, .seeds = options.seeds, .threads = options.common.threads};
    for (const std::string& spec : options.compare)
        request.candidates.push_back({{parseSpec(spec)}});
    return request;
}

void robustness(const EvaluateOptions& options, const LoadedModel& model, const std::vector<LabelledText>& texts,
                ConsoleMonitor& monitor, Json& json)
{
    for (const std::string& text : options.perturb) {
        const Perturbation perturbation = parsePerturbation(text);
        const RobustnessEvaluation result = evaluateRobustness(model, texts, perturbation, requestOf(options), monitor);
        Json traces = Json::array();
        for (std::size_t t = 0; t < result.scores.size(); ++t)
            traces.push_back(
                traceJson(result.titles[t], result.published[t], t, figuresJson(kRobustness, result.scores[t])));
        json.push_back({{"perturbation", perturbationText(perturbation)},
                        {"texts", result.texts},
                        {"changed", result.changed},
                        {"examples", result.differences},
                        {"traces", traces}});
        if (options.common.json)
            continue;
        std::cout << "\n"
                  << perturbationText(perturbation) << ": changed " << result.changed << " of " << result.texts
                  << " texts; maps on surviving tokens, seed " << options.common.seed << "\n\n"
                  << tableOf(kRobustness, result.scores);
        for (const std::string& difference : result.differences)
            std::cout << wrapped(difference, kWidth, 4, 2);
    }
}

std::vector<ClassificationScores> allScores(const TextEvaluation& evaluation)
{
    std::vector<ClassificationScores> scores;
    for (std::size_t t = 0; t < evaluation.traces.size(); ++t)
        scores.push_back(scoresOf(evaluation, t));
    return scores;
}

Json tracesJson(const TextEvaluation& evaluation, const std::vector<ClassificationScores>& scores)
{
    Json traces = Json::array();
    for (std::size_t t = 0; t < scores.size(); ++t) {
        Json json =
            traceJson(evaluation.titles[t], evaluation.published[t], t, figuresJson(kClassification, scores[t]));
        json["seeds"] = scores[t].seeds;
        json["gained"] = scores[t].gained;
        json["lost"] = scores[t].lost;
        json["mcnemar"] = scores[t].mcnemar;
        traces.push_back(std::move(json));
    }
    return traces;
}

void classify(const EvaluateOptions& options, const LoadedModel& model, ConsoleMonitor& monitor)
{
    std::vector<LabelledText> texts = readLabelledTexts(options.data, model.model->info().labels);
    if (options.limit > 0 && options.limit < texts.size())
        texts.resize(options.limit);
    for (const std::string& text : options.perturb)
        parsePerturbation(text);  // before work begins
    const TextEvaluation evaluation = evaluateTexts(model, texts, requestOf(options), monitor);
    const std::vector<ClassificationScores> scores = allScores(evaluation);
    if (!options.out.empty())
        writeAnswers(evaluation, options.out);
    if (!options.common.json) {
        std::cout << evaluation.texts.size() << " texts, " << evaluation.classes.size() << " classes, "
                  << scores.back().seeds << (scores.back().seeds == 1 ? " seed" : " seeds") << "\n\n"
                  << titlesText(evaluation.titles, evaluation.published) << tableOf(kClassification, scores);
        for (std::size_t t = 1; t < scores.size(); ++t)
            std::cout << traceTag(t) << " alone is right on " << scores[t].gained << " texts, A alone on "
                      << scores[t].lost << ": McNemar p = " << significantText(scores[t].mcnemar) << " (first seed)\n";
    }
    Json changes = Json::array();
    robustness(options, model, texts, monitor, changes);
    if (evaluation.cut > 0)
        printNotices({std::to_string(evaluation.cut) + " texts were cut to what the model takes."},
                     options.common.quiet);
    if (options.common.json)
        printJson({{"task", "classification"},
                   {"texts", evaluation.texts.size()},
                   {"classes", evaluation.classes},
                   {"traces", tracesJson(evaluation, scores)},
                   {"perturbations", changes}});
}

std::string wholeText(const std::string& file)
{
    std::string text;
    for (const std::string& line : readLines(file))
        text += line + '\n';
    return text;
}

void foresee(const EvaluateOptions& options, const LoadedModel& model, ConsoleMonitor& monitor)
{
    std::string text = wholeText(options.data);
    if (options.limit > 0)
        text = text.substr(0, options.limit);
    const LanguageEvaluation evaluation = evaluateLanguage(model, text, options.block, requestOf(options), monitor);
    const double uniform = std::log(static_cast<double>(evaluation.vocabulary));
    if (options.common.json) {
        Json traces = Json::array();
        for (std::size_t t = 0; t < evaluation.scores.size(); ++t) {
            traces.push_back(traceJson(evaluation.titles[t], evaluation.published[t], t,
                                       figuresJson(kLanguage, evaluation.scores[t])));
            traces.back()["perplexity"] = evaluation.scores[t].perplexity;
        }
        printJson({{"task", "language"},
                   {"tokens", evaluation.tokens},
                   {"blocks", evaluation.blocks},
                   {"unigram_loss", evaluation.unigram},
                   {"uniform_loss", uniform},
                   {"traces", traces}});
        return;
    }
    std::cout << evaluation.tokens << " tokens foreseen in " << evaluation.blocks << " blocks\n\n"
              << titlesText(evaluation.titles, evaluation.published) << tableOf(kLanguage, evaluation.scores);
    for (std::size_t t = 0; t < evaluation.scores.size(); ++t)
        std::cout << "Perplexity of " << traceTag(t) << ": " << significantText(evaluation.scores[t].perplexity)
                  << "\n";
    std::cout << "For scale: foreseeing every token by its share in this text " << significantText(evaluation.unigram)
              << " nats, a guess among " << evaluation.vocabulary << " tokens " << significantText(uniform)
              << " nats\n";
}

std::vector<CaptionedPicture> picturesOf(const EvaluateOptions& options)
{
    std::vector<CaptionedPicture> pictures = readCaptionedPictures(options.data);
    if (options.limit > 0 && options.limit < pictures.size())
        pictures.resize(options.limit);
    const OffscreenGui gui;  // decoders are plugins, which want an application
    for (CaptionedPicture& picture : pictures)
        picture.pixels = std::make_shared<const Image>(readPicture(picture.file));
    return pictures;
}

void retrieve(const EvaluateOptions& options, const LoadedModel& model, ConsoleMonitor& monitor)
{
    const RetrievalEvaluation result = evaluateRetrieval(model, picturesOf(options), requestOf(options), monitor);
    Json json = {{"task", "retrieval"}};
    if (!options.common.json)
        std::cout << titlesText(result.textOfImage.titles, result.textOfImage.published);
    for (const auto& [id, title, evaluation] :
         {std::tuple("text_of_image", "The caption, of all, that fits a picture best", &result.textOfImage),
          std::tuple("image_of_text", "The picture, of all, that fits a caption best", &result.imageOfText),
          std::tuple("negatives", "The caption, or the same with one thing wrong", &result.negatives)}) {
        if (evaluation->texts.empty())
            continue;
        const std::vector<ClassificationScores> scores = allScores(*evaluation);
        json[id] = {{"items", evaluation->texts.size()}, {"traces", tracesJson(*evaluation, scores)}};
        if (!options.common.json)
            std::cout << title << ": " << evaluation->texts.size() << " items, chance "
                      << significantText(1.0 / static_cast<double>(evaluation->classes.size())) << "\n\n"
                      << tableOf(kClassification, scores) << "\n";
    }
    if (options.common.json)
        printJson(json);
}

std::string groundingText(const GroundingEvaluation& result)
{
    TableRow head = {"95 % intervals", "Unit", "Items"};
    for (std::size_t t = 0; t < result.titles.size(); ++t)
        head.push_back(traceTag(t));
    for (std::size_t t = 1; t < result.titles.size(); ++t)
        head.push_back(traceTag(t) + " less A");
    std::vector<TableRow> rows = {head};
    for (const GroundingFigure& figure : result.figures) {
        TableRow row = {figure.title, figure.unit, groupedNumber(figure.items)};
        for (const Interval& value : figure.values)
            row.push_back(intervalText(value));
        for (std::size_t t = 1; t < figure.differences.size(); ++t)
            row.push_back(intervalText(figure.differences[t]));
        rows.push_back(std::move(row));
    }
    return formatTable(rows, 2);
}

void ground(const EvaluateOptions& options, const LoadedModel& model, ConsoleMonitor& monitor)
{
    const GroundingEvaluation result = evaluateGrounding(model, picturesOf(options), requestOf(options), monitor);
    if (!options.common.json) {
        std::cout << result.pictures << " pictures, " << result.words
                  << " words that name an object whose box is known; chance of pointing into a box "
                  << significantText(result.chance) << "\n\n"
                  << titlesText(result.titles, result.published) << groundingText(result);
        return;
    }
    Json traces = Json::array();
    for (std::size_t t = 0; t < result.titles.size(); ++t) {
        Json figures = Json::object();
        for (const GroundingFigure& figure : result.figures) {
            figures[figure.id] = intervalJson(figure.values[t]);
            figures[figure.id]["items"] = figure.items;
            figures[figure.id]["less_baseline"] = intervalJson(figure.differences[t]);
        }
        traces.push_back(traceJson(result.titles[t], result.published[t], t, std::move(figures)));
    }
    printJson({{"task", "grounding"},
               {"pictures", result.pictures},
               {"words", result.words},
               {"chance", numberJson(result.chance)},
               {"traces", traces}});
}

void evaluate(const EvaluateOptions& options)
{
    requireModel(options.model);
    if (!options.out.empty())
        checkOutput(options.out, {".csv"});
    if (options.task != "classification" && (!options.perturb.empty() || !options.out.empty()))
        refuse({options.out.empty() ? "--perturb" : "--out", "the task classification", options.task, ""});
    const EvaluationRequest request = requestOf(options);  // refuses wrong candidates before the model is opened
    ConsoleMonitor monitor(options.common.quiet);
    const auto model = loadModel(options.model, monitor);
    if (options.task == "language")
        foresee(options, *model, monitor);
    else if (options.task == "retrieval")
        retrieve(options, *model, monitor);
    else if (options.task == "grounding")
        ground(options, *model, monitor);
    else
        classify(options, *model, monitor);
    printNotices(idleChanges(request.candidates, model->model->info()), options.common.quiet);
}

}  // namespace

void addEvaluate(CLI::App& program)
{
    CLI::App* command = program.add_subcommand(
        "evaluate",
        "Run a model over labelled texts, a long text or captioned pictures, and compare mechanisms with exact "
        "attention");
    const auto options = std::make_shared<EvaluateOptions>();
    command->add_option("MODEL", options->model, "Model folder or GGUF file")->required();
    command
        ->add_option(
            "--task", options->task,
            "classification of labelled texts; language: the loss on a text; retrieval of captions and pictures; "
            "grounding: wrong captions told, and words pointing to their objects")
        ->required()
        ->check(CLI::IsMember({"classification", "language", "retrieval", "grounding"}));
    command
        ->add_option("--data", options->data,
                     "classification: \"text<TAB>class\" lines, or a folder with <class>.txt files; "
                     "language: a text file; retrieval and grounding: a folder with pictures and scenes.json")
        ->required();
    command
        ->add_option("--compare", options->compare, "Candidate: id[:param=value,…][@stack=text;layers=4-5]; repeatable")
        ->allow_extra_args(false);
    command
        ->add_option("--seeds", options->seeds, "Runs with different seeds, of candidates that need them (default 5)")
        ->check(CLI::Range(1, 1000));
    command
        ->add_option("--perturb", options->perturb,
                     "Also how robust: dropout:p=0.05, synonyms:p=0.1, shuffle:window=3, overlapping-shuffle:window=3")
        ->allow_extra_args(false);
    command->add_option("--limit", options->limit, "At most so many texts, or bytes of text");
    command->add_option("--block", options->block,
                        "Tokens in a block of the language task (default: what the model takes)");
    command->add_option("--out", options->out, "Every answer (.csv)");
    addCommonOptions(*command, options->common);
    command->callback([options] { evaluate(*options); });
}

}  // namespace ketscope
