// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/fourier_features.h"
#include "core/attention/positive_features.h"
#include "tests/support/random_head.h"
#include "tests/support/statistics.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;

const Mechanism& performer() { return mechanism("performer"); }

double dotProduct(std::span<const float> a, std::span<const float> b)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += static_cast<double>(a[i]) * b[i];
    return sum;
}

Tensor twoPoints()
{
    Tensor points({2, 4});
    const std::vector<float> values = {0.3F, -0.2F, 0.1F, 0.4F, 0.2F, 0.1F, -0.3F, 0.25F};
    std::ranges::copy(values, points.data());
    return points;
}

// e^{s(x) + s(y)} φ(x)·φ(y)/m for one seed.
double estimate(const Tensor& points, const PositiveSettings& settings, std::uint64_t seed)
{
    const PositiveFeatures map(points.shape()[1], settings, {.seed = seed});
    Tensor features({2, map.size()});
    std::vector<double> exponents(2);
    map.apply(points.matrix(), features.matrix(), exponents);
    return std::exp(exponents[0] + exponents[1]) * dotProduct(features.matrix().row(0), features.matrix().row(1))
           / static_cast<double>(map.size());
}

TEST(PositiveFeatures, MeanIsTheSoftmaxKernelAndVarianceTheClosedForm)
{
    const Tensor points = twoPoints();
    const double product = dotProduct(points.matrix().row(0), points.matrix().row(1));
    double square = 0.0;  // ‖x + y‖²
    for (std::size_t i = 0; i < 4; ++i)
        square += std::pow(static_cast<double>(points.matrix()(0, i)) + points.matrix()(1, i), 2);
    const double expected = std::exp(product);
    const double variance = std::exp(square) * expected * expected * (1.0 - std::exp(-square)) / 16.0;
    Samples independent;
    Samples orthogonal;
    for (std::uint64_t seed = 0; seed < 20000; ++seed) {
        independent.add(estimate(points, {.features = 16, .epsilon = 0.0F, .orthogonal = false}, seed));
        orthogonal.add(estimate(points, {.features = 16, .epsilon = 0.0F}, seed));
    }
    EXPECT_LT(std::abs(independent.mean() - expected), 4.0 * std::sqrt(variance / 20000.0));
    EXPECT_LT(std::abs(independent.variance() - variance), 4.0 * independent.errorOfVariance());
    EXPECT_LT(std::abs(orthogonal.mean() - expected), 4.0 * orthogonal.errorOfMean());
    EXPECT_LT(orthogonal.variance(), independent.variance());
}

// Waves with the factor e^{(‖x‖² + ‖y‖²)/2}: mean squared error ½ m⁻¹ e^{‖x+y‖²} e^{−2x·y} (1 − e^{−‖x−y‖²})², m frequencies.
TEST(PositiveFeatures, TrigonometricFeaturesHaveTheOtherClosedForm)
{
    const Tensor points = twoPoints();
    const double xy = dotProduct(points.matrix().row(0), points.matrix().row(1));
    const double lengths = dotProduct(points.matrix().row(0), points.matrix().row(0))
                           + dotProduct(points.matrix().row(1), points.matrix().row(1));
    constexpr double kFrequencies = 8.0;
    const double expected = std::exp(lengths + 2.0 * xy) * std::exp(-2.0 * xy)
                            * std::pow(1.0 - std::exp(-(lengths - 2.0 * xy)), 2) / (2.0 * kFrequencies);
    Samples samples;
    for (std::uint64_t seed = 0; seed < 20000; ++seed) {
        const Tensor phi = FourierFeatures(4, {.features = 16}, {.seed = seed}).apply(points.matrix());
        samples.add(std::exp(0.5 * lengths) * dotProduct(phi.matrix().row(0), phi.matrix().row(1)));
    }
    EXPECT_LT(std::abs(samples.mean() - std::exp(xy)), 4.0 * samples.errorOfMean());
    EXPECT_LT(std::abs(samples.variance() - expected), 4.0 * samples.errorOfVariance());
}

