// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/measures/alignment.h"
#include "core/measures/rollout.h"
#include "core/measures/transport.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::ElementsAre;
using testing::Pair;

Tensor matrixOf(std::size_t rows, std::size_t columns, const std::vector<float>& values)
{
    Tensor tensor({rows, columns});
    std::ranges::copy(values, tensor.values().begin());
    return tensor;
}

std::vector<float> valuesOf(const Tensor& tensor) { return {tensor.values().begin(), tensor.values().end()}; }

// Two text tokens, a class token and three patches, as a single-stream model has them.
Tensor jointMap()
{
    return matrixOf(6, 6, {0.10F, 0.20F, 0.20F, 0.10F, 0.25F, 0.15F,  //
                           0.40F, 0.10F, 0.00F, 0.30F, 0.10F, 0.10F,  //
                           0.50F, 0.50F, 0.00F, 0.00F, 0.00F, 0.00F,  //
                           0.05F, 0.15F, 0.60F, 0.20F, 0.00F, 0.00F,  //
                           0.25F, 0.25F, 0.10F, 0.10F, 0.20F, 0.10F,  //
                           0.30F, 0.10F, 0.10F, 0.10F, 0.10F, 0.30F});
}

// The rows and columns of the block are those of text and patches: neither the class token nor a shifted slice gets in.
TEST(ReducedBlock, IsTheBlockAndNothingElse)
{
    const Tensor map = jointMap();
    const MatrixView view = map.matrix();
    const Tensor words = reducedBlock({{view}}, {0, 2, 3, 3, {}}, false);
    EXPECT_THAT(valuesOf(words), ElementsAre(0.10F, 0.25F, 0.15F, 0.30F, 0.10F, 0.10F));
    const Tensor patches = reducedBlock({{view}}, {3, 3, 0, 2, {}}, false);
    EXPECT_THAT(valuesOf(patches), ElementsAre(0.05F, 0.15F, 0.25F, 0.25F, 0.30F, 0.10F));
    EXPECT_THAT(massOnBlock({{view}}, {0, 2, 3, 3, {}}),
                ElementsAre(testing::DoubleNear(0.5, 1e-7), testing::DoubleNear(0.5, 1e-7)));
}

TEST(ReducedBlock, LeavesAKeyOutAndRenormalises)
{
    const Tensor map = jointMap();
    const Tensor words = reducedBlock({{map.matrix()}}, {0, 2, 3, 3, 2}, false);
    EXPECT_FLOAT_EQ(words.matrix()(0, 1), 0.25F / 0.8F);
    EXPECT_FLOAT_EQ(words.matrix()(1, 0), 0.30F);  // nothing was on the class token
    // A row with nothing else has no weights left; dividing 0 by 0 is not 0.
    const Tensor alone = matrixOf(1, 3, {1.0F, 0.0F, 0.0F});
    EXPECT_TRUE(std::isnan(reducedBlock({{alone.matrix()}}, {0, 1, 1, 2, 0}, false).matrix()(0, 0)));
}

// Three heads, so that taking layers for heads or the other way round shows.
TEST(ReducedBlock, TakesTheMeanOrTheLargestOverHeads)
{
    const Tensor first = matrixOf(1, 3, {0.5F, 0.5F, 0.0F}), second = matrixOf(1, 3, {0.0F, 0.2F, 0.8F}),
                 third = matrixOf(1, 3, {0.2F, 0.2F, 0.6F});
    const std::vector<MatrixView> heads = {first.matrix(), second.matrix(), third.matrix()};
    EXPECT_THAT(valuesOf(reducedBlock(heads, {0, 1, 0, 3, {}}, true)), ElementsAre(0.5F, 0.5F, 0.8F));
    const Tensor mean = reducedBlock(heads, {0, 1, 0, 3, {}}, false);
    EXPECT_NEAR(mean.matrix()(0, 0), 0.7 / 3.0, 1e-7);
    EXPECT_NEAR(mean.matrix()(0, 2), 1.4 / 3.0, 1e-7);
    // Key 0 is left out of each head before the mean, whose rows then sum to 1.
    const Tensor rest = reducedBlock(heads, {0, 1, 1, 2, 0}, false);
    EXPECT_NEAR(rest.matrix()(0, 0), (1.0 + 0.2 + 0.25) / 3.0, 1e-6);
    EXPECT_NEAR(rest.matrix()(0, 0) + rest.matrix()(0, 1), 1.0, 1e-6);
}

