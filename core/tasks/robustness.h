// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/evaluation.h"
#include "core/tasks/perturbation.h"

#include <string>
#include <utility>
#include <vector>

namespace ketscope {

// Tokens of a text and of the same text changed that stand for each other: (place before, place after). Those of words that
// stay the same word, wherever they are, and special tokens in their order; a word whose pieces differ is left out.
using AlignedTokens = std::vector<std::pair<std::size_t, std::size_t>>;
AlignedTokens survivingTokens(const std::vector<Token>& before, const std::vector<Token>& after,
                              const std::string& textBefore, const PerturbedText& change);

// How a head's maps of both texts agree on the tokens that survive: other rows and columns are deleted and rows divided by
// their sum (methods.md §24). Means over rows; NaN of none. Jensen–Shannon divergence in nats.
struct MapAgreement {
    double jensenShannon = 0.0;
    double spearman = 0.0;
    double topJaccard = 0.0;
};
MapAgreement agreementOf(MatrixView before, MatrixView after, const AlignedTokens& tokens, std::size_t topKeys);

inline constexpr std::size_t kTopKeys = 3;

// What a change of the text does to one trace. Means over the texts that were changed, 95 %: Student's t, exact binomial for
// the flips.
struct RobustnessScores {
    Interval jensenShannon;  // of maps, over all heads of the first stack; nats
    Interval spearman;
    Interval topJaccard;    // of the kTopKeys largest
    Interval outputCosine;  // of the last hidden states, over surviving tokens
    Interval flips;         // share of texts with another answer
    Interval accuracyLost;  // pairedDifference() of being right before and after
};
struct RobustnessEvaluation {
    std::vector<TraceTitle> titles;
    std::vector<bool> published;
    std::vector<RobustnessScores> scores;  // of A, B, …
    std::size_t texts = 0;                 // given
    std::size_t changed = 0;               // that the change made another text of
    // Of every trace and text that was changed: right before less right after (1, 0 or −1), whether the answer is another,
    // and the divergence of its maps.
    std::vector<std::vector<double>> lost;
    std::vector<std::vector<double>> flipped;
    std::vector<std::vector<double>> divergence;
    std::vector<std::string> differences;  // of the first of those, see PerturbedText::difference()
};
// One seed: request.seed, which also chooses the changes. Throws as evaluateTexts().
RobustnessEvaluation evaluateRobustness(const LoadedModel& model, const std::vector<LabelledText>& texts,
                                        const Perturbation& perturbation, const EvaluationRequest& request,
                                        Monitor& monitor);

}  // namespace ketscope
