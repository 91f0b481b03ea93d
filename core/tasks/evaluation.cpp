// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/evaluation.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/formats/csv.h"
#include "core/study/token_loss.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

// −ln probability of the true class. Nats.
double lossOf(const TextAnswers& answers, std::size_t item)
{
    return -std::log(std::max(answers.probability[item], 1e-300));
}

// The mean over a trace's seeds and the given texts of what `of` says of one answer.
double meanOver(const std::vector<TextAnswers>& seeds, std::span<const std::size_t> items,
                const std::function<double(const TextAnswers&, std::size_t)>& of)
{
    double sum = 0.0;
    for (const TextAnswers& answers : seeds)
        for (const std::size_t item : items)
            sum += of(answers, item);
    return sum / static_cast<double>(seeds.size() * items.size());
}

double macroF1Of(const TextEvaluation& evaluation, const std::vector<TextAnswers>& seeds,
                 std::span<const std::size_t> items)
{
    double sum = 0.0;
    for (const TextAnswers& answers : seeds) {
        ConfusionMatrix matrix(evaluation.classes.size());
        for (const std::size_t item : items)
            matrix.add(evaluation.texts[item].label, answers.classes[item]);
        sum += matrix.macroF1();
    }
    return sum / static_cast<double>(seeds.size());
}

// The share of texts that `holds` is true of: exact for one seed, else by bootstrap.
Interval shareOf(const std::vector<TextAnswers>& seeds, std::size_t texts,
                 const std::function<bool(const TextAnswers&, std::size_t)>& holds)
{
    if (seeds.size() == 1) {
        std::size_t count = 0;
        for (std::size_t item = 0; item < texts; ++item)
            count += holds(seeds.front(), item) ? 1 : 0;
        return binomialInterval(count, texts);
    }
    return bootstrapInterval(
        texts, [&](std::span<const std::size_t> items) { return meanOver(seeds, items, holds); }, 0);
}

// The mean over a trace's seeds of what `of` says of one text, less the same of A.
std::vector<double> differences(const TextEvaluation& evaluation, std::size_t trace,
                                const std::function<double(const TextAnswers&, std::size_t)>& of)
{
    std::vector<double> result;
    for (std::size_t item = 0; item < evaluation.texts.size(); ++item)
        result.push_back(meanOver(evaluation.traces[trace], std::span(&item, 1), of)
                         - meanOver(evaluation.traces.front(), std::span(&item, 1), of));
    return result;
}

// Where no answer is another there is nothing to resample: then as sure as the accuracy's.
Interval f1Difference(const TextEvaluation& evaluation, std::size_t trace, const Interval& accuracy)
{
    const std::vector<TextAnswers>& baseline = evaluation.traces.front();
    const auto same = [&](const TextAnswers& answers) { return answers.classes == baseline.front().classes; };
    if (std::ranges::all_of(evaluation.traces[trace], same))
        return accuracy;
    return bootstrapInterval(
        evaluation.texts.size(),
        [&](std::span<const std::size_t> items) {
            return macroF1Of(evaluation, evaluation.traces[trace], items) - macroF1Of(evaluation, baseline, items);
        },
        0);
}

// Seed by seed, where the baseline has as many; else every seed with its first.
void compareOverSeeds(const TextEvaluation& evaluation, std::size_t trace, ClassificationScores& scores)
{
    const std::vector<TextAnswers>& seeds = evaluation.traces[trace];
    const std::vector<TextAnswers>& baseline = evaluation.traces.front();
    const auto matrixOf = [&](const TextAnswers& answers) {
        ConfusionMatrix matrix(evaluation.classes.size());
        for (std::size_t item = 0; item < evaluation.texts.size(); ++item)
            matrix.add(evaluation.texts[item].label, answers.classes[item]);
        return matrix;
    };
    std::vector<double> accuracy, f1;
    for (std::size_t i = 0; i < seeds.size(); ++i) {
        const ConfusionMatrix own = matrixOf(seeds[i]);
        const ConfusionMatrix other = matrixOf(baseline[baseline.size() == seeds.size() ? i : 0]);
        accuracy.push_back(own.accuracy() - other.accuracy());
        f1.push_back(own.macroF1() - other.macroF1());
    }
    scores.accuracyOverSeeds = meanInterval(accuracy);
    scores.f1OverSeeds = meanInterval(f1);
}

