// SPDX-License-Identifier: GPL-3.0-or-later
// Claims 20 and 21: QRA.
#include "core/measures/number_text.h"
#include "core/study/plan.h"
#include "core/study/summary.h"
#include "core/tasks/claim.h"
#include "core/tasks/claim_studies.h"
#include "core/tasks/evaluation.h"
#include "core/tasks/heap.h"
#include "core/tasks/normal_heads.h"
#include "core/tasks/perturbation.h"
#include "core/tasks/study_claims.h"
#include "core/tasks/timing.h"

#include <cmath>

namespace ketscope {

namespace {

constexpr QuantityRole kPublished = QuantityRole::AsPublished;
constexpr QuantityRole kCorrect = QuantityRole::Correct;
constexpr const char* kAsPublished = "rff:version=as-published,m=64@layers=4-5";

std::string kernelSpec(const char* alpha)
{
    return std::string("rff:rule=softmax,m=64,alpha=") + alpha + "@layers=4-5";
}

std::shared_ptr<const LoadedModel> sampleModel(const Monitor& monitor)
{
    QuietMonitor quiet(monitor);
    return loadModel(sentimentStudy({}).modelPath, quiet);
}

// The sentiment sample on its sentences, for one plan.
class SentimentBench {
public:
    SentimentBench(const ClaimBudget& budget, Monitor& monitor)
        : m_monitor(monitor), m_model(sampleModel(monitor)),
          m_sentences(sampleSentences(m_model->model->info(), budget.of(120, 20))), m_request{.seed = budget.seed,
                                                                                              .seeds = budget.of(5, 2),
                                                                                              .threads = kSampleThreads}
    {
    }

    TextEvaluation evaluate(const std::vector<std::string>& specs, const Perturbation* change = nullptr)
    {
        m_request.candidates.clear();
        for (const std::string& spec : specs)
            m_request.candidates.push_back({{parseSpec(spec)}});
        std::vector<LabelledText> texts = m_sentences;
        if (change != nullptr)
            for (std::size_t i = 0; i < texts.size(); ++i)
                texts[i].text = perturbed(texts[i].text, *change, m_request.seed, static_cast<std::uint32_t>(i)).text();
        QuietMonitor quiet(m_monitor);
        return evaluateTexts(*m_model, texts, m_request, quiet);
    }

    std::string scope() const
    {
        return std::to_string(m_sentences.size()) + " sentences, " + std::to_string(m_request.seeds)
               + " seeds, layers 4 and 5 of the sentiment sample, not fine-tuned";
    }

