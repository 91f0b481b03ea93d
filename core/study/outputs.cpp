// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/divergence.h"
#include "core/study/output_errors.h"
#include "core/study/repeat_record.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

constexpr std::size_t kMostAnswerTokens = 30;

// What a table is about: how many rows there could be, what they are called, and a trace's probability of each, empty when
// the trace does not have it.
struct Question {
    std::string title;
    std::function<std::string(std::size_t)> label;
    std::function<std::vector<double>(const Trace&)> probabilities;
};

std::vector<double> softmax(std::span<const float> logits)
{
    const double top = *std::ranges::max_element(logits);
    std::vector<double> probabilities(logits.size());
    std::ranges::transform(logits, probabilities.begin(), [top](float x) { return std::exp(x - top); });
    const double sum = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
    for (double& p : probabilities)
        p /= sum;
    return probabilities;
}

const Tensor* outputOf(const Trace& trace, const std::string& name)
{
    const auto found = trace.outputs.find(name);
    return found == trace.outputs.end() || found->second->empty() ? nullptr : found->second.get();
}

// Rows are the columns of one row of an output.
Question rowOf(const Comparison& comparison, std::string title, const std::string& output, std::size_t row)
{
    const auto labels = comparison.outputLabels;
    return {std::move(title),
            [labels](std::size_t index) {
                return labels && index < labels->size() ? (*labels)[index] : std::to_string(index);
            },
            [output, row](const Trace& trace) {
                const Tensor* logits = outputOf(trace, output);
                return logits == nullptr || row >= logits->matrix().rows ? std::vector<double>()
                                                                         : softmax(logits->matrix().row(row));
            }};
}

std::string labelOf(const Comparison& comparison, std::size_t index)
{
    const std::vector<std::string>& labels = comparison.input.labels;
    return index < labels.size() ? labels[index] : std::to_string(index);
}

// Texts that exclude one another: labels that the image is held against.
Question oneOfTexts(const Comparison& comparison)
{
    Question question = rowOf(comparison, "label", "logits_per_image", 0);
    question.label = [&comparison](std::size_t index) { return labelOf(comparison, index); };
    return question;
}

// Whether the image and its text match; with labels, whether each of them does, on its own.
Question matches(const Comparison& comparison)
{
    if (comparison.input.labels.size() < 2)
        return rowOf(comparison, "image and text", "itm_logits", 0);
    return {"a match of each label", [&comparison](std::size_t index) { return labelOf(comparison, index); },
            [](const Trace& trace) {
                std::vector<double> probabilities;
                const Tensor* logits = outputOf(trace, "itm_logits");
                for (std::size_t row = 0; logits != nullptr && row < logits->matrix().rows; ++row)
                    probabilities.push_back(softmax(logits->matrix().row(row)).back());
                return probabilities;
            }};
}

Question nextToken(const Comparison& comparison)
{
    const std::vector<Token>& tokens = comparison.input.tokens;
    std::size_t last = tokens.size() - 1;
    while (last > 0 && tokens[last].padding)
        --last;
    const std::size_t selected = std::min(comparison.study.selection.query, last);
    if (comparison.study.view.outputs.atSelected && selected < last)
        return rowOf(comparison, "token after " + std::to_string(selected), "logits", selected);
    return rowOf(comparison, "next token", "logits", last);
}

Question maskedToken(const Comparison& comparison)
{
    const std::vector<Token>& tokens = comparison.input.tokens;
    const std::size_t query = std::min(comparison.study.selection.query, tokens.size() - 1);
    const auto mask = [&](std::size_t i) { return rowOf(comparison, "[MASK] at " + std::to_string(i), "logits", i); };
    if (tokens[query].piece == "[MASK]")
        return mask(query);
    for (std::size_t i = 0; i < tokens.size(); ++i)
        if (tokens[i].piece == "[MASK]")
            return mask(i);
    return rowOf(comparison, "token at " + std::to_string(query), "logits", query);
}