TEST(Cosines, AreScaleFree)
{
    const Tensor a = matrixOf(2, 2, {3.0F, 0.0F, 1.0F, 1.0F}),
                 b = matrixOf(3, 2, {2.0F, 0.0F, 0.0F, -5.0F, 0.0F, 0.0F});
    const Tensor found = cosines(a.matrix(), b.matrix());
    EXPECT_FLOAT_EQ(found.matrix()(0, 0), 1.0F);
    EXPECT_FLOAT_EQ(found.matrix()(0, 1), 0.0F);
    EXPECT_NEAR(found.matrix()(1, 1), -std::sqrt(0.5), 1e-7);
    EXPECT_FLOAT_EQ(found.matrix()(1, 2), 0.0F);
}

// Patches that are one-hot colours and tokens that are their names align as the permutation that was put in, and the
// two directions differ when a token has no patch.
TEST(LateInteraction, FindsThePermutationAndIsAsymmetric)
{
    const Tensor values = matrixOf(3, 2, {0.0F, 1.0F, 1.0F, 0.0F, 0.2F, 0.1F});
    const LateInteraction found = lateInteraction(values.matrix());
    EXPECT_THAT(found.bestPatch, ElementsAre(1, 0, 0));
    EXPECT_THAT(found.bestToken, ElementsAre(1, 0));
    EXPECT_NEAR(found.textScore, (1.0 + 1.0 + 0.2) / 3.0, 1e-7);
    EXPECT_NEAR(found.imageScore, 1.0, 1e-7);
    EXPECT_THAT(mutualBest(found), ElementsAre(Pair(0, 1), Pair(1, 0)));
    const std::vector<std::uint8_t> rows = {1, 0, 1};
    const LateInteraction without = lateInteraction(values.matrix(), rows);
    EXPECT_NEAR(without.textScore, (1.0 + 0.2) / 2.0, 1e-7) << "padding counts in no mean";
    EXPECT_NEAR(without.imageScore, (0.2 + 1.0) / 2.0, 1e-7);
    EXPECT_THAT(mutualBest(without, rows), ElementsAre(Pair(0, 1), Pair(2, 0)));
}

TEST(SharedLargest, CountsWhatBothHave)
{
    const std::vector<float> a = {0.5F, 0.4F, 0.3F, 0.2F, 0.1F, 0.0F}, b = {0.0F, 0.5F, 0.3F, 0.1F, 0.2F, 0.4F};
    EXPECT_EQ(sharedLargest(a, b, 2), 1U);
    EXPECT_EQ(sharedLargest(a, b, 5), 4U);
    EXPECT_EQ(sharedLargest(a, a, 9), 6U);
}

TEST(BoxMass, CountsPartsOfPatches)
{
    const std::vector<float> weights = {0.2F, 0.6F, 0.0F};
    EXPECT_NEAR(boxMass(weights, std::vector<double>{1.0, 0.5, 1.0}), 0.5 / 0.8, 1e-6);
    EXPECT_TRUE(std::isnan(boxMass(std::vector<float>{-0.1F, 0.2F}, std::vector<double>{1.0, 1.0})));
    EXPECT_TRUE(std::isnan(boxMass(std::vector<float>{0.0F, 0.0F}, std::vector<double>{1.0, 1.0})));
    EXPECT_TRUE(pointsInto(weights, std::vector<std::uint8_t>{0, 1, 0}));
    EXPECT_FALSE(pointsInto(weights, std::vector<std::uint8_t>{1, 0, 1}));
}

TensorPointer randomLayer(std::size_t heads, std::size_t tokens, std::uint16_t seed, bool causal = false)
{
    auto layer = std::make_shared<Tensor>(std::vector<std::size_t>{heads, tokens, tokens});
    RandomStream random({seed}, 0);
    for (std::size_t head = 0; head < heads; ++head)
        for (std::size_t row = 0; row < tokens; ++row) {
            double sum = 0.0;
            for (std::size_t key = 0; key < tokens; ++key)
                sum += layer->matrix({head})(row, key) = causal && key > row ? 0.0F : float(0.01 + random.uniform());
            for (std::size_t key = 0; key < tokens; ++key)
                layer->matrix({head})(row, key) /= static_cast<float>(sum);
        }
    return layer;
}

// R = Ã(L) … Ã(1) as it is written, with full matrices.
std::vector<double> rolloutByDefinition(const std::vector<TensorPointer>& layers)
{
    const std::size_t n = layers.front()->shape()[1];
    std::vector<double> flow(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i)
        flow[i * n + i] = 1.0;
    for (const TensorPointer& layer : layers) {
        std::vector<double> next(n * n, 0.0);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t k = 0; k < n; ++k) {
                double mean = 0.0;
                for (std::size_t head = 0; head < layer->shape()[0]; ++head)
                    mean += double(layer->matrix({head})(i, k)) / double(layer->shape()[0]);
                const double step = 0.5 * mean + (i == k ? 0.5 : 0.0);
                for (std::size_t j = 0; j < n; ++j)
                    next[i * n + j] += step * flow[k * n + j];
            }
        flow = next;
    }
    return flow;
}

