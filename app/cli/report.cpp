// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/report.h"

#include "app/cli/common.h"
#include "core/study/idle_parameters.h"
#include "core/study/look_ahead.h"
#include "core/study/output_errors.h"
#include "core/study/repeat_record.h"
#include "core/study/summary.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr std::size_t kOutputRows = 10;
constexpr int kProbabilityDecimals = 6;

// Means over some heads.
struct Means : HeadsMean {
    GiniMeans gini = {};
};

struct Measure {
    const char* id;
    const char* title;
    const char* unit;
    double (*of)(const Means&);
};

constexpr Measure kMeasures[] = {
    {"entropy_a", "Entropy of A", "nats", [](const Means& m) { return m.maps.entropyA; }},
    {"entropy", "Entropy", "nats", [](const Means& m) { return m.maps.entropyB; }},
    {"gini_a", "Gini coefficient of A", "", [](const Means& m) { return m.gini.a; }},
    {"gini", "Gini coefficient", "", [](const Means& m) { return m.gini.b; }},
    {"mean_distance_a", "Mean distance of A", "tokens", [](const Means& m) { return m.meanDistanceA; }},
    {"mean_distance", "Mean distance", "tokens", [](const Means& m) { return m.meanDistanceB; }},
    {"kl", "KL from A, floor 1e-6", "nats", [](const Means& m) { return m.maps.kl; }},
    {"jensen_shannon", "Jensen–Shannon from A", "nats", [](const Means& m) { return m.maps.jensenShannon; }},
    {"max_difference", "Largest |Δ| from A", "", [](const Means& m) { return m.maps.maximumDifference; }},
    {"mean_difference", "Mean |Δ| from A", "", [](const Means& m) { return m.maps.meanDifference; }},
    {"top_key_agreement", "Same top key as A", "share", [](const Means& m) { return m.maps.topKeyAgreement; }},
};

std::string planText(const Comparison& comparison, std::size_t trace)
{
    if (trace == 0 || trace > comparison.study.candidates.size())
        return "";
    std::vector<std::string> specs;
    for (const PlanEntry& entry : comparison.study.candidates[trace - 1].entries)
        specs.push_back(formatSpec(entry));
    return joined(specs, " ");
}

std::string tracesText(const Comparison& comparison)
{
    std::vector<TableRow> rows = {{"Trace", "Mechanism", "Parameters", "Plan", "Seconds"}};
    for (std::size_t t = 0; t < comparison.traces.size(); ++t) {
        const TraceTitle title = traceTitle(comparison, t);
        rows.push_back({traceTag(t), title.title, title.detail, planText(comparison, t),
                        fixedNumber(comparison.traces[t]->seconds, 4)});
    }
    return formatTable(rows, 4);
}

// "0.418000 ± 0.011000"; the error only where it is known.
std::string withError(double value, const std::vector<double>& errors, std::size_t trace)
{
    const bool known = trace < errors.size() && std::isfinite(errors[trace]);
    return fixedNumber(value, kProbabilityDecimals)
           + (known ? " ± " + fixedNumber(errors[trace], kProbabilityDecimals) : "");
}

// What the errors of outputs are.
std::string errorsNote(const Comparison& comparison)
{
    for (std::size_t t = 1; t < comparison.traces.size(); ++t)
        if (hasOutputErrors(comparison, t))
            return "± is one standard error of the output of the mean weights: delete-a-group jackknife over the "
                   "repeats.\n";
    return "";
}

// By trace; empty where none is known.
Json errorsJson(const std::vector<double>& errors)
{
    Json known = Json::object();
    for (std::size_t t = 0; t < errors.size(); ++t)
        if (std::isfinite(errors[t]))
            known[traceTag(t)] = errors[t];
    return known;
}

std::string outputsText(const Comparison& comparison)
{
    const OutputTable outputs = outputTable(comparison, kOutputRows);
    if (outputs.rows.empty())
        return "";
    TableRow header = {"Probability of " + outputs.title};
    for (std::size_t t = 0; t < comparison.traces.size(); ++t)
        header.push_back(traceTag(t));
    for (std::size_t t = 1; t < comparison.traces.size(); ++t)
        header.push_back(traceTag(t) + " − A");
    std::vector<TableRow> rows = {header};
    for (const OutputRow& output : outputs.rows) {
        TableRow row = {printable(output.label, 60)};
        for (std::size_t t = 0; t < output.probability.size(); ++t)
            row.push_back(withError(output.probability[t], output.error, t));
        for (std::size_t t = 1; t < output.probability.size(); ++t)
            row.push_back(signedNumber(output.probability[t] - output.probability[0], kProbabilityDecimals));
        rows.push_back(row);
    }
    return "\n" + formatTable(rows, 1) + errorsNote(comparison);
}

std::string scoresText(const Comparison& comparison)
{
    std::vector<TableRow> rows = {{"Score"}};
    for (std::size_t t = 0; t < comparison.traces.size(); ++t)
        rows.front().push_back(traceTag(t));
    for (const OutputScore& score : outputScores(comparison)) {
        TableRow& row = rows.emplace_back(TableRow{score.title});
        for (std::size_t t = 0; t < score.values.size(); ++t)
            row.push_back(withError(score.values[t], score.errors, t));
    }
    return rows.size() == 1 ? "" : "\n" + formatTable(rows, 1);
}