void compareWithBaseline(const TextEvaluation& evaluation, std::size_t trace, ClassificationScores& scores)
{
    const std::vector<TextAnswers>& seeds = evaluation.traces[trace];
    const TextAnswers& baseline = evaluation.traces.front().front();
    const auto right = [&](const TextAnswers& answers, std::size_t item) {
        return answers.classes[item] == evaluation.texts[item].label ? 1.0 : 0.0;
    };
    scores.accuracyDifference = pairedDifference(differences(evaluation, trace, right));
    scores.f1Difference = f1Difference(evaluation, trace, scores.accuracyDifference);
    scores.lossDifference = meanInterval(differences(evaluation, trace, lossOf));
    compareOverSeeds(evaluation, trace, scores);
    for (std::size_t item = 0; item < evaluation.texts.size(); ++item) {
        scores.gained += right(seeds[0], item) > right(baseline, item) ? 1 : 0;
        scores.lost += right(seeds[0], item) < right(baseline, item) ? 1 : 0;
    }
    scores.mcnemar = mcnemarProbability(scores.gained, scores.lost);
}

class TextRun {
public:
    TextRun(const LoadedModel& model, const EvaluationRequest& request) : m_model(model), m_request(request)
    {
        m_study.modelPath = model.model->info().path.string();
        m_study.candidates = request.candidates;
    }

    void add(const LabelledText& text, TextEvaluation& into, const Monitor& monitor)
    {
        const std::size_t seeds = seedsOf(m_request);
        const bool first = into.traces.empty();
        if (first)
            into.traces.resize(1 + m_request.candidates.size());
        m_study.input.text = text.text;
        ComparisonPointer run;
        for (std::size_t i = 0; i < seeds; ++i) {
            QuietMonitor quiet(monitor);
            m_study.seed = m_request.seed + i;
            run = runStudy(m_study, m_model, run, m_request.threads, quiet);
            for (std::size_t t = 0; t < run->traces.size(); ++t) {
                if (i > 0 && (t == 0 || !leavesToChance(m_request.candidates[t - 1])))
                    continue;
                if (into.traces[t].size() <= i)
                    into.traces[t].emplace_back();
                addAnswer(run->traces[t]->outputs.at("logits")->matrix().row(0), text.label, into.traces[t][i]);
            }
        }
        into.cut +=
            std::ranges::any_of(run->input.notices, [](const std::string& notice) { return notice.starts_with("Cut"); })
                ? 1
                : 0;
        if (first)
            describeTraces(*run, into.titles, into.published);
    }

private:
    const LoadedModel& m_model;
    const EvaluationRequest& m_request;
    Study m_study;
};

class LanguageRun {
public:
    LanguageRun(const LoadedModel& model, const EvaluationRequest& request)
        : m_model(model), m_request(request), m_losses(1 + request.candidates.size())
    {
        m_study.modelPath = model.model->info().path.string();
        m_study.candidates = request.candidates;
    }

    // Of a candidate that leaves something to chance: the mean over the seeds.
    void add(std::span<const std::int32_t> tokens, LanguageEvaluation& into, const Monitor& monitor)
    {
        m_study.input.tokenIds.assign(tokens.begin(), tokens.end());
        const std::size_t seeds = seedsOf(m_request);
        std::vector<double> sums(m_losses.size(), 0.0);
        ComparisonPointer run;
        for (std::size_t i = 0; i < seeds; ++i) {
            QuietMonitor quiet(monitor);
            m_study.seed = m_request.seed + i;
            run = runStudy(m_study, m_model, run, m_request.threads, quiet);
            const std::vector<TokenLoss> found = tokenLosses(*run);
            for (std::size_t t = 0; t < sums.size(); ++t)
                sums[t] += found.at(t).mean / static_cast<double>(seeds);
        }
        for (std::size_t t = 0; t < sums.size(); ++t)
            m_losses[t].push_back(sums[t]);
        into.tokens += tokens.size() - 1;
        if (++into.blocks == 1)
            describeTraces(*run, into.titles, into.published);
    }

