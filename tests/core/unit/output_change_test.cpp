// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/measures/divergence.h"
#include "core/study/hidden_similarity.h"
#include "core/study/outputs_view.h"
#include "core/study/sweep.h"
#include "core/study/token_loss.h"

#include <cmath>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

TensorPointer tensorOf(const std::vector<std::size_t>& shape, const std::vector<float>& values)
{
    Tensor tensor(shape);
    std::ranges::copy(values, tensor.data());
    return std::make_shared<const Tensor>(std::move(tensor));
}

// One trace for each set of logits.
Comparison classes(const std::vector<std::vector<float>>& logits)
{
    Comparison comparison;
    comparison.model.task = Task::SequenceClassification;
    for (const auto& each : logits) {
        auto trace = std::make_shared<Trace>();
        trace->outputs["logits"] = tensorOf({1, each.size()}, each);
        comparison.traces.push_back(std::move(trace));
    }
    return comparison;
}

float logit(double p) { return static_cast<float>(std::log(p)); }

TEST(Divergence, ByHand)
{
    const std::vector<double> p = {0.5, 0.5, 0.0}, q = {0.25, 0.25, 0.5};
    EXPECT_NEAR(klOfDistributions(p, q), std::log(2.0), 1e-15);
    EXPECT_NEAR(totalVariation(p, q), 0.5, 1e-15);
    // m = (3/8, 3/8, 1/4): JS = ½ ln(4/3) + ½ (½ ln(2/3) + ½ ln 2).
    EXPECT_NEAR(jsOfDistributions(p, q), 0.5 * std::log(4.0 / 3.0) + 0.25 * (std::log(2.0 / 3.0) + std::log(2.0)),
                1e-15);
    EXPECT_EQ(klOfDistributions(p, p), 0.0);
}

TEST(OutputChange, ByHand)
{
    const Comparison comparison = classes({{logit(0.6), logit(0.3), logit(0.1)}, {logit(0.2), logit(0.3), logit(0.5)}});
    const std::vector<OutputChange> changes = outputChanges(comparison);
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].kl, 0.0);
    EXPECT_FALSE(changes[0].topChanged);
    EXPECT_NEAR(changes[0].margin, 0.3, 1e-6);
    EXPECT_NEAR(changes[1].kl, 0.6 * std::log(3.0) + 0.1 * std::log(0.2), 1e-6);
    EXPECT_NEAR(changes[1].totalVariation, 0.4, 1e-6);
    EXPECT_EQ(changes[1].top, "2");
    EXPECT_TRUE(changes[1].topChanged);
    EXPECT_NEAR(changes[1].topOfA, 0.2, 1e-6);
    EXPECT_NEAR(changes[1].margin, 0.2, 1e-6);
}

TEST(OutputTable, ListsTheFirstAnswerOfEveryTraceWithItsRank)
{
    const OutputTable table = outputTable(
        classes({{logit(0.6), logit(0.3), logit(0.06), logit(0.04)}, {logit(0.2), logit(0.1), logit(0.1), logit(0.6)}}),
        1);
    ASSERT_EQ(table.rows.size(), 2U);
    EXPECT_EQ(table.known, 4U);
    EXPECT_EQ(table.rows[0].label, "0");
    EXPECT_THAT(table.rows[0].rank, ElementsAre(1U, 2U));
    EXPECT_EQ(table.rows[1].label, "3");
    EXPECT_THAT(table.rows[1].rank, ElementsAre(4U, 1U));
    EXPECT_THAT(table.rest, ElementsAre(DoubleNear(0.36, 1e-6), DoubleNear(0.2, 1e-6)));
}

TEST(OutputTable, SurvivesOutputsThatAreNoNumbers)
{
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Comparison comparison = classes({{1, 2, 3}, {nan, nan, nan}});
    EXPECT_EQ(outputTable(comparison, 1).rows.front().label, "2");
    EXPECT_TRUE(std::isnan(outputChanges(comparison)[1].kl));
}

TEST(HiddenSimilarity, OfVectorsByHand)
{
    const std::vector<float> a = {3, 0}, b = {3, 4}, zero = {0, 0};
    EXPECT_NEAR(similarity(a, b).cosine, 0.6, 1e-12);
    EXPECT_NEAR(similarity(a, b).relativeError, 4.0 / 3.0, 1e-12);
    EXPECT_TRUE(std::isnan(similarity(zero, b).cosine));
    EXPECT_TRUE(std::isnan(similarity(zero, b).relativeError));
}

TEST(HiddenSimilarity, MeansLeavePaddingOut)
{
    Comparison comparison;
    comparison.model.stacks = {{.name = "text", .layers = 1, .heads = 1}};
    comparison.input.model.attentionMask = {1, 1, 0};
    comparison.input.model.tokenIds = {1, 2, 0};
    for (const std::vector<float>& last :
         {std::vector<float>{1, 0, 3, 0, 1, 1}, std::vector<float>{0, 1, 3, 4, -1, -1}}) {
        auto trace = std::make_shared<Trace>();
        trace->stacks.push_back(
            {.name = "text", .hidden = {tensorOf({3, 2}, {1, 2, 3, 4, 5, 6}), tensorOf({3, 2}, last)}});
        comparison.traces.push_back(std::move(trace));
    }
    const auto layers = hiddenByLayer(comparison, 1, 0);
    ASSERT_EQ(layers.size(), 2U);
    EXPECT_NEAR(layers[0].cosine, 1.0, 1e-12);
    EXPECT_EQ(layers[0].relativeError, 0.0);
    EXPECT_NEAR(layers[1].cosine, (0.0 + 0.6) / 2.0, 1e-12);
    EXPECT_NEAR(layers[1].relativeError, (std::sqrt(2.0) + 4.0 / 3.0) / 2.0, 1e-12);
    const auto tokens = hiddenByToken(comparison, 1, 0, 1);
    ASSERT_EQ(tokens.size(), 3U);
    EXPECT_NEAR(tokens[1].cosine, 0.6, 1e-12);
    EXPECT_TRUE(std::isnan(tokens[2].cosine));
}

