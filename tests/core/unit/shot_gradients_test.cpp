// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/random_head.h"
#include "tests/support/statistics.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using namespace test;
using Changes = std::vector<std::pair<std::string, std::string>>;

const Mechanism& shots() { return mechanism("shots"); }

struct Gradients {
    Tensor queries = Tensor::zeros({4, 3});
    Tensor keys = Tensor::zeros({6, 3});
    Tensor values = Tensor::zeros({6, 2});
    Tensor weights = Tensor::zeros({4, 6});

    std::vector<Tensor*> all() { return {&queries, &keys, &values, &weights}; }
};

// With losses on outputs and on weights.
Gradients gradientsOf(const HeadInput& input, const Changes& changes)
{
    Gradients result;
    const Tensor output = normalTensor(4, 2, 51);
    const Tensor weights = normalTensor(4, 6, 52);
    shots().backward(input, with(shots(), changes), {output.matrix(), weights.matrix()},
                     {.queries = result.queries.matrix(),
                      .keys = result.keys.matrix(),
                      .values = result.values.matrix(),
                      .weights = result.weights.matrix()},
                     Monitor());
    return result;
}

// dV = Pᵀ dH, dP = dH Vᵀ + its own, dL = P ⊙ (dP − rowsum(P ⊙ dP)), dQ = dL K · scale, dK = dLᵀ Q · scale; in double.
Gradients definition(const RandomHead& head)
{
    const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
    const Tensor output = normalTensor(4, 2, 51);
    const Tensor weights = normalTensor(4, 6, 52);
    Gradients result;
    for (std::size_t i = 0; i < 4; ++i) {
        double f[6] = {};
        double mean = 0.0;
        for (std::size_t j = 0; j < 6; ++j) {
            f[j] = weights.matrix()(i, j);
            for (std::size_t c = 0; c < 2; ++c) {
                f[j] += static_cast<double>(output.matrix()(i, c)) * head.values.matrix()(j, c);
                result.values.matrix()(j, c) += exact.weight(i, j) * output.matrix()(i, c);
            }
            mean += f[j] * exact.weight(i, j);
            result.weights.matrix()(i, j) = static_cast<float>(f[j]);
        }
        for (std::size_t j = 0; j < 6; ++j)
            for (std::size_t c = 0; c < 3; ++c) {
                const auto logit = static_cast<float>(exact.weight(i, j) * (f[j] - mean)) * head.input.scale;
                result.queries.matrix()(i, c) += logit * head.keys.matrix()(j, c);
                result.keys.matrix()(j, c) += logit * head.queries.matrix()(i, c);
            }
    }
    return result;
}

TEST(ShotGradients, ExpectedIsTheGradientOfTheMeanOutput)
{
    RandomHead head(4, 6, 3, 2);
    head.input.mask.causal = true;
    Gradients expected = definition(head);
    for (const Changes& changes : {Changes{}, Changes{{"estimator", "systematic"}}, Changes{{"estimator", "hybrid"}},
                                   Changes{{"estimator", "exact"}}, Changes{{"control", "top-k"}}}) {
        Gradients found = gradientsOf(head.input, changes);
        for (std::size_t which = 0; which < 4; ++which)
            for (std::size_t i = 0; i < found.all()[which]->size(); ++i)
                EXPECT_NEAR(found.all()[which]->data()[i], expected.all()[which]->data()[i], 2e-6) << which;
    }
}

// Both are unbiased for a loss that is linear in output and weights, on average over seeds.
TEST(ShotGradients, SampledGradientsAverageToTheExpectedOne)
{
    RandomHead head(4, 6, 3, 2);
    head.input.mask.causal = true;
    Gradients expected = definition(head);
    for (const char* kind : {"straight-through", "score-function"})
        for (const Changes& estimator :
             {Changes{{"shots", "5"}}, Changes{{"shots", "1"}}, Changes{{"estimator", "systematic"}, {"shots", "3"}},
              Changes{{"estimator", "hybrid"}, {"shots", "2"}}, Changes{{"shots", "4"}, {"repeats", "3"}},
              Changes{{"shots", "12"}, {"control", "top-k"}, {"control-keys", "2"}}}) {
            Changes changes = estimator;
            changes.emplace_back("gradient", kind);
            std::vector<std::vector<Samples>> spread = {std::vector<Samples>(12), std::vector<Samples>(18),
                                                        std::vector<Samples>(12)};
            for (std::uint64_t seed = 0; seed < 1500; ++seed) {
                head.input.random.seed = seed;
                Gradients found = gradientsOf(head.input, changes);
                for (std::size_t which = 0; which < 3; ++which)
                    for (std::size_t i = 0; i < spread[which].size(); ++i)
                        spread[which][i].add(found.all()[which]->data()[i]);
            }
            for (std::size_t which = 0; which < 3; ++which)
                for (std::size_t i = 0; i < spread[which].size(); ++i)
                    EXPECT_LT(std::abs(spread[which][i].mean() - expected.all()[which]->data()[i]),
                              4.0 * spread[which][i].errorOfMean() + 2e-6)
                        << kind << " " << estimator.front().second << " " << which << " " << i;
        }
}

// The score function's variance falls as 1/S.
TEST(ShotGradients, MoreShotsGiveASteadierScoreFunction)
{
    RandomHead head(4, 6, 3, 2);
    const auto spreadWith = [&](const char* count) {
        Samples samples;
        for (std::uint64_t seed = 0; seed < 3000; ++seed) {
            head.input.random.seed = seed;
            samples.add(gradientsOf(head.input, {{"shots", count}, {"gradient", "score-function"}}).queries.data()[0]);
        }
        return samples.variance();
    };
    EXPECT_NEAR(spreadWith("16") / spreadWith("256"), 16.0, 3.0);
}

TEST(ShotGradients, KindsAreDeclared)
{
    const auto kind = [](const Changes& changes) { return shots().properties(with(shots(), changes)).gradient; };
    EXPECT_EQ(kind({}), GradientKind::Expected);
    EXPECT_EQ(kind({{"gradient", "straight-through"}}), GradientKind::StraightThrough);
    EXPECT_EQ(kind({{"gradient", "score-function"}}), GradientKind::ScoreFunction);
    EXPECT_EQ(kind({{"estimator", "exact"}, {"gradient", "score-function"}}), GradientKind::Exact);
    EXPECT_EQ(kind({{"register", "on"}}), GradientKind::None);
    EXPECT_EQ(kind({{"control", "blend-twenty"}}), GradientKind::None);
}

}  // namespace
}  // namespace ketscope