Means meansOver(const Comparison& comparison, std::size_t trace, const std::vector<HeadSummary>& heads)
{
    return {meanOver(heads), giniOver(comparison, {0, trace}, heads)};
}

std::vector<Means> meansOf(const Comparison& comparison)
{
    std::vector<Means> means;
    for (std::size_t t = 1; t < comparison.traces.size(); ++t)
        means.push_back(meansOver(comparison, t, summarizeHeads(comparison, t)));
    return means;
}

std::string measuresText(const Comparison& comparison)
{
    const std::vector<Means> means = meansOf(comparison);
    if (std::all_of(means.begin(), means.end(), [](const Means& mean) { return mean.heads == 0; }))
        return "";
    std::vector<TableRow> rows = {{"Mean over patched heads", "Unit"}, {"Heads", ""}};
    for (std::size_t i = 0; i < means.size(); ++i) {
        rows[0].push_back(traceTag(i + 1));
        rows[1].push_back(std::to_string(means[i].heads));
    }
    // Rows with negative weights, or none, have no divergence.
    const bool all = std::ranges::all_of(means, [](const Means& m) { return m.maps.rows == m.maps.compared; });
    if (!all) {
        TableRow row = {"Rows that are distributions", "of all"};
        for (const Means& mean : means)
            row.push_back(std::to_string(mean.maps.rows) + " of " + std::to_string(mean.maps.compared));
        rows.push_back(row);
    }
    for (const Measure& measure : kMeasures) {
        TableRow row = {measure.title, measure.unit};
        for (const Means& mean : means)
            row.push_back(mean.heads == 0 ? "–" : fixedNumber(measure.of(mean), 4));
        rows.push_back(row);
    }
    return "\n" + formatTable(rows, 2);
}

// "dog.png: 640 × 480 pixels", "14 × 14 patches"; empty without an image.
std::vector<std::string> imageFacts(const Comparison& comparison)
{
    const auto size = [](std::size_t first, std::size_t second, const char* unit) {
        return std::to_string(first) + " × " + std::to_string(second) + unit;
    };
    std::vector<std::string> facts;
    if (const auto& picture = comparison.input.picture)
        facts.push_back(printable(comparison.study.input.image ? comparison.study.input.image->path : "picture", 200)
                        + ": " + size(picture->width, picture->height, " pixels"));
    else if (const auto& image = comparison.study.input.image)
        facts.push_back(printable(image->path, 200));
    if (const auto& patches = comparison.input.patches)
        facts.push_back(size(patches->rows(), patches->columns(), " patches"));
    return facts;
}

Json inputJson(const Comparison& comparison)
{
    const EncodedInput& input = comparison.input;
    Json tokens = Json::array();
    for (const Token& token : input.tokens)
        tokens.push_back(token.piece);
    Json json = {{"tokens", tokens},
                 {"token_ids", input.model.tokenIds},
                 {"attention_mask", input.model.attentionMask},
                 {"token_type_ids", input.model.tokenTypes}};
    if (comparison.study.input.text)
        json["text"] = *comparison.study.input.text;
    if (comparison.study.input.textPair)
        json["text_pair"] = *comparison.study.input.textPair;
    if (!input.labels.empty())
        json["labels"] = input.labels;
    if (comparison.study.input.image)
        json["image"] = comparison.study.input.image->path;
    if (input.patches)
        json["patch_grid"] = {input.patches->rows(), input.patches->columns()};
    return json;
}

Json measuresJson(const Means& mean)
{
    Json json = {{"heads", mean.heads}, {"query_rows", mean.maps.compared}, {"distribution_rows", mean.maps.rows}};
    for (const Measure& measure : kMeasures)
        json[measure.id] = measure.of(mean);
    return json;
}

Json modelOf(const Comparison& comparison)
{
    return {{"architecture", comparison.model.architecture},
            {"path", comparison.study.modelPath},
            {"sha256", comparison.weightsSha256}};
}

Json traceTitleJson(const Comparison& comparison, std::size_t trace)
{
    const TraceTitle title = traceTitle(comparison, trace);
    return {{"trace", traceTag(trace)},
            {"title", title.title},
            {"detail", title.detail},
            {"plan", planText(comparison, trace)},
            {"seconds", comparison.traces[trace]->seconds}};
}

Json traceJson(const Comparison& comparison, std::size_t trace)
{
    Json json = traceTitleJson(comparison, trace);
    if (trace == 0)
        return json;
    const std::vector<HeadSummary> heads = summarizeHeads(comparison, trace);
    json["measures"] = measuresJson(meansOver(comparison, trace, heads));
    Json list = Json::array();
    for (const HeadSummary& head : heads) {
        Json one = measuresJson(meansOver(comparison, trace, {head}));
        one.erase("heads");
        one["stack"] = comparison.model.stacks[head.stack].name;
        one["layer"] = head.layer;
        one["head"] = head.head;
        list.push_back(one);
    }
    json["patched_heads"] = list;
    return json;
}

