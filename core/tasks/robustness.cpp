// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/robustness.h"

#include "core/base/error.h"
#include "core/measures/measures.h"
#include "core/measures/row_agreement.h"
#include "core/models/heads.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace ketscope {

namespace {

constexpr std::size_t kShownDifferences = 5;

// Which word each code point belongs to; one past the last word for white space.
std::vector<std::size_t> wordsOfCharacters(const std::string& text)
{
    std::vector<std::size_t> words;
    std::size_t word = 0;
    bool inside = false;
    for (const char c : text) {
        if ((c & 0xC0) == 0x80)
            continue;
        const bool space = c == ' ' || (c >= '\t' && c <= '\r');
        word += inside && space ? 1 : 0;
        inside = !space;
        words.push_back(space ? std::numeric_limits<std::size_t>::max() : word);
    }
    return words;
}

// The places of the tokens of every word; of special tokens under `kSpecial`.
constexpr std::size_t kSpecial = std::numeric_limits<std::size_t>::max();
std::map<std::size_t, std::vector<std::size_t>> tokensOfWords(const std::vector<Token>& tokens, const std::string& text)
{
    const std::vector<std::size_t> words = wordsOfCharacters(text);
    std::map<std::size_t, std::vector<std::size_t>> places;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].special || tokens[i].padding) {
            if (!tokens[i].padding)
                places[kSpecial].push_back(i);
            continue;
        }
        std::size_t at = tokens[i].span.begin;
        while (at + 1 < tokens[i].span.end && at < words.size() && words[at] == kSpecial)
            ++at;  // white space that the token begins with
        if (at < words.size() && words[at] != kSpecial)
            places[words[at]].push_back(i);
    }
    return places;
}

bool samePieces(const std::vector<Token>& a, const std::vector<std::size_t>& atA, const std::vector<Token>& b,
                const std::vector<std::size_t>& atB)
{
    return std::ranges::equal(atA, atB, [&](std::size_t i, std::size_t j) { return a[i].id == b[j].id; });
}

// A row's weights on the given keys, divided by their sum; empty when there is none.
std::vector<float> keptWeights(std::span<const float> row, const AlignedTokens& tokens, bool after)
{
    std::vector<float> kept;
    double sum = 0.0;
    for (const auto& [first, second] : tokens) {
        kept.push_back(row[after ? second : first]);
        sum += kept.back();
    }
    for (float& weight : kept)
        weight = static_cast<float>(weight / sum);
    return sum > 0.0 ? kept : std::vector<float>();
}

// What is measured of one text and one trace.
struct Observation {
    double jensenShannon = 0.0;
    double spearman = 0.0;
    double topJaccard = 0.0;
    double cosine = 0.0;
};

struct Mean {
    double sum = 0.0;
    std::size_t count = 0;

    void add(double value)
    {
        sum += std::isnan(value) ? 0.0 : value;
        count += std::isnan(value) ? 0 : 1;
    }
    double value() const { return sum / static_cast<double>(count); }  // 0/0 = NaN
};

Observation observe(const Trace& before, const Trace& after, const AlignedTokens& tokens)
{
    const StackTrace& first = before.stacks.front();
    const StackTrace& second = after.stacks.front();
    Mean divergence;
    Mean rank;
    Mean top;
    for (std::size_t layer = 0; layer < first.attention.size(); ++layer)
        for (std::size_t head = 0; head < first.attention[layer]->shape()[0]; ++head) {
            const MapAgreement agreement = agreementOf(first.attention[layer]->matrix({head}),
                                                       second.attention[layer]->matrix({head}), tokens, kTopKeys);
            divergence.add(agreement.jensenShannon);
            rank.add(agreement.spearman);
            top.add(agreement.topJaccard);
        }
    Mean cosine;
    for (const auto& [i, j] : tokens)
        cosine.add(cosineOf(first.hidden.back()->matrix().row(i), second.hidden.back()->matrix().row(j)));
    return {divergence.value(), rank.value(), top.value(), cosine.value()};
}

Interval over(const std::vector<Observation>& all, double Observation::*field)
{
    std::vector<double> values;
    for (const Observation& each : all)
        if (std::isfinite(each.*field))
            values.push_back(each.*field);
    return meanInterval(values);
}

class RobustnessRun {
public:
    RobustnessRun(const LoadedModel& model, const EvaluationRequest& request)
        : m_model(model), m_request(request), m_observations(1 + request.candidates.size())
    {
        m_study.modelPath = model.model->info().path.string();
        m_study.candidates = request.candidates;
        m_study.seed = request.seed;
    }

    void add(const std::string& text, const PerturbedText& change, const Monitor& monitor)
    {
        const ComparisonPointer before = run(text, monitor);
        const ComparisonPointer after = run(change.text(), monitor);
        const AlignedTokens tokens = survivingTokens(before->input.tokens, after->input.tokens, text, change);
        for (std::size_t t = 0; t < m_observations.size(); ++t)
            m_observations[t].push_back(observe(*before->traces[t], *after->traces[t], tokens));
    }

