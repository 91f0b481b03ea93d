// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/gradient_check.h"

#include <cmath>
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

// The output of one head in double precision.
std::vector<double> outputInDouble(const std::vector<double>& q, const std::vector<double>& k,
                                   const std::vector<double>& v, std::size_t keys, double scale)
{
    const std::size_t d = k.size() / keys;
    const std::size_t width = v.size() / keys;
    std::vector<double> output(q.size() / d * width, 0.0);
    for (std::size_t i = 0; i < q.size() / d; ++i) {
        std::vector<double> p(keys);
        double sum = 0.0;
        for (std::size_t j = 0; j < keys; ++j) {
            for (std::size_t c = 0; c < d; ++c)
                p[j] += scale * q[i * d + c] * k[j * d + c];
            sum += p[j] = std::exp(p[j]);
        }
        for (std::size_t j = 0; j < keys; ++j)
            for (std::size_t c = 0; c < width; ++c)
                output[i * width + c] += p[j] / sum * v[j * width + c];
    }
    return output;
}

// Differences of double precision, so that 1e-6 means something.
TEST(ExactGradient, IsTheSlopeToOneInAMillion)
{
    const RandomHead head(5, 7, 4, 3);
    const Tensor upstream = normalTensor(5, 3, 77);
    Tensor found[3] = {Tensor::zeros({5, 4}), Tensor::zeros({7, 4}), Tensor::zeros({7, 3})};
    const Mechanism& exact = mechanism("exact");
    exact.backward(head.input, exact.defaults(), {upstream.matrix(), {}},
                   {.queries = found[0].matrix(), .keys = found[1].matrix(), .values = found[2].matrix()}, Monitor());
    std::vector<double> at[3];
    for (const auto& [which, tensor] : {std::pair{0, &head.queries}, {1, &head.keys}, {2, &head.values}})
        at[which].assign(tensor->values().begin(), tensor->values().end());
    for (std::size_t which = 0; which < 3; ++which)
        for (std::size_t i = 0; i < at[which].size(); ++i) {
            const double slope = centralSlope(
                [&](double step) {
                    const double before = at[which][i];
                    at[which][i] += step;
                    const auto output = outputInDouble(at[0], at[1], at[2], 7, head.input.scale);
                    at[which][i] = before;
                    double loss = 0.0;
                    for (std::size_t c = 0; c < output.size(); ++c)
                        loss += upstream.values()[c] * output[c];
                    return loss;
                },
                1e-5);
            EXPECT_NEAR(found[which].values()[i], slope, 1e-6 * (1.0 + std::abs(slope))) << which << " " << i;
        }
}

// softmax(L + c) = softmax(L), and keys that are alike share the weight.
TEST(ExactAttention, KnowsNoShiftAndNoDifferenceOfEqualKeys)
{
    RandomHead head(6, 9, 8, 4);
    const Mechanism& exact = mechanism("exact");
    const HeadResult plain = runHead(exact, head.input, exact.defaults());
    Tensor shift({6, 9});
    for (std::size_t i = 0; i < 6; ++i)
        std::ranges::fill(shift.matrix().row(i), static_cast<float>(i) - 2.5F);
    head.input.mask.additive = shift.matrix();
    const HeadResult shifted = runHead(exact, head.input, exact.defaults());
    for (std::size_t cell = 0; cell < plain.weights.size(); ++cell)
        EXPECT_NEAR(shifted.weights.values()[cell], plain.weights.values()[cell], 1e-6);
    head.input.mask = {};
    for (std::size_t j = 1; j < 9; ++j)
        std::ranges::copy(head.keys.matrix().row(0), head.keys.matrix().row(j).begin());
    const HeadResult alike = runHead(exact, head.input, exact.defaults());
    for (const float weight : alike.weights.values())
        EXPECT_NEAR(weight, 1.0F / 9.0F, 1e-7);
}

}  // namespace
}  // namespace ketscope