TEST(HiddenSimilarity, CrossAttentionGoesIntoTheStackOfItsQueries)
{
    Comparison comparison;
    comparison.model.stacks = {{.name = "vision", .layers = 2, .queries = TokenAxis::Image, .keys = TokenAxis::Image},
                               {.name = "text", .layers = 2},
                               {.name = "cross", .layers = 2, .keys = TokenAxis::Image}};
    auto trace = std::make_shared<Trace>();
    const TensorPointer hidden = tensorOf({1, 1}, {1});
    trace->stacks = {{.name = "vision", .hidden = {hidden}}, {.name = "text", .hidden = {hidden}}, {.name = "cross"}};
    comparison.traces = {trace};
    EXPECT_EQ(hiddenStack(comparison, 0), 0U);
    EXPECT_EQ(hiddenStack(comparison, 2), 1U);
    trace->stacks[1].hidden.clear();
    EXPECT_EQ(hiddenStack(comparison, 2), std::nullopt);
}

TEST(TokenLoss, PerplexityByHand)
{
    Comparison comparison;
    comparison.model.task = Task::CausalLanguageModelling;
    comparison.input.model.tokenIds = {0, 1, 2};
    comparison.input.model.attentionMask = {1, 1, 1};
    auto trace = std::make_shared<Trace>();
    // Token 1 is foreseen with probability ½ and token 2 with ⅛.
    trace->outputs["logits"] = tensorOf({3, 3}, {logit(0.25) + 900, logit(0.5) + 900, logit(0.25) + 900, logit(0.5),
                                                 logit(0.375), logit(0.125), 0, 0, 0});
    comparison.traces.push_back(std::move(trace));
    const std::vector<TokenLoss> losses = tokenLosses(comparison);
    ASSERT_EQ(losses.size(), 1U);
    EXPECT_EQ(losses[0].tokens, 2U);
    EXPECT_NEAR(losses[0].probability[0], 0.5, 1e-4);  // 900 leaves four digits of a float
    EXPECT_NEAR(losses[0].loss[1], std::log(8.0), 1e-6);
    EXPECT_TRUE(std::isnan(losses[0].loss[2]));
    EXPECT_NEAR(losses[0].perplexity, 4.0, 1e-3);
    comparison.input.model.attentionMask = {1, 1, 0};
    EXPECT_EQ(tokenLosses(comparison)[0].tokens, 1U);
    comparison.model.task = Task::SequenceClassification;
    EXPECT_TRUE(tokenLosses(comparison).empty());
}

TEST(SweepValues, GoAroundThePresentOne)
{
    Parameter count{.id = "m", .title = "m", .help = ""};
    count.kind = ParameterKind::Integer;
    count.minimum = 1;
    count.maximum = 4096;
    count.initial = 128;
    count.logarithmic = true;
    Parameter rate{.id = "r", .title = "r", .help = ""};
    rate.initial = 0.3;
    Parameter kind{.id = "k", .title = "k", .help = ""};
    kind.kind = ParameterKind::Choice;
    kind.choices = {"one", "two"};
    const std::vector<Parameter> all = {count, rate, kind};
    Parameters parameters(all);
    EXPECT_THAT(automaticValues(parameters, all[0]),
                ElementsAre("16", "32", "64", "128", "256", "512", "1024", "2048"));
    EXPECT_THAT(automaticValues(parameters, all[1], 5), ElementsAre("0", "0.25", "0.3", "0.5", "0.75"));
    EXPECT_THAT(automaticValues(parameters, all[2]), ElementsAre("one", "two"));
    parameters.set("m", 3);
    // By ratio 8 is nearer to 3 than 1 is.
    EXPECT_THAT(automaticValues(parameters, all[0], 4), ElementsAre("2", "3", "4", "8"));
}

TEST(SweepIsCurrent, UntilSomethingElseThanTheAxesChanges)
{
    Sweep sweep;
    sweep.request.study.modelPath = "m";
    sweep.request.candidate = parseSpec("rff:m=64@layers=1");
    sweep.request.axes = {{"m", {"16", "32"}}};
    Study study = sweep.request.study;
    study.candidates = {{{parseSpec("rff:m=16@layers=1")}}};
    EXPECT_TRUE(sweepIsCurrent(sweep, study));
    study.candidates = {{{parseSpec("rff:m=16@layers=2")}}};
    EXPECT_FALSE(sweepIsCurrent(sweep, study));
    study.candidates = {{{parseSpec("rff:m=16@layers=1")}}};
    study.input.text = "another";
    EXPECT_FALSE(sweepIsCurrent(sweep, study));
}

TEST(OutputsView, IsReadBack)
{
    const OutputsView view{20, true, HiddenMeasure::RelativeError, "seconds"};
    EXPECT_EQ(outputsViewFromJson(toJson(view), "view"), view);
    EXPECT_THROW(outputsViewFromJson({{"rows", 0}}, "view"), Error);
    EXPECT_THROW(outputsViewFromJson({{"sweep_measure", "beauty"}}, "view"), Error);
}

}  // namespace
}  // namespace ketscope