TEST(PositiveFeatures, OrthogonalBlocksAreOrthogonal)
{
    const auto projection = gaussianProjection(20, 8, true, {.seed = 3});
    const MatrixView rows = projection->rows.matrix();
    for (std::size_t i = 0; i < 20; ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (i / 8 == j / 8) {
                EXPECT_NEAR(dotProduct(rows.row(i), rows.row(j)), 0.0, 1e-5) << i << " " << j;
            }
    const auto more = gaussianProjection(24, 8, false, {.seed = 3});
    const auto fewer = gaussianProjection(20, 8, false, {.seed = 3});
    for (std::size_t i = 0; i < 20 * 8; ++i)
        EXPECT_EQ(more->rows.values()[i], fewer->rows.values()[i]);
}

// The definition in double precision, for the frequencies of stream (f, 1).
std::vector<double> rowByDefinition(const HeadInput& input, std::size_t m, std::size_t row, std::size_t end,
                                    double epsilon)
{
    const auto featuresOf = [&](std::span<const float> point, double& largest) {
        std::vector<double> features(m);
        double square = 0.0;
        for (const float x : point)
            square += input.scale * static_cast<double>(x) * x;
        for (std::uint32_t f = 0; f < m; ++f) {
            RandomStream frequency(input.random, f, 1);
            for (const float x : point)
                features[f] += frequency.normal() * std::sqrt(static_cast<double>(input.scale)) * x;
            features[f] -= 0.5 * square;
        }
        largest = *std::ranges::max_element(features);
        for (double& feature : features)
            feature = std::exp(feature) + epsilon * std::exp(largest);
        return features;
    };
    double largest = 0.0;
    const auto query = featuresOf(input.queries.row(row), largest);
    std::vector<double> weights(input.keys.rows, 0.0);
    double sum = 0.0;
    for (std::size_t j = 0; j < end; ++j) {
        const auto key = featuresOf(input.keys.row(j), largest);
        for (std::size_t f = 0; f < m; ++f)
            weights[j] += query[f] * key[f];
        sum += weights[j];
    }
    for (double& weight : weights)
        weight /= sum;
    return weights;
}

TEST(Performer, WeightsAreTheDefinition)
{
    RandomHead head(7, 7, 6, 4);
    head.input.mask.causal = true;
    const Parameters parameters = with(performer(), {{"m", "40"}, {"orthogonal", "off"}, {"epsilon", "0.001"}});
    const HeadResult result = runHead(performer(), head.input, parameters);
    for (std::size_t i = 0; i < 7; ++i) {
        const auto expected = rowByDefinition(head.input, 40, i, i + 1, 1e-3);
        for (std::size_t j = 0; j < 7; ++j)
            EXPECT_NEAR(result.weight(i, j), expected[j], 1e-5) << i << " " << j;
    }
}

TEST(Performer, ApproachesSoftmaxWithManyFeatures)
{
    RandomHead head(6, 9, 8, 4);
    for (Tensor* tensor : {&head.queries, &head.keys})
        for (float& x : tensor->values())
            x *= 0.25F;
    const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
    const HeadResult result = runHead(performer(), head.input, with(performer(), {{"m", "4096"}}));
    for (std::size_t i = 0; i < exact.weights.size(); ++i)
        EXPECT_NEAR(result.weights.values()[i], exact.weights.values()[i], 0.01);
}

TEST(Performer, RedrawChangesTheFrequencies)
{
    RandomHead head(4, 6, 8, 4);
    const HeadResult first = runHead(performer(), head.input, performer().defaults());
    const HeadResult second = runHead(performer(), head.input, with(performer(), {{"redraw", "1"}}));
    EXPECT_NE(first.weight(0, 0), second.weight(0, 0));
}

// On data as in the published benchmark, N(0, 1) and d = 64, nothing is left of the output: its error is 1.
TEST(Performer, PublishedVariantGivesNothing)
{
    RandomHead head(32, 32, 64, 64);
    const Parameters published = with(performer(), {{"version", "as-published"}, {"m", "32"}});
    EXPECT_EQ(publishedFaults(published).size(), 1U);
    const HeadResult result = runHead(performer(), head.input, published);
    const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
    double error = 0.0;
    double whole = 0.0;
    for (std::size_t i = 0; i < exact.output.size(); ++i) {
        error += std::pow(static_cast<double>(result.output.values()[i]) - exact.output.values()[i], 2);
        whole += std::pow(static_cast<double>(exact.output.values()[i]), 2);
    }
    EXPECT_NEAR(std::sqrt(error / whole), 1.0, 1e-4);
}

}  // namespace
}  // namespace ketscope
