// SPDX-License-Identifier: GPL-3.0-or-later
// Truncated softmax, uniform weights and the best map of rank r.
#include "tests/support/random_head.h"

#include <Eigen/Dense>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

namespace ketscope {
namespace {

using namespace test;

HeadResult exactOf(const HeadInput& input) { return runHead(mechanism("exact"), input, mechanism("exact").defaults()); }

TEST(TopK, TotalVariationIsTheMassLeftOut)
{
    RandomHead head(9, 20, 6, 4);
    head.input.mask.causal = true;
    const HeadResult exact = exactOf(head.input);
    const Mechanism& topK = mechanism("top-k");
    for (const std::size_t k : {1UL, 5UL, 14UL, 4096UL}) {
        const Parameters parameters = with(topK, {{"k", std::to_string(k)}});
        HeadResult result(head.input);
        Tensor tail({1, 9});
        HeadOutput output = result.view();
        output.diagnostics = tail.matrix();
        attendHead(topK, head.input, parameters, output, Monitor());
        for (std::size_t i = 0; i < 9; ++i) {
            std::vector<float> sorted(exact.weights.matrix().row(i).begin(), exact.weights.matrix().row(i).end());
            std::ranges::sort(sorted, std::greater<>());
            const double tau = std::accumulate(sorted.begin() + static_cast<std::ptrdiff_t>(std::min(k, sorted.size())),
                                               sorted.end(), 0.0);
            double variation = 0.0;
            for (std::size_t j = 0; j < 20; ++j)
                variation += 0.5 * std::abs(static_cast<double>(result.weight(i, j)) - exact.weight(i, j));
            EXPECT_NEAR(variation, tau, 1e-6);
            EXPECT_NEAR(tail.data()[i], tau, 1e-6);
            EXPECT_LE(std::ranges::count_if(result.weights.matrix().row(i), [](float w) { return w > 0.0F; }),
                      static_cast<std::ptrdiff_t>(std::min<std::size_t>(k, 12 + i)));
        }
    }
}

TEST(Uniform, IsTheMeanOfTheValuesThatMayBeSeen)
{
    RandomHead head(4, 4, 3, 2);
    head.input.mask.causal = true;
    const HeadResult result = runHead(mechanism("uniform"), head.input, mechanism("uniform").defaults());
    for (std::size_t i = 0; i < 4; ++i) {
        double mean = 0.0;
        for (std::size_t j = 0; j <= i; ++j)
            mean += static_cast<double>(head.values.matrix()(j, 0)) / static_cast<double>(i + 1);
        EXPECT_NEAR(result.output.matrix()(i, 0), mean, 1e-6);
        EXPECT_FLOAT_EQ(result.weight(i, 0), 1.0F / static_cast<float>(i + 1));
    }
}

// methods.md §0: relative output error about 0.755 on n = 32, d = 64 standard normal data.
TEST(Uniform, ErrorOnTheSourcesData)
{
    double error = 0.0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        RandomHead head(32, 32, 64, 64, seed);
        const HeadResult exact = exactOf(head.input);
        const HeadResult uniform = runHead(mechanism("uniform"), head.input, mechanism("uniform").defaults());
        double off = 0.0;
        double all = 0.0;
        for (std::size_t i = 0; i < exact.output.size(); ++i) {
            off += std::pow(uniform.output.data()[i] - exact.output.data()[i], 2);
            all += std::pow(exact.output.data()[i], 2);
        }
        error += std::sqrt(off / all) / 20.0;
    }
    EXPECT_NEAR(error, 0.755, 0.02);
}

Eigen::MatrixXd matrixOf(const Tensor& tensor)
{
    Eigen::MatrixXd result(static_cast<Eigen::Index>(tensor.matrix().rows),
                           static_cast<Eigen::Index>(tensor.matrix().columns));
    for (Eigen::Index i = 0; i < result.rows(); ++i)
        for (Eigen::Index j = 0; j < result.cols(); ++j)
            result(i, j) = tensor.matrix()(static_cast<std::size_t>(i), static_cast<std::size_t>(j));
    return result;
}

// Eckart and Young: rank r, ‖P − A‖² = Σ_{k > r} σₖ².
TEST(SvdR, IsTheBestMapOfItsRank)
{
    RandomHead head(10, 14, 6, 4);
    const Mechanism& svd = mechanism("svd-r");
    const Eigen::MatrixXd exact = matrixOf(exactOf(head.input).weights);
    const Eigen::VectorXd values = Eigen::JacobiSVD<Eigen::MatrixXd>(exact).singularValues();
    for (const int rank : {1, 3, 9, 4096}) {
        const HeadResult result = runHead(svd, head.input, with(svd, {{"rank", std::to_string(rank)}}));
        const Eigen::MatrixXd found = matrixOf(result.weights);
        const Eigen::VectorXd foundValues = Eigen::JacobiSVD<Eigen::MatrixXd>(found).singularValues();
        double rest = 0.0;
        for (Eigen::Index k = rank; k < values.size(); ++k) {
            rest += values[k] * values[k];
            EXPECT_LT(foundValues[k], 1e-6);
        }
        EXPECT_NEAR((exact - found).norm(), std::sqrt(rest), 1e-6);
        ASSERT_EQ(result.diagnostics.size(), 2U);
        EXPECT_NEAR(result.diagnostics[1].values->data()[0], std::sqrt(rest) / values.norm(), 1e-6);
        for (Eigen::Index k = 0; k < values.size(); ++k)
            EXPECT_NEAR(result.diagnostics[0].values->data()[k], values[k], 1e-6);
    }
}

TEST(Zero, IsNoOutputAndNoWeights)
{
    RandomHead head(5, 7, 4, 3);
    const HeadResult result = runHead(mechanism("zero"), head.input, mechanism("zero").defaults());
    for (std::size_t i = 0; i < 5; ++i) {
        for (const float weight : result.weights.matrix().row(i))
            EXPECT_EQ(weight, 0.0F);
        for (const float value : result.output.matrix().row(i))
            EXPECT_EQ(value, 0.0F);
    }
    EXPECT_TRUE(mechanism("zero").info().baseline);
    EXPECT_FALSE(mechanism("zero").info().properties.rowStochastic);
}

TEST(SvdR, SaysThatItReadsTheWholeMap)
{
    EXPECT_FALSE(mechanism("svd-r").info().properties.causalSafe);
    EXPECT_TRUE(mechanism("svd-r").info().baseline);
    EXPECT_TRUE(mechanism("uniform").info().baseline);
}

}  // namespace
}  // namespace ketscope
