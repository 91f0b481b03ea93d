// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/measures/rollout.h"
#include "core/study/relevance.h"
#include "core/study/token_flow.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/paths.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::HasSubstr;

// A text model with two traces; the view asks for `quantity` at `layer`.
std::shared_ptr<Comparison> run(MapQuantity quantity, std::size_t layer)
{
    Monitor monitor;
    const auto folder = test::fixtures() / "models" / "bert-seqcls";
    const auto model = loadModel(folder, monitor);
    Study study{.modelPath = folder.string()};
    study.input.text = "the movie is not bad";
    study.candidates = {{{parseSpec("rff:m=64")}}};
    auto comparison = std::make_shared<Comparison>(*runStudy(study, *model, nullptr, 1, monitor));
    comparison->loaded = model;
    comparison->study.view.heatmap.quantity = quantity;
    comparison->study.selection.layer = layer;
    return comparison;
}

// Of the first layer alone: (mean of heads + I) / 2.
TEST(TokenFlowTest, RolloutOfOneLayerIsHalfTheMeanOfItsHeads)
{
    Monitor monitor;
    const auto comparison = run(MapQuantity::Rollout, 0);
    EXPECT_EQ(tokenFlow(*comparison), nullptr);
    EXPECT_THAT(flowDelay(*comparison), HasSubstr("not been computed"));
    computeFlow(*comparison, 1, monitor);
    EXPECT_EQ(flowDelay(*comparison), "");
    const auto flow = tokenFlow(*comparison);
    ASSERT_EQ(flow->traces.size(), 2U);
    for (std::size_t trace = 0; trace < 2; ++trace) {
        const Tensor& layer = *comparison->traces[trace]->stacks[0].attention[0];
        const std::size_t heads = layer.shape()[0], tokens = layer.shape()[1];
        for (std::size_t query = 0; query < tokens; ++query)
            for (std::size_t key = 0; key < tokens; ++key) {
                double mean = query == key ? 1.0 : 0.0;
                for (std::size_t head = 0; head < heads; ++head)
                    mean += static_cast<double>(layer.matrix({head})(query, key)) / static_cast<double>(heads);
                EXPECT_NEAR(flow->traces[trace]->matrix()(query, key), mean / 2.0, 1e-6);
            }
    }
}

TEST(TokenFlowTest, RolloutGoesUpToTheSelectedLayerAndBelongsToNoHead)
{
    Monitor monitor;
    const auto comparison = run(MapQuantity::Rollout, 1);
    computeFlow(*comparison, 1, monitor);
    const auto flow = tokenFlow(*comparison);
    const auto& layers = comparison->traces[1]->stacks[0].attention;
    const Tensor all = attentionRollout(std::span(layers).first(2), 0, layers[0]->shape()[1]);
    EXPECT_TRUE(std::ranges::equal(flow->traces[1]->values(), all.values()));
    comparison->study.selection.head = 1;
    EXPECT_EQ(tokenFlow(*comparison), flow);
    comparison->study.selection.layer = 0;
    EXPECT_EQ(tokenFlow(*comparison), nullptr) << "it is of another layer";
    comparison->study.view.heatmap.quantity = MapQuantity::Weights;
    EXPECT_EQ(flowDelay(*comparison), "");
}

TEST(TokenFlowTest, RowsOfRelevanceSumToOneAndAreThoseOfTheRules)
{
    Monitor monitor;
    const auto comparison = run(MapQuantity::Relevance, 0);
    computeFlow(*comparison, 1, monitor);
    const auto flow = tokenFlow(*comparison);
    const auto relevance = comparison->alignments->relevance(*comparison);
    ASSERT_NE(relevance, nullptr);
    EXPECT_EQ(flow->answer, relevance->answer);
    for (std::size_t trace = 0; trace < 2; ++trace) {
        const MatrixView rules = relevance->traces[trace][0]->matrix(), shown = flow->traces[trace]->matrix();
        for (std::size_t query = 0; query < shown.rows; ++query) {
            double sum = 0.0, rulesSum = 0.0;
            for (std::size_t key = 0; key < shown.columns; ++key) {
                sum += static_cast<double>(shown(query, key));
                rulesSum += static_cast<double>(rules(query, key));
            }
            EXPECT_NEAR(sum, 1.0, 1e-5);
            EXPECT_NEAR(static_cast<double>(shown(query, 0)) * rulesSum, static_cast<double>(rules(query, 0)), 1e-5);
        }
    }
    comparison->study.selection.layer = 1;
    EXPECT_EQ(tokenFlow(*comparison), flow) << "relevance goes through all layers";
}

TEST(TokenFlowTest, SaysWhatIsMissing)
{
    Monitor monitor;
    const auto comparison = run(MapQuantity::Relevance, 1);
    comparison->loaded = nullptr;
    EXPECT_THAT(flowDelay(*comparison), HasSubstr("Open the run's own model"));
    EXPECT_THROW(computeFlow(*comparison, 1, monitor), Error);
    comparison->study.view.heatmap.quantity = MapQuantity::Rollout;
    auto thinned = std::make_shared<Trace>(*comparison->traces[1]);
    thinned->stacks[0].attention[0] = nullptr;
    comparison->traces[1] = thinned;
    EXPECT_THAT(flowDelay(*comparison), HasSubstr("some were not kept"));
    comparison->model.stacks[0].keys = TokenAxis::Image;
    EXPECT_THAT(flowDelay(*comparison), HasSubstr("cross-attention"));
}

TEST(TokenFlowTest, RolloutIsCancelled)
{
    test::CancelledAfter monitor;
    const auto comparison = run(MapQuantity::Rollout, 1);
    EXPECT_THROW(computeFlow(*comparison, 1, monitor), Error);
    EXPECT_EQ(tokenFlow(*comparison), nullptr);
}

}  // namespace
}  // namespace ketscope