    RobustnessScores scores(std::size_t trace) const
    {
        const std::vector<Observation>& all = m_observations[trace];
        return {over(all, &Observation::jensenShannon),
                over(all, &Observation::spearman),
                over(all, &Observation::topJaccard),
                over(all, &Observation::cosine),
                {},
                {}};
    }

    std::vector<double> divergence(std::size_t trace) const
    {
        std::vector<double> values;
        for (const Observation& each : m_observations[trace])
            values.push_back(each.jensenShannon);
        return values;
    }

private:
    ComparisonPointer run(const std::string& text, const Monitor& monitor)
    {
        QuietMonitor quiet(monitor);
        m_study.input.text = text;
        return runStudy(m_study, m_model, nullptr, m_request.threads, quiet);
    }

    const LoadedModel& m_model;
    const EvaluationRequest& m_request;
    Study m_study;
    std::vector<std::vector<Observation>> m_observations;
};

// Answers of both texts, trace by trace.
void addAnswers(const TextEvaluation& before, const TextEvaluation& after, RobustnessEvaluation& into)
{
    for (std::size_t t = 0; t < into.scores.size(); ++t) {
        const TextAnswers& first = before.traces[t].front();
        const TextAnswers& second = after.traces[t].front();
        std::size_t flips = 0;
        std::vector<double> lost, flipped;
        for (std::size_t i = 0; i < before.texts.size(); ++i) {
            flips += first.classes[i] != second.classes[i] ? 1 : 0;
            flipped.push_back(first.classes[i] != second.classes[i] ? 1.0 : 0.0);
            lost.push_back((first.classes[i] == before.texts[i].label ? 1.0 : 0.0)
                           - (second.classes[i] == before.texts[i].label ? 1.0 : 0.0));
        }
        into.scores[t].flips = binomialInterval(flips, before.texts.size());
        into.scores[t].accuracyLost = pairedDifference(lost);
        into.lost.push_back(std::move(lost));
        into.flipped.push_back(std::move(flipped));
    }
}

}  // namespace

AlignedTokens survivingTokens(const std::vector<Token>& before, const std::vector<Token>& after,
                              const std::string& textBefore, const PerturbedText& change)
{
    const auto old = tokensOfWords(before, textBefore);
    const auto now = tokensOfWords(after, change.text());
    AlignedTokens aligned;
    const auto add = [&](std::size_t was, std::size_t is) {
        const auto first = old.find(was);
        const auto second = now.find(is);
        if (first == old.end() || second == now.end() || !samePieces(before, first->second, after, second->second))
            return;
        for (std::size_t i = 0; i < first->second.size(); ++i)
            aligned.emplace_back(first->second[i], second->second[i]);
    };
    add(kSpecial, kSpecial);
    for (std::size_t i = 0; i < change.words.size(); ++i)
        if (!change.words[i].changed)
            add(change.words[i].origin, i);
    std::ranges::sort(aligned);
    return aligned;
}

MapAgreement agreementOf(MatrixView before, MatrixView after, const AlignedTokens& tokens, std::size_t topKeys)
{
    Mean divergence;
    Mean rank;
    Mean top;
    for (const auto& [i, j] : tokens) {
        const std::vector<float> a = keptWeights(before.row(i), tokens, false);
        const std::vector<float> b = keptWeights(after.row(j), tokens, true);
        if (a.empty() || b.empty())
            continue;
        divergence.add(jensenShannon(a, b));
        rank.add(spearman(a, b));
        top.add(topJaccard(a, b, topKeys));
    }
    return {divergence.value(), rank.value(), top.value()};
}

RobustnessEvaluation evaluateRobustness(const LoadedModel& model, const std::vector<LabelledText>& texts,
                                        const Perturbation& perturbation, const EvaluationRequest& request,
                                        Monitor& monitor)
{
    EvaluationRequest once = request;
    once.seeds = 1;
    RobustnessEvaluation result;
    result.texts = texts.size();
    std::vector<LabelledText> given;
    std::vector<LabelledText> changed;
    RobustnessRun run(model, once);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        monitor.check();
        monitor.progress(0.5 * static_cast<double>(i) / static_cast<double>(texts.size()),
                         "Text " + std::to_string(i + 1) + " of " + std::to_string(texts.size()));
        const PerturbedText change =
            perturbed(texts[i].text, perturbation, request.seed, static_cast<std::uint32_t>(i));
        if (change.isUnchanged())
            continue;
        run.add(texts[i].text, change, monitor);
        given.push_back(texts[i]);
        changed.push_back({change.text(), texts[i].label});
        if (result.differences.size() < kShownDifferences)
            result.differences.push_back(change.difference());
    }
    result.changed = given.size();
    if (given.empty())
        refuse({perturbationText(perturbation), "a text that it changes", "none", "Give more texts or a larger rate."});
    const TextEvaluation before = evaluateTexts(model, std::move(given), once, *partOf(monitor, 2, 4));
    const TextEvaluation after = evaluateTexts(model, std::move(changed), once, *partOf(monitor, 3, 4));
    result.titles = before.titles;
    result.published = before.published;
    for (std::size_t t = 0; t < before.traces.size(); ++t) {
        result.scores.push_back(run.scores(t));
        result.divergence.push_back(run.divergence(t));
    }
    addAnswers(before, after, result);
    return result;
}

}  // namespace ketscope
