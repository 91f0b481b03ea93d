// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/gradient_check.h"

#include <gtest/gtest.h>

namespace ketscope {
namespace {

using namespace test;

// A loss that also looks at the weights: Σ G ⊙ output + Σ U ⊙ weights.
TEST(ExactGradient, LossesMayLookAtTheWeights)
{
    RandomHead head(4, 5, 3, 2);
    head.input.mask.causal = true;
    const Mechanism& exact = mechanism("exact");
    const Tensor ofOutput = normalTensor(4, 2, 7);
    const Tensor ofWeights = normalTensor(4, 5, 8);
    Tensor queries = Tensor::zeros({4, 3});
    Tensor weights = Tensor::zeros({4, 5});
    exact.backward(head.input, exact.defaults(), {ofOutput.matrix(), ofWeights.matrix()},
                   {.queries = queries.matrix(), .weights = weights.matrix()}, Monitor());
    const auto loss = [&] {
        const HeadResult result = runHead(exact, head.input, exact.defaults());
        double sum = 0.0;
        for (std::size_t i = 0; i < ofOutput.size(); ++i)
            sum += static_cast<double>(ofOutput.values()[i]) * result.output.values()[i];
        for (std::size_t i = 0; i < ofWeights.size(); ++i)
            sum += static_cast<double>(ofWeights.values()[i]) * result.weights.values()[i];
        return sum;
    };
    for (std::size_t i = 0; i < queries.size(); ++i) {
        float& moved = head.queries.values()[i];
        const float before = moved;
        const double slope = centralSlope(
            [&](double step) {
                moved = before + static_cast<float>(step);
                return loss();
            },
            4e-3);
        moved = before;
        EXPECT_NEAR(queries.values()[i], slope, 2e-3) << i;
    }
    // As if the weights were free: dL/dW = G Vᵀ + U.
    for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 5; ++j) {
            double expected = ofWeights.matrix()(i, j);
            for (std::size_t c = 0; c < 2; ++c)
                expected += static_cast<double>(ofOutput.matrix()(i, c)) * head.values.matrix()(j, c);
            EXPECT_NEAR(weights.matrix()(i, j), expected, 1e-5);
        }
}

}  // namespace
}  // namespace ketscope