    // Mean entropy (nats) or distance (tokens) of the patched heads, of every sentence, before and after.
    std::vector<std::vector<double>> maps(const std::string& spec)
    {
        std::vector<std::vector<double>> values(4);
        Study study{.modelPath = m_model->model->info().path.string(), .candidates = {{{parseSpec(spec)}}}};
        for (const LabelledText& sentence : m_sentences) {
            QuietMonitor quiet(m_monitor);
            study.input.text = sentence.text;
            const HeadsMean mean =
                meanOver(summarizeHeads(*runStudy(study, *m_model, nullptr, kSampleThreads, quiet), 1));
            values[0].push_back(mean.maps.entropyA);
            values[1].push_back(mean.maps.entropyB);
            values[2].push_back(mean.meanDistanceA);
            values[3].push_back(mean.meanDistanceB);
        }
        return values;
    }

private:
    Monitor& m_monitor;
    std::shared_ptr<const LoadedModel> m_model;
    std::vector<LabelledText> m_sentences;
    EvaluationRequest m_request;
};

Interval percent(const Interval& share) { return scaled(share, 100.0); }

// What a plan gains on exact attention, text by text.
Interval addGains(const SentimentBench& bench, const TextEvaluation& evaluation, std::size_t trace, QuantityRole role,
                  const std::string& name, ClaimFindings& findings)
{
    const ClassificationScores scores = scoresOf(evaluation, trace);
    findings.quantities.push_back(
        {role, "Accuracy gained, " + name, "points", bench.scope(), percent(scores.accuracyDifference)});
    findings.quantities.push_back({role, "F1 gained, " + name, "points", bench.scope(), percent(scores.f1Difference)});
    findings.quantities.push_back({role, "Loss added, " + name, "nats", bench.scope(), scores.lossDifference});
    return percent(scores.accuracyDifference);
}

// Accuracy and F1 for every share of classical scores, less those of exact attention. Returns the gain as published.
Interval addAccuracies(SentimentBench& bench, const ClaimBudget& budget, ClaimFindings& findings)
{
    const std::vector<const char*> shares = budget.reduced
                                                ? std::vector<const char*>{"0", "1"}
                                                : std::vector<const char*>{"0", "0.25", "0.5", "0.75", "0.9", "1"};
    std::vector<std::string> specs = {kAsPublished};
    for (const char* alpha : shares)
        specs.push_back(kernelSpec(alpha));
    const TextEvaluation evaluation = bench.evaluate(specs);
    findings.quantities.push_back({QuantityRole::Baseline, "Accuracy, exact attention", "%", bench.scope(),
                                   percent(scoresOf(evaluation, 0).accuracy)});
    const Interval published = addGains(bench, evaluation, 1, kPublished, "as published (α = 0.9)", findings);
    for (std::size_t i = 0; i < shares.size(); ++i)
        addGains(bench, evaluation, i + 2, kCorrect, std::string("α = ") + shares[i], findings);
    return published;
}

void addMaps(SentimentBench& bench, ClaimFindings& findings)
{
    const auto values = bench.maps(kAsPublished);
    const char* const names[] = {"Entropy of rows, exact", "Entropy of rows, as published", "Mean distance, exact",
                                 "Mean distance, as published"};
    for (std::size_t i = 0; i < values.size(); ++i)
        findings.quantities.push_back({i % 2 == 0 ? QuantityRole::Baseline : kPublished, names[i],
                                       i < 2 ? "nats" : "tokens", bench.scope(), meanInterval(values[i])});
}

// Accuracy that a change of the text costs, less what it costs exact attention: negative is more robust.
Answer addRobustness(SentimentBench& bench, ClaimFindings& findings)
{
    const TextEvaluation plain = bench.evaluate({kAsPublished});
    Answer better = Answer::Yes;
    for (const char* change : {"dropout:p=0.05", "synonyms:p=0.1", "overlapping-shuffle:window=3"}) {
        const Perturbation perturbation = parsePerturbation(change);
        const TextEvaluation changed = bench.evaluate({kAsPublished}, &perturbation);
        const auto right = [&](const TextEvaluation& evaluation, std::size_t trace, std::size_t item) {
            double sum = 0.0;
            for (const TextAnswers& answers : evaluation.traces[trace])
                sum += answers.classes[item] == evaluation.texts[item].label ? 1.0 : 0.0;
            return sum / static_cast<double>(evaluation.traces[trace].size());
        };
        std::vector<double> lost;  // halved, so that it lies in [−1, 1]
        for (std::size_t item = 0; item < plain.texts.size(); ++item)
            lost.push_back(0.5
                           * ((right(plain, 1, item) - right(changed, 1, item))
                              - (right(plain, 0, item) - right(changed, 0, item))));
        const Interval more = scaled(pairedDifference(lost), 200.0);
        findings.quantities.push_back({kPublished,
                                       std::string("Accuracy lost beyond exact attention's loss, ") + change, "points",
                                       bench.scope(), more});
        better = both(better, isBelow(more, 0.0));
    }
    return better;
}

ClaimFindings measureQraWins(const ClaimBudget& budget, Monitor& monitor)
{
    ClaimFindings findings;
    monitor.progress(0.0, "Accuracy");
    SentimentBench bench(budget, monitor);
    const Interval gained = addAccuracies(bench, budget, findings);
    monitor.progress(0.5, "Entropy and distance");
    addMaps(bench, findings);
    monitor.progress(0.6, "Memory");
    const NormalHeads heads(256, 64, 1, budget.seed);
    const double more = static_cast<double>(heapPeakOf(heads.input(0), "rff:version=as-published,m=64", monitor))
                        / static_cast<double>(heapPeakOf(heads.input(0), "exact", monitor));
    findings.quantities.push_back({kPublished, "Memory of one head in that of exact attention", "×",
                                   "n = 256, d = 64, m = 64; largest heap in use", exactly(more)});
    monitor.progress(0.7, "Robustness");
    const Answer robust = addRobustness(bench, findings);
    findings.conclusion = "As published accuracy changes by " + intervalText(gained) + " points, memory is "
                          + significantText(more) + " times that of exact attention, and it is "
                          + (robust == Answer::Yes ? "more robust." : "not more robust beyond doubt.");
    // Models that are trained count for more than one that was patched.
    const ShippedStudy study = shippedStudy("qra-study");
    const StudyWins trained = addWinsStudy(study, findings);
    const Answer wins = study.results ? both(trained.accuracy, trained.robust) : both(isAbove(gained, 0.5), robust);
    findings.holds = both(wins, isBelow(exactly(more), 0.85));
    return findings;
}

// What the kernel alone, its rows divided by their sum, gains for the published sizes and bandwidths.
void addGrid(SentimentBench& bench, const ClaimBudget& budget, ClaimFindings& findings)
{
    std::vector<std::string> specs;
    std::vector<std::string> names;
    for (const char* m : {"64", "128", "256"})
        for (const char* sigma : {"0.5", "1", "2"}) {
            if (budget.reduced && !specs.empty())
                continue;
            specs.push_back(std::string("rff:m=") + m + ",sigma=" + sigma + "@layers=4-5");
            names.push_back(std::string("kernel alone, m = ") + m + ", σ = " + sigma);
        }
    const TextEvaluation evaluation = bench.evaluate(specs);
    for (std::size_t i = 0; i < specs.size(); ++i)
        addGains(bench, evaluation, i + 1, kCorrect, names[i], findings);
}

ClaimFindings measureQraSettings(const ClaimBudget& budget, Monitor& monitor)
{
    const NormalHeads heads(128, 64, budget.of(10, 2), budget.seed);
    SentimentBench bench(budget, monitor);
    ClaimFindings findings;
    const double uniform = std::log(128.0);
    for (const double sigma : {0.5, 1.0, 2.0}) {
        const std::string text = significantText(sigma);
        for (const char* m : {"64", "128", "256"}) {
            std::vector<double> entropies =
                heads.values("rff:rule=softmax,alpha=0,m=" + std::string(m) + ",sigma=" + text, "entropy", monitor);
            for (double& value : entropies)
                value /= uniform;
            findings.quantities.push_back({kCorrect, "Entropy of rows, of that of equal weights, kernel alone", "",
                                           heads.scope("σ = " + text + ", m = " + m), meanInterval(entropies)});
        }
        findings.quantities.push_back({kPublished, "Most that the kernel can move a logit, α = 0.9", "",
                                       "σ = " + text + "; 0.1 (1 − e^(−2/σ²))",
                                       exactly(0.1 * (1.0 - std::exp(-2.0 / (sigma * sigma))))});
    }
    addGrid(bench, budget, findings);
    findings.conclusion = "With these settings the kernel's rows are nearly uniform (entropy "
                          + significantText(findings.quantities[1].value.mean)
                          + " of the largest at σ = 0.5), and at α = 0.9 it moves logits by less than 0.1.";
    addGainStudy(shippedStudy("qra-study"), findings);
    return findings;
}

Study qraStudy() { return sentimentStudy({kAsPublished, kernelSpec("0")}, "entropy"); }

}  // namespace

Claim qraWinsClaim()
{
    return {
        20,
        ClaimKind::Target,
        "QRA",
        "Win A: 0.5 to 1.5 % more accuracy. Win B: at least 15 % less memory. Win C: more robust.",
        "Accuracy and F1 of the sentiment sample for shares α of classical scores from 0 to 1, paired text by text; "
        "entropy and distance before and after; memory; accuracy lost to word dropout, synonyms and shuffles. The same "
        "of "
        "models trained alike comes from a run of the recipe qra-study, which takes longer.",
        "No results were published. Both n × n score matrices are formed, so that less memory is impossible; α = 0.9 "
        "is "
        "almost the baseline.",
        measureQraWins,
        qraStudy};
}

Claim qraSettingsClaim()
{
    return {21,
            ClaimKind::Setting,
            "QRA",
            "m of 64, 128 and 256, σ of 0.5, 1 and 2; learning rate 2e-5, 3 epochs, batches of 16 or 32, 256 tokens.",
            "What these settings make of a row: its entropy with the softmax of the kernel alone, the most that the "
            "kernel can "
            "move a logit in the published mix, and what the kernel alone gains on the sentiment sample.",
            "Settings; nothing is claimed of them.",
            measureQraSettings,
            qraStudy};
}

}  // namespace ketscope