    void conclude(LanguageEvaluation& into) const
    {
        for (const std::vector<double>& losses : m_losses) {
            std::vector<double> difference(losses.size());
            std::ranges::transform(losses, m_losses.front(), difference.begin(), std::minus<>());
            const Interval mean = meanInterval(losses);
            into.scores.push_back({mean, meanInterval(difference), std::exp(mean.mean)});
        }
    }

private:
    const LoadedModel& m_model;
    const EvaluationRequest& m_request;
    Study m_study;
    std::vector<std::vector<double>> m_losses;  // of every trace, one for each block
};

// −Σ share ln share over the tokens that are foreseen. Nats.
double unigramLoss(std::span<const std::int32_t> tokens)
{
    std::map<std::int32_t, std::size_t> counts;
    for (const std::int32_t token : tokens)
        ++counts[token];
    double loss = 0.0;
    for (const auto& [token, count] : counts) {
        const double share = static_cast<double>(count) / static_cast<double>(tokens.size());
        loss -= share * std::log(share);
    }
    return loss;
}

}  // namespace

void addAnswer(std::span<const float> logits, std::size_t label, TextAnswers& answers)
{
    const double top = *std::ranges::max_element(logits);
    std::vector<double> probabilities;
    for (const float logit : logits)
        probabilities.push_back(std::exp(logit - top));
    const double sum = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
    for (double& p : probabilities)
        p /= sum;
    const auto first = std::ranges::max_element(probabilities);
    double second = 0.0;
    for (auto p = probabilities.begin(); p != probabilities.end(); ++p)
        second = p == first ? second : std::max(second, *p);
    answers.classes.push_back(static_cast<std::size_t>(first - probabilities.begin()));
    answers.probability.push_back(probabilities.at(label));
    answers.margin.push_back(*first - second);
}

std::size_t seedsOf(const EvaluationRequest& request)
{
    return std::ranges::any_of(request.candidates, leavesToChance) ? std::max<std::size_t>(request.seeds, 1) : 1;
}

void describeTraces(const Comparison& comparison, std::vector<TraceTitle>& titles, std::vector<bool>& published)
{
    for (std::size_t t = 0; t < comparison.traces.size(); ++t) {
        titles.push_back(traceTitle(comparison, t));
        published.push_back(t > 0 && reproducesPublished(comparison.study.candidates[t - 1]));
    }
}

bool leavesToChance(const Plan& plan)
{
    return std::ranges::any_of(plan.entries, [](const PlanEntry& entry) {
        const MechanismProperties properties = entry.mechanism->properties(entry.parameters);
        return properties.sampled || properties.randomFeatures;
    });
}

bool reproducesPublished(const Plan& plan)
{
    return std::ranges::any_of(plan.entries,
                               [](const PlanEntry& entry) { return !publishedFaults(entry.parameters).empty(); });
}

TextEvaluation evaluateTexts(const LoadedModel& model, std::vector<LabelledText> texts,
                             const EvaluationRequest& request, Monitor& monitor)
{
    const ModelInfo& info = model.model->info();
    if (info.task != Task::SequenceClassification || !model.tokenizer)
        refuse({info.path.string(), "a model that classifies texts", std::string(taskName(info.task)),
                "Choose another model or task."});
    TextEvaluation evaluation{std::move(texts), info.labels, {}, {}, {}};
    TextRun run(model, request);
    for (std::size_t i = 0; i < evaluation.texts.size(); ++i) {
        monitor.check();
        monitor.progress(static_cast<double>(i) / static_cast<double>(evaluation.texts.size()),
                         "Text " + std::to_string(i + 1) + " of " + std::to_string(evaluation.texts.size()));
        run.add(evaluation.texts[i], evaluation, monitor);
    }
    return evaluation;
}