// Tokens that an answer may have: of the second text where there is one.
std::vector<std::size_t> answerTokens(const std::vector<Token>& tokens)
{
    const bool pair = std::ranges::any_of(tokens, [](const Token& token) { return token.segment == 1; });
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        if (!tokens[i].special && !tokens[i].padding && (!pair || tokens[i].segment == 1))
            places.push_back(i);
    return places;
}

// Characters [begin, end) of a text.
std::string charactersOf(const std::string& text, std::size_t begin, std::size_t end)
{
    std::string result;
    std::size_t at = 0;
    for (std::size_t character = 0; at < text.size() && character < end; ++character) {
        const auto code = nextUtf8(text, at);
        if (code && character >= begin)
            appendUtf8(result, *code);
    }
    return result;
}

std::string answerText(const Comparison& comparison, std::size_t first, std::size_t last)
{
    const std::vector<Token>& tokens = comparison.input.tokens;
    const auto& text = tokens[first].segment == 1 ? comparison.study.input.textPair : comparison.study.input.text;
    const std::size_t begin = tokens[first].span.begin;
    const std::size_t end = tokens[last].span.end;
    if (text && begin < end)
        return charactersOf(*text, begin, end);
    std::string pieces;
    for (std::size_t i = first; i <= last; ++i)
        pieces += (pieces.empty() ? "" : " ") + tokens[i].display;
    return pieces;
}

// A span's probability is that of its start times that of its end, each among the tokens that an answer may have.
Question answer(const Comparison& comparison)
{
    const std::vector<std::size_t> places = answerTokens(comparison.input.tokens);
    std::vector<std::pair<std::size_t, std::size_t>> spans;
    for (std::size_t first = 0; first < places.size(); ++first)
        for (std::size_t last = first; last < std::min(first + kMostAnswerTokens, places.size()); ++last)
            spans.emplace_back(first, last);
    const auto probabilities = [places](const Trace& trace, const std::string& name) {
        const Tensor* logits = outputOf(trace, name);
        std::vector<float> values;
        for (const std::size_t place : places)
            if (logits != nullptr && place < logits->size())
                values.push_back(logits->values()[place]);
        return values.size() == places.size() && !values.empty() ? softmax(values) : std::vector<double>();
    };
    return {"answer",
            [&comparison, places, spans](std::size_t index) {
                return answerText(comparison, places[spans[index].first], places[spans[index].second]);
            },
            [probabilities, spans](const Trace& trace) {
                const std::vector<double> starts = probabilities(trace, "start_logits");
                const std::vector<double> ends = probabilities(trace, "end_logits");
                std::vector<double> product;
                for (const auto& [first, last] : spans)
                    if (!starts.empty() && !ends.empty())
                        product.push_back(starts[first] * ends[last]);
                return product;
            }};
}

Question questionOf(const Comparison& comparison)
{
    switch (comparison.model.task) {
    case Task::None: break;
    case Task::SequenceClassification:
    case Task::ImageClassification: return rowOf(comparison, "class", "logits", 0);
    case Task::VisualQuestionAnswering: return rowOf(comparison, "answer", "logits", 0);
    case Task::CausalLanguageModelling: return nextToken(comparison);
    case Task::MaskedLanguageModelling: return maskedToken(comparison);
    case Task::QuestionAnswering: return answer(comparison);
    case Task::ImageTextMatching: return matches(comparison);
    case Task::ImageTextContrast: return oneOfTexts(comparison);
    }
    return {"", {}, [](const Trace&) { return std::vector<double>(); }};
}

// The answers of every trace; none where a trace lacks them.
struct Answers {
    Question question;
    std::vector<std::vector<double>> probabilities;
};