Json outputsJson(const Comparison& comparison)
{
    const OutputTable outputs = outputTable(comparison, kOutputRows);
    Json rows = Json::array();
    for (const OutputRow& row : outputs.rows) {
        Json probabilities;
        for (std::size_t t = 0; t < row.probability.size(); ++t)
            probabilities[traceTag(t)] = row.probability[t];
        Json& json = rows.emplace_back(Json{{"label", row.label}, {"probability", probabilities}});
        if (const Json errors = errorsJson(row.error); !errors.empty())
            json["standard_error"] = errors;
    }
    Json scores = Json::array();
    for (const OutputScore& score : outputScores(comparison)) {
        Json values;
        for (std::size_t t = 0; t < score.values.size(); ++t)
            values[traceTag(t)] = score.values[t];
        Json& json = scores.emplace_back(Json{{"title", score.title}, {"value", values}});
        if (const Json errors = errorsJson(score.errors); !errors.empty())
            json["standard_error"] = errors;
    }
    return {{"title", outputs.title}, {"rows", rows}, {"scores", scores}};
}

}  // namespace

std::string describeStack(const StackInfo& stack)
{
    const auto counted = [](std::size_t count, const char* one) {
        return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
    };
    std::string text = stack.name + ": " + counted(stack.layers, "layer") + " × " + counted(stack.heads, "head");
    if (stack.keyValueHeads != 0 && stack.keyValueHeads != stack.heads)
        text += " over " + counted(stack.keyValueHeads, "key–value head");
    if (stack.headSize != 0)
        text += ", head size " + std::to_string(stack.headSize);
    if (stack.width != 0)
        text += ", hidden size " + std::to_string(stack.width);
    if (stack.feedForwardSize != 0)
        text += ", feed-forward size " + std::to_string(stack.feedForwardSize);
    if (stack.queries != stack.keys)
        text += ", from " + std::string(axisName(stack.queries)) + " to " + std::string(axisName(stack.keys));
    return text + (stack.causal ? ", causal" : "");
}

std::string runText(const Comparison& comparison)
{
    std::vector<TableRow> facts = {{"Model", comparison.model.title + "  " + comparison.study.modelPath}};
    for (const StackInfo& stack : comparison.model.stacks)
        facts.push_back({"Stack", describeStack(stack)});
    if (comparison.study.input.text)
        facts.push_back({"Text", printable(*comparison.study.input.text, 200)});
    if (comparison.study.input.textPair)
        facts.push_back({"Pair", printable(*comparison.study.input.textPair, 200)});
    if (!comparison.input.labels.empty())
        facts.push_back({"Labels", printable(joined(comparison.input.labels, ", "), 200)});
    if (!comparison.input.tokens.empty())
        facts.push_back({"Tokens", std::to_string(comparison.input.tokens.size())});
    for (const std::string& fact : imageFacts(comparison))
        facts.push_back({"Image", fact});
    return formatTable(facts, 2) + "\n" + tracesText(comparison);
}

Json runJson(const Comparison& comparison)
{
    Json traces = Json::array();
    for (std::size_t t = 0; t < comparison.traces.size(); ++t)
        traces.push_back(traceTitleJson(comparison, t));
    return {{"model", modelOf(comparison)},
            {"seed", comparison.study.seed},
            {"text", comparison.study.input.text ? Json(*comparison.study.input.text) : Json()},
            {"tokens", comparison.input.tokens.size()},
            {"traces", traces}};
}

std::string comparisonText(const Comparison& comparison)
{
    return runText(comparison) + outputsText(comparison) + scoresText(comparison) + measuresText(comparison);
}

Json comparisonJson(const Comparison& comparison)
{
    Json traces = Json::array();
    for (std::size_t t = 0; t < comparison.traces.size(); ++t)
        traces.push_back(traceJson(comparison, t));
    return {{"model", modelOf(comparison)},       {"seed", comparison.study.seed},
            {"input", inputJson(comparison)},     {"traces", traces},
            {"outputs", outputsJson(comparison)}, {"notices", comparisonNotices(comparison)}};
}

std::vector<std::string> comparisonNotices(const Comparison& comparison)
{
    std::vector<std::string> notices = comparison.input.notices;
    notices.insert(notices.end(), comparison.model.warnings.begin(), comparison.model.warnings.end());
    for (std::size_t t = 0; t < comparison.traces.size(); ++t)
        for (const std::string& warning : comparison.traces[t]->warnings)
            notices.push_back("trace " + traceTag(t) + ": " + warning);
    for (std::size_t t = 0; t < comparison.traces.size(); ++t)
        if (const TraceRepeats* repeats = repeatsOf(comparison, t); repeats != nullptr && !repeats->noErrors.empty())
            notices.push_back("no ± of outputs: " + repeats->noErrors);
    std::ranges::move(lookAheadNotices(comparison), std::back_inserter(notices));
    std::ranges::move(idleChanges(comparison.study.candidates, comparison.model), std::back_inserter(notices));
    return notices;
}

}  // namespace ketscope