ClassificationScores scoresOf(const TextEvaluation& evaluation, std::size_t trace)
{
    const std::vector<TextAnswers>& seeds = evaluation.traces.at(trace);
    const std::size_t texts = evaluation.texts.size();
    ClassificationScores scores;
    scores.seeds = seeds.size();
    scores.accuracy = shareOf(seeds, texts, [&](const TextAnswers& answers, std::size_t item) {
        return answers.classes[item] == evaluation.texts[item].label;
    });
    scores.agreement = shareOf(seeds, texts, [&](const TextAnswers& answers, std::size_t item) {
        return answers.classes[item] == evaluation.traces.front().front().classes[item];
    });
    scores.f1 = bootstrapInterval(
        texts, [&](std::span<const std::size_t> items) { return macroF1Of(evaluation, seeds, items); }, 0);
    const auto mean = [&](const std::function<double(const TextAnswers&, std::size_t)>& of) {
        return bootstrapInterval(
            texts, [&](std::span<const std::size_t> items) { return meanOver(seeds, items, of); }, 0);
    };
    scores.margin = mean([](const TextAnswers& answers, std::size_t item) { return answers.margin[item]; });
    scores.loss = mean(lossOf);
    compareWithBaseline(evaluation, trace, scores);
    return scores;
}

LanguageEvaluation evaluateLanguage(const LoadedModel& model, const std::string& text, std::size_t block,
                                    const EvaluationRequest& request, Monitor& monitor)
{
    const ModelInfo& info = model.model->info();
    if (info.task != Task::CausalLanguageModelling || !model.tokenizer)
        refuse({info.path.string(), "a causal language model with a tokenizer", std::string(taskName(info.task)),
                "Choose another model or task."});
    std::vector<std::int32_t> tokens;
    for (const Token& token : model.tokenizer->encode(text, std::nullopt, {.addSpecial = false}).tokens)
        tokens.push_back(token.id);
    if (tokens.size() < 2)
        refuse({"text", "at least two tokens", std::to_string(tokens.size()), "Give a longer text."});
    const std::size_t most = std::max<std::size_t>(info.maximumPositions, 2);
    const std::size_t length = block == 0 ? most : std::clamp<std::size_t>(block, 2, most);
    LanguageEvaluation evaluation;
    evaluation.vocabulary = info.vocabularySize;
    evaluation.unigram = unigramLoss(tokens);
    LanguageRun run(model, request);
    for (std::size_t begin = 0; begin + 2 <= tokens.size(); begin += length) {
        monitor.check();
        monitor.progress(static_cast<double>(begin) / static_cast<double>(tokens.size()),
                         "Token " + std::to_string(begin) + " of " + std::to_string(tokens.size()));
        run.add(std::span(tokens).subspan(begin, std::min(length, tokens.size() - begin)), evaluation, monitor);
    }
    run.conclude(evaluation);
    return evaluation;
}

void writeAnswers(const TextEvaluation& evaluation, const std::filesystem::path& file)
{
    std::string text = "trace,title,text,class,answer,probability_of_class,margin\n";
    for (std::size_t t = 0; t < evaluation.traces.size(); ++t) {
        const TextAnswers& answers = evaluation.traces[t].front();
        const TraceTitle& title = evaluation.titles[t];
        for (std::size_t i = 0; i < evaluation.texts.size(); ++i)
            text += traceTag(t) + ',' + csvField(title.title + (title.detail.empty() ? "" : " " + title.detail)) + ','
                    + csvField(evaluation.texts[i].text) + ',' + csvField(evaluation.classes[evaluation.texts[i].label])
                    + ',' + csvField(evaluation.classes[answers.classes[i]]) + ','
                    + shortestNumber(answers.probability[i]) + ',' + shortestNumber(answers.margin[i]) + '\n';
    }
    writeTextFile(file, text);
}

}  // namespace ketscope