Answers answersOf(const Comparison& comparison)
{
    Answers answers{questionOf(comparison), {}};
    for (const auto& trace : comparison.traces)
        answers.probabilities.push_back(answers.question.probabilities(*trace));
    // One row alone says nothing: it always has probability 1.
    const std::size_t known = answers.probabilities.empty() ? 0 : answers.probabilities.front().size();
    if (known < 2 || std::ranges::any_of(answers.probabilities, [known](const auto& p) { return p.size() != known; }))
        answers.probabilities.clear();
    return answers;
}

// A trace's answers without each group of its draws; empty where their errors are not known.
std::vector<std::vector<double>> leftOutOf(const Comparison& comparison, const Question& question, std::size_t trace)
{
    std::vector<std::vector<double>> leftOut;
    if (hasOutputErrors(comparison, trace))
        for (const auto& pass : repeatsOf(comparison, trace)->leftOut)
            leftOut.push_back(question.probabilities(*pass));
    const auto lacks = [](const std::vector<double>& answers) { return answers.empty(); };
    return std::ranges::any_of(leftOut, lacks) ? std::vector<std::vector<double>>() : leftOut;
}

// One standard error of what `number` makes of a trace's answers.
template <typename Number> double errorOf(const std::vector<std::vector<double>>& leftOut, const Number& number)
{
    std::vector<double> values;
    std::ranges::transform(leftOut, std::back_inserter(values), number);
    return jackknifeError(values);
}

// Labels that do not exclude one another, and spans of limited length, do not sum to 1.
bool isDistribution(const Answers& answers)
{
    const std::vector<double>& a = answers.probabilities.front();
    return std::abs(std::accumulate(a.begin(), a.end(), 0.0) - 1.0) < 1e-6;
}

// The most probable answers, at most `count`, equal ones in their own order.
std::vector<std::size_t> firstOf(const std::vector<double>& probabilities, std::size_t count)
{
    std::vector<std::size_t> order(probabilities.size());
    std::iota(order.begin(), order.end(), 0);
    const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
    const auto key = [&](std::size_t i) { return std::isnan(probabilities[i]) ? -1.0 : probabilities[i]; };
    std::ranges::partial_sort(order, end,
                              [&](std::size_t i, std::size_t j) { return key(i) != key(j) ? key(i) > key(j) : i < j; });
    order.erase(end, order.end());
    return order;
}

std::size_t rankOf(const std::vector<double>& probabilities, std::size_t index)
{
    std::size_t rank = 1;
    for (std::size_t i = 0; i < probabilities.size(); ++i)
        rank += probabilities[i] > probabilities[index] || (probabilities[i] == probabilities[index] && i < index);
    return rank;
}

double restOf(const std::vector<double>& probabilities, const std::vector<std::size_t>& listed)
{
    double shown = 0.0;
    for (const std::size_t index : listed)
        shown += probabilities[index];
    return std::max(0.0, 1.0 - shown);
}

// One trace's part of a table that lists some answers.
void addTrace(OutputTable& table, const std::vector<std::size_t>& listed, const std::vector<double>& probabilities,
              const std::vector<std::vector<double>>& leftOut)
{
    for (std::size_t row = 0; row < listed.size(); ++row) {
        table.rows[row].probability.push_back(probabilities[listed[row]]);
        table.rows[row].rank.push_back(rankOf(probabilities, listed[row]));
        table.rows[row].error.push_back(errorOf(leftOut, [&](const auto& p) { return p[listed[row]]; }));
    }
    const bool all = table.rows.size() == table.known || !table.exclusive;
    table.rest.push_back(all ? 0.0 : restOf(probabilities, listed));
    table.restError.push_back(errorOf(leftOut, [&](const auto& p) { return all ? 0.0 : restOf(p, listed); }));
}

double marginOf(const std::vector<double>& probabilities)
{
    const std::vector<std::size_t> first = firstOf(probabilities, 2);
    return probabilities[first[0]] - probabilities[first[1]];
}

