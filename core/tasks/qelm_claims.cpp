// SPDX-License-Identifier: GPL-3.0-or-later
// Claim 22: QELM.
#include "core/measures/number_text.h"
#include "core/tasks/claim.h"
#include "core/tasks/claim_studies.h"
#include "core/tasks/evaluation.h"

#include <cmath>

namespace ketscope {

namespace {

// The published run and the one with a larger vocabulary: loss in nats, perplexity, words.
constexpr double kLoss = 4.601739;
constexpr double kPerplexity = 63.49;
constexpr double kWords = 100.0;
constexpr double kSecondLoss = 6.90705;
constexpr double kSecondPerplexity = 600.0;
constexpr double kSecondWords = 1000.0;

ClaimFindings measureQelmLoss(const ClaimBudget& budget, Monitor& monitor)
{
    ClaimFindings findings;
    const auto add = [&](QuantityRole role, const std::string& name, const std::string& unit, const std::string& scope,
                         const Interval& value, std::optional<double> published = {}) {
        findings.quantities.push_back({role, name, unit, scope, value, published});
        return value;
    };
    const std::string run = "published run, 100 words";
    add(QuantityRole::Baseline, "Loss of a guess", "nats", "ln 100", exactly(std::log(kWords)), kLoss);
    const Interval perplexity = add(QuantityRole::AsPublished, "Perplexity that belongs to the loss", "",
                                    run + "; e^4.601739", exactly(std::exp(kLoss)), kPerplexity);
    add(QuantityRole::Baseline, "Loss of a guess", "nats", "ln 1000", exactly(std::log(kSecondWords)), kSecondLoss);
    add(QuantityRole::AsPublished, "Perplexity that belongs to the loss", "", "second run, 1000 words; e^6.90705",
        exactly(std::exp(kSecondLoss)), kSecondPerplexity);
    const Interval gain =
        add(QuantityRole::AsPublished, "Loss gained on a guess", "nats", run, exactly(std::log(kWords) - kLoss));
    const auto model = loadModel(characterStudy({}).modelPath, monitor);
    QuietMonitor quiet(monitor);
    const LanguageEvaluation evaluation =
        evaluateLanguage(*model, samplePassage(budget.of(4096, 1024)), 0, {.threads = kSampleThreads}, quiet);
    const std::string scope = "character sample, " + std::to_string(evaluation.tokens) + " characters of a play in "
                              + std::to_string(evaluation.blocks) + " blocks";
    const auto vocabulary = static_cast<double>(evaluation.vocabulary);
    add(QuantityRole::Baseline, "Loss of a guess", "nats", scope, exactly(std::log(vocabulary)));
    add(QuantityRole::Baseline, "Loss of foreseeing every character by its share", "nats", scope,
        exactly(evaluation.unigram));
    const Interval learnt =
        add(QuantityRole::Correct, "Loss of a model that has learnt", "nats", scope, evaluation.scores.front().loss);
    findings.reproduced = isReproduced(perplexity, kPerplexity);
    findings.holds = both(isAbove(gain, 0.05), findings.reproduced);
    findings.conclusion = "The published loss is " + significantText(gain.mean)
                          + " nats better than guessing among 100 words, and its perplexity would be "
                          + significantText(perplexity.mean) + ", not " + significantText(kPerplexity)
                          + ". A small model that has learnt is " + significantText(std::log(vocabulary) - learnt.mean)
                          + " nats better than a guess.";
    return findings;
}

}  // namespace

Claim qelmLossClaim()
{
    return {22,
            ClaimKind::Result,
            "QELM",
            "A loss of 4.60 with a perplexity of 63.",
            "The loss of guessing, ln V, and the perplexity e^loss beside the published numbers; the same for the "
            "character "
            "sample, with the loss of knowing only how frequent characters are.",
            "ln 100 = 4.605: the model guesses. The perplexity does not belong to the loss.",
            measureQelmLoss,
            [] { return characterStudy({"pqc@layers=2-3"}, "quantum"); }};
}

}  // namespace ketscope
