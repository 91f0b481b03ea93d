// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/robustness.h"

#include "core/base/error.h"
#include "core/measures/measures.h"
#include "tests/support/paths.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using namespace test;

Token token(std::int32_t id, std::size_t begin, std::size_t end, bool special = false)
{
    Token result;
    result.id = id;
    result.span = {begin, end};
    result.special = special;
    return result;
}

TEST(Robustness, TokensOfWordsThatStayAreAligned)
{
    // "é bad film" loses its second word, "film" has two pieces.
    const std::vector<Token> before = {token(1, 0, 0, true), token(5, 0, 1),  token(6, 2, 5),
                                       token(7, 6, 8),       token(8, 8, 10), token(2, 0, 0, true)};
    const std::vector<Token> after = {token(1, 0, 0, true), token(5, 0, 1), token(7, 2, 4), token(8, 4, 6),
                                      token(2, 0, 0, true)};
    PerturbedText change{{{"é", 0, false}, {"film", 2, false}}, {1}, {"é", "bad", "film"}};
    const AlignedTokens expected = {{0, 0}, {1, 1}, {3, 2}, {4, 3}, {5, 4}};
    EXPECT_EQ(survivingTokens(before, after, "é bad film", change), expected);
    change.words[1].changed = true;
    EXPECT_EQ(survivingTokens(before, after, "é bad film", change), (AlignedTokens{{0, 0}, {1, 1}, {5, 4}}));
}

TEST(Robustness, MapsAgreeByHand)
{
    // Rows of methods.md §24; the second query and key go.
    const std::array<float, 9> before = {0.7F, 0.2F, 0.1F, 0.1F, 0.8F, 0.1F, 0.25F, 0.25F, 0.5F};
    const std::array<float, 4> after = {0.5F, 0.5F, 0.25F, 0.75F};
    const MapAgreement agreement =
        agreementOf(MatrixView(before.data(), 3, 3), MatrixView(after.data(), 2, 2), {{0, 0}, {2, 1}}, 1);
    const std::array<float, 2> first = {0.875F, 0.125F};
    const std::array<float, 2> second = {1.0F / 3.0F, 2.0F / 3.0F};
    const std::array<float, 2> half = {0.5F, 0.5F};
    const std::array<float, 2> quarter = {0.25F, 0.75F};
    EXPECT_NEAR(agreement.jensenShannon, 0.5 * (jensenShannon(first, half) + jensenShannon(second, quarter)), 1e-9);
    EXPECT_NEAR(agreement.spearman, 1.0, 1e-12);  // of the second row alone: the first after is constant
    EXPECT_DOUBLE_EQ(agreement.topJaccard, 1.0);
    EXPECT_NEAR(jensenShannon(std::array{0.7F, 0.2F, 0.1F}, std::array{0.1F, 0.8F, 0.1F}), 0.222923186232, 1e-7);
    EXPECT_TRUE(
        std::isnan(agreementOf(MatrixView(before.data(), 3, 3), MatrixView(after.data(), 2, 2), {}, 1).spearman));
}

TEST(Robustness, OfTheSample)
{
    Monitor monitor;
    const auto model = loadModel(samples() / "sentiment", monitor);
    auto texts = readLabelledTexts(samples() / "sentiment" / "sentences.tsv", model->model->info().labels);
    texts.resize(12);
    const EvaluationRequest request{.candidates = {{{parseSpec("fidelity@layers=4-5")}}}, .seed = 2, .threads = 1};
    const RobustnessEvaluation gentle =
        evaluateRobustness(*model, texts, parsePerturbation("synonyms:p=1"), request, monitor);
    const RobustnessEvaluation rough =
        evaluateRobustness(*model, texts, parsePerturbation("dropout:p=0.7"), request, monitor);
    ASSERT_EQ(gentle.scores.size(), 2U);
    EXPECT_GT(gentle.changed, 4U);
    EXPECT_EQ(rough.changed, 12U);
    EXPECT_FALSE(gentle.differences.empty());
    for (std::size_t t = 0; t < 2; ++t) {
        EXPECT_GT(gentle.scores[t].jensenShannon.mean, 0.0);
        EXPECT_LT(gentle.scores[t].jensenShannon.mean, std::log(2.0));
        EXPECT_GT(gentle.scores[t].spearman.mean, rough.scores[t].spearman.mean);
        EXPECT_GT(gentle.scores[t].outputCosine.mean, rough.scores[t].outputCosine.mean);
    }
    EXPECT_THROW(evaluateRobustness(*model, texts, parsePerturbation("dropout:p=0"), request, monitor), Error);
}

}  // namespace
}  // namespace ketscope
