// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/classification.h"
#include "core/study/comparison.h"
#include "core/text/labelled_texts.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ketscope {

// What is evaluated: A with exact softmax, and every candidate with seeds `seed`, `seed` + 1, … (one seed where it leaves
// nothing to chance).
struct EvaluationRequest {
    std::vector<Plan> candidates = {};
    std::uint64_t seed = 0;
    std::size_t seeds = 1;
    int threads = 0;
};

// What a trace answers to every text.
struct TextAnswers {
    std::vector<std::size_t> classes = {};
    std::vector<double> probability = {};  // of the true class
    std::vector<double> margin = {};       // most probable class less the second's
};

struct TextEvaluation {
    std::vector<LabelledText> texts;
    std::vector<std::string> classes;
    std::vector<TraceTitle> titles;                // of A, B, …
    std::vector<bool> published;                   // reproduces published code: not to be ranked
    std::vector<std::vector<TextAnswers>> traces;  // A, B, …: one for each seed
    std::size_t cut = 0;                           // texts that were longer than the model takes
};

// Runs a classifier over all texts. Throws Error: Input for a model that classifies no texts or a plan that does not fit it,
// Cancelled.
TextEvaluation evaluateTexts(const LoadedModel& model, std::vector<LabelledText> texts,
                             const EvaluationRequest& request, Monitor& monitor);

// One trace's figures, means over its seeds. Intervals are of 95 % over the texts, taken as drawn from all such texts: exact
// binomial (accuracy and agreement of one seed), else bootstrap. Differences are this trace less A, text by text.
struct ClassificationScores {
    Interval accuracy;
    Interval f1;                  // macro
    Interval agreement;           // share of texts with A's answer
    Interval margin;              // of probabilities
    Interval loss;                // −ln probability of the true class, nats
    Interval accuracyDifference;  // pairedDifference()
    Interval f1Difference;        // no interval where no answer is another
    Interval lossDifference;      // Student's t over the texts
    // Of the differences: Student's t over the seeds, for these texts; one seed: no interval. Each seed is paired with A's
    // where A has as many.
    Interval accuracyOverSeeds;
    Interval f1OverSeeds;
    std::size_t gained = 0;  // texts that only this trace answers rightly, first seed
    std::size_t lost = 0;    // that only A does
    double mcnemar = 1.0;    // of these two (mcnemarProbability)
    std::size_t seeds = 1;
};
ClassificationScores scoresOf(const TextEvaluation& evaluation, std::size_t trace);

// How well a causal model foresees a text, cut into blocks of at most `block` tokens (0 = as many as the model takes).
struct LanguageScores {
    Interval loss;        // nats per token; mean over blocks, Student's t over blocks
    Interval difference;  // less A's, block by block
    double perplexity = 0.0;
};
struct LanguageEvaluation {
    std::vector<TraceTitle> titles;
    std::vector<bool> published;
    std::vector<LanguageScores> scores;
    std::size_t tokens = 0;  // foreseen
    std::size_t blocks = 0;
    std::size_t vocabulary = 0;
    double unigram = 0.0;  // loss of always foreseeing every token with its share of this text, nats per token
};
LanguageEvaluation evaluateLanguage(const LoadedModel& model, const std::string& text, std::size_t block,
                                    const EvaluationRequest& request, Monitor& monitor);

// Adds the answer that the largest of `logits` gives, probabilities being their softmax.
void addAnswer(std::span<const float> logits, std::size_t label, TextAnswers& answers);
// Seeds to run: one when no candidate leaves anything to chance.
std::size_t seedsOf(const EvaluationRequest& request);
// Titles of a run's traces, and whether each reproduces published code.
void describeTraces(const Comparison& comparison, std::vector<TraceTitle>& titles, std::vector<bool>& published);

// Whether a plan leaves something to chance, so that several seeds make sense.
bool leavesToChance(const Plan& plan);
// Whether a plan reproduces published code.
bool reproducesPublished(const Plan& plan);

// A line for every text and trace, of the first seed: text, class, answer, probability, margin (RFC 4180).
void writeAnswers(const TextEvaluation& evaluation, const std::filesystem::path& file);

}  // namespace ketscope