TEST(Rollout, IsTheProductOfItsDefinition)
{
    for (const bool causal : {false, true}) {
        const std::vector<TensorPointer> layers = {randomLayer(3, 7, 1, causal), randomLayer(2, 7, 2, causal),
                                                   randomLayer(3, 7, 3, causal), randomLayer(1, 7, 4, causal)};
        const std::vector<double> expected = rolloutByDefinition(layers);
        const Tensor found = attentionRollout(layers, 2, 4);
        ASSERT_EQ(found.shape(), (std::vector<std::size_t>{4, 7}));
        for (std::size_t row = 0; row < 4; ++row) {
            double sum = 0.0;
            for (std::size_t key = 0; key < 7; ++key) {
                EXPECT_NEAR(found.matrix()(row, key), expected[(row + 2) * 7 + key], 2e-7);
                sum += double(found.matrix()(row, key));
            }
            EXPECT_NEAR(sum, 1.0, 1e-6);
        }
    }
}

TEST(Rollout, OfOneLayerIsHalfItsAttentionAndHalfTheToken)
{
    const TensorPointer layer = randomLayer(1, 4, 9);
    const Tensor found = attentionRollout(std::vector<TensorPointer>{layer}, 0, 4);
    for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 4; ++j)
            EXPECT_NEAR(found.matrix()(i, j), 0.5F * layer->matrix({0})(i, j) + (i == j ? 0.5F : 0.0F), 1e-7);
}

Tensor randomScores(std::size_t rows, std::size_t columns)
{
    Tensor scores({rows, columns});
    RandomStream random({11}, 0);
    for (float& score : scores.values())
        score = static_cast<float>(random.normal());
    return scores;
}

TEST(Transport, HasTheMarginsThatItSays)
{
    const Tensor scores = randomScores(4, 9);
    const std::vector<std::uint8_t> rows = {1, 1, 0, 1};
    const TransportPlan plan = entropicTransport(scores.matrix(), rows, {0.1, 2000, 1e-8});
    EXPECT_TRUE(plan.converged);
    EXPECT_LT(plan.marginalError, 1e-8);
    EXPECT_GT(plan.iterations, 1U);
    for (std::size_t i = 0; i < 4; ++i) {
        double sum = 0.0;
        for (std::size_t j = 0; j < 9; ++j)
            sum += double(plan.plan.matrix()(i, j));
        EXPECT_NEAR(sum, i == 2 ? 0.0 : 1.0 / 3.0, 1e-6);
    }
    for (std::size_t j = 0; j < 9; ++j) {
        double sum = 0.0;
        for (std::size_t i = 0; i < 4; ++i)
            sum += double(plan.plan.matrix()(i, j));
        EXPECT_NEAR(sum, 1.0 / 9.0, 1e-6);
    }
}

// The plan is exp((f + g + s) / ε): for any two rows and columns the cross ratio is that of the scores.
TEST(Transport, HasTheFormOfTheEntropicOptimum)
{
    const Tensor scores = randomScores(3, 5);
    const auto [least, most] = std::ranges::minmax(scores.values());
    const double epsilon = 0.2 * (double(most) - double(least));
    const TransportPlan plan = entropicTransport(scores.matrix(), {}, {0.2, 2000, 1e-9});
    const auto log = [&](std::size_t i, std::size_t j) { return std::log(double(plan.plan.matrix()(i, j))); };
    const auto score = [&](std::size_t i, std::size_t j) { return double(scores.matrix()(i, j)); };
    for (std::size_t i = 1; i < 3; ++i)
        for (std::size_t j = 1; j < 5; ++j)
            EXPECT_NEAR(log(0, 0) + log(i, j) - log(0, j) - log(i, 0),
                        (score(0, 0) + score(i, j) - score(0, j) - score(i, 0)) / epsilon, 1e-4);
}

// Little entropy and a permutation: the plan is the permutation.
TEST(Transport, FindsAPermutation)
{
    const Tensor scores = matrixOf(3, 3, {0.1F, 0.9F, 0.0F, 0.8F, 0.1F, 0.2F, 0.0F, 0.3F, 0.7F});
    const TransportPlan plan = entropicTransport(scores.matrix());
    for (const auto& [i, j] : {std::pair{0, 1}, {1, 0}, {2, 2}})
        EXPECT_NEAR(plan.plan.matrix()(static_cast<std::size_t>(i), static_cast<std::size_t>(j)), 1.0 / 3.0, 1e-3);
    EXPECT_THROW(entropicTransport(matrixOf(1, 2, {NAN, 0.0F}).matrix()), Error);
}

}  // namespace
}  // namespace ketscope