OutputChangeErrors errorsOf(const std::vector<double>& a, const std::vector<std::vector<double>>& leftOut,
                            bool distribution)
{
    OutputChangeErrors errors;
    if (distribution) {
        errors.kl = errorOf(leftOut, [&](const auto& p) { return klOfDistributions(a, p); });
        errors.jensenShannon = errorOf(leftOut, [&](const auto& p) { return jsOfDistributions(a, p); });
        errors.totalVariation = errorOf(leftOut, [&](const auto& p) { return totalVariation(a, p); });
    }
    const std::size_t topOfA = firstOf(a, 1).front();
    errors.topOfA = errorOf(leftOut, [&](const auto& p) { return p[topOfA]; });
    errors.margin = errorOf(leftOut, marginOf);
    return errors;
}

}  // namespace

bool hasAnswers(const Comparison& comparison)
{
    return comparison.model.task != Task::None && !comparison.traces.front()->outputs.empty();
}

OutputTable outputTable(const Comparison& comparison, std::size_t maximumRows)
{
    const Answers answers = answersOf(comparison);
    if (answers.probabilities.empty())
        return {};
    OutputTable table{answers.question.title, {}, answers.probabilities.front().size(), isDistribution(answers), {}};
    std::vector<std::size_t> listed = firstOf(answers.probabilities.front(), maximumRows);
    for (const auto& probabilities : answers.probabilities)
        if (const std::size_t top = firstOf(probabilities, 1).front(); !std::ranges::count(listed, top))
            listed.push_back(top);
    for (const std::size_t index : listed)
        table.rows.push_back({answers.question.label(index), {}, {}});
    for (std::size_t trace = 0; trace < answers.probabilities.size(); ++trace)
        addTrace(table, listed, answers.probabilities[trace], leftOutOf(comparison, answers.question, trace));
    return table;
}

std::vector<OutputChange> outputChanges(const Comparison& comparison)
{
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    const Answers answers = answersOf(comparison);
    std::vector<OutputChange> changes;
    if (answers.probabilities.empty())
        return changes;
    const bool distribution = isDistribution(answers);
    const std::vector<double>& a = answers.probabilities.front();
    const std::size_t topOfA = firstOf(a, 1).front();
    for (std::size_t trace = 0; trace < answers.probabilities.size(); ++trace) {
        const std::vector<double>& b = answers.probabilities[trace];
        const std::vector<std::size_t> first = firstOf(b, 2);
        changes.push_back({distribution ? klOfDistributions(a, b) : kNone,
                           distribution ? jsOfDistributions(a, b) : kNone, distribution ? totalVariation(a, b) : kNone,
                           answers.question.label(first[0]), first[0] != topOfA, b[topOfA], marginOf(b),
                           errorsOf(a, leftOutOf(comparison, answers.question, trace), distribution)});
    }
    return changes;
}

std::vector<OutputScore> outputScores(const Comparison& comparison)
{
    struct Known {
        Task task;
        const char* output;
        const char* title;
    };
    constexpr Known kKnown[] = {
        {Task::ImageTextMatching, "logits", "Image–text matching score"},
        {Task::ImageTextMatching, "itc_similarity", "Cosine of image and text"},
        {Task::ImageTextContrast, "logits_per_image", "Scaled cosine of image and text"},
    };
    std::vector<OutputScore> scores;
    for (const Known& known : kKnown) {
        const auto valuesOf = [&known](const Comparison& of) {
            std::vector<double> found;
            for (const auto& trace : of.traces)
                if (const Tensor* values = outputOf(*trace, known.output); values != nullptr)
                    found.push_back(values->values().front());
            return found;
        };
        OutputScore score{known.title, valuesOf(comparison)};
        if (known.task != comparison.model.task || score.values.size() != comparison.traces.size())
            continue;
        score.errors = outputErrors(comparison, valuesOf);
        scores.push_back(std::move(score));
    }
    return scores;
}

}  // namespace ketscope
