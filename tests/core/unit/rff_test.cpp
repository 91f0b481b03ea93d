// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/fourier_features.h"
#include "tests/support/random_head.h"
#include "tests/support/statistics.h"

#include <cmath>
#include <gmock/gmock.h>
#include <numbers>

namespace ketscope {
namespace {

using namespace test;

const Mechanism& rff() { return mechanism("rff"); }

double dotProduct(std::span<const float> a, std::span<const float> b)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += static_cast<double>(a[i]) * b[i];
    return sum;
}

double kernel(std::span<const float> x, std::span<const float> y, double sigma)
{
    double square = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i)
        square += (static_cast<double>(x[i]) - y[i]) * (static_cast<double>(x[i]) - y[i]);
    return std::exp(-square / (2.0 * sigma * sigma));
}

// φ(x)·φ(y) of the two rows of `points` for one seed.
double estimate(const Tensor& points, const FourierSettings& settings, std::uint64_t seed)
{
    const Tensor features =
        FourierFeatures(points.shape()[1], settings, {.seed = seed, .layer = 1, .head = 2}).apply(points.matrix());
    return dotProduct(features.matrix().row(0), features.matrix().row(1));
}

Samples estimates(const Tensor& points, const FourierSettings& settings, std::uint64_t seeds)
{
    Samples samples;
    for (std::uint64_t seed = 0; seed < seeds; ++seed)
        samples.add(estimate(points, settings, seed));
    return samples;
}

Tensor twoPoints(std::vector<float> x, const std::vector<float>& y)
{
    Tensor points({2, x.size()});
    x.insert(x.end(), y.begin(), y.end());
    std::ranges::copy(x, points.data());
    return points;
}

TEST(FourierFeatures, MeanAndVarianceOfBothMapsAreTheClosedForms)
{
    const Tensor points = twoPoints({1.0F, 0.0F}, {0.0F, 1.0F});
    for (const double sigma : {0.8, 1.0, 2.0})
        for (const FourierMap map : {FourierMap::Paired, FourierMap::Cosine}) {
            const double kappa = kernel(points.matrix().row(0), points.matrix().row(1), sigma);
            const FourierSettings settings{.features = 32, .sigma = sigma, .map = map};
            const Samples samples = estimates(points, settings, 20000);
            const double spread = (1.0 - kappa * kappa) * (1.0 - kappa * kappa);
            const double variance = (map == FourierMap::Paired ? spread : 0.5 * spread + 0.5) / 32.0;
            EXPECT_LT(std::abs(samples.mean() - kappa), 4.0 * std::sqrt(variance / 20000.0)) << sigma;
            EXPECT_LT(std::abs(samples.variance() - variance), 4.0 * samples.errorOfVariance()) << sigma;
        }
}

TEST(FourierFeatures, KernelOfOrthogonalUnitVectorsIsOneOverE)
{
    const Tensor points = twoPoints({1.0F, 0.0F}, {0.0F, 1.0F});
    EXPECT_NEAR(kernel(points.matrix().row(0), points.matrix().row(1), 1.0), 0.36787944117, 1e-11);
    // 16 seeds of 4096 features: standard error (1 − κ²)/√65536 = 0.0034.
    EXPECT_NEAR(estimates(points, {.features = 4096}, 16).mean(), 0.36787944117, 4 * 0.0034);
}

TEST(FourierFeatures, PairedFeaturesHaveLengthOne)
{
    const Tensor points = normalTensor(40, 12, 3);
    for (const bool orthogonal : {false, true}) {
        const FourierSettings settings{.features = 64, .sigma = 0.7, .orthogonal = orthogonal};
        const Tensor features = FourierFeatures(12, settings, {.seed = 4}).apply(points.matrix());
        for (std::size_t i = 0; i < 40; ++i)
            EXPECT_NEAR(dotProduct(features.matrix().row(i), features.matrix().row(i)), 1.0, 1e-6);
    }
}

TEST(FourierFeatures, OrthogonalFrequenciesKeepTheMeanAndLowerTheVariance)
{
    Tensor points = Tensor::zeros({2, 8});
    points.matrix()(0, 0) = 1.0F;
    points.matrix()(1, 3) = 1.0F;
    const double kappa = kernel(points.matrix().row(0), points.matrix().row(1), 1.0);
    const Samples independent = estimates(points, {.features = 16}, 20000);
    const Samples orthogonal = estimates(points, {.features = 16, .orthogonal = true}, 20000);
    EXPECT_LT(std::abs(orthogonal.mean() - kappa), 4.0 * std::sqrt(orthogonal.variance() / 20000.0));
    EXPECT_LT(orthogonal.variance(), 0.9 * independent.variance());
}

TEST(FourierFeatures, MoreFeaturesKeepTheOnesBefore)
{
    const Tensor points = normalTensor(3, 5, 8);
    const Tensor few =
        FourierFeatures(5, {.features = 16, .map = FourierMap::Cosine}, {.seed = 9}).apply(points.matrix());
    const Tensor many =
        FourierFeatures(5, {.features = 64, .map = FourierMap::Cosine}, {.seed = 9}).apply(points.matrix());
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t f = 0; f < 16; ++f)
            EXPECT_NEAR(few.matrix()(i, f), 2.0F * many.matrix()(i, f), 1e-6);
}

TEST(FourierFeatures, OddNumbersOfPairedFeaturesAreRoundedDown)
{
    EXPECT_EQ(FourierFeatures(4, {.features = 17}, {}).size(), 16U);
    EXPECT_EQ(FourierFeatures(4, {.features = 17, .map = FourierMap::Cosine}, {}).size(), 17U);
}

// φ(x) in double precision: frequency f is drawn from stream (f, 1), its phase from (f, 2).
std::vector<double> featuresByDefinition(const std::vector<double>& x, const Parameters& parameters,
                                         const RandomKey& key)
{
    const bool paired = parameters.choice("map") == "paired";
    const auto m = static_cast<std::uint32_t>(parameters.integer("m"));
    const std::uint32_t frequencies = paired ? m / 2 : m;
    std::vector<double> features(m);
    for (std::uint32_t f = 0; f < frequencies; ++f) {
        RandomStream frequency(key, f, 1);
        double angle = paired ? 0.0 : 2.0 * std::numbers::pi * RandomStream(key, f, 2).uniform();
        for (const double xi : x)
            angle += frequency.normal() / parameters.real("sigma") * xi;
        features[f] = std::sqrt(2.0 / m) * std::cos(angle);
        if (paired)
            features[frequencies + f] = std::sqrt(2.0 / m) * std::sin(angle);
    }
    return features;
}

std::vector<double> vectorByDefinition(std::span<const float> row, bool unitNorm)
{
    const double norm = unitNorm ? std::sqrt(dotProduct(row, row)) : 1.0;
    std::vector<double> x(row.begin(), row.end());
    for (double& xi : x)
        xi /= norm;
    return x;
}

// One row of weights, allowing keys 0 … end − 1.
std::vector<double> rowByDefinition(const HeadInput& input, const Parameters& parameters, std::size_t row,
                                    std::size_t end)
{
    const bool unitNorm = parameters.flag("unit-norm");
    const bool direct = parameters.choice("rule") == "direct";
    const auto query =
        featuresByDefinition(vectorByDefinition(input.queries.row(row), unitNorm), parameters, input.random);
    std::vector<double> weights(input.keys.rows, 0.0);
    double sum = 0.0;
    for (std::size_t j = 0; j < end; ++j) {
        const auto key =
            featuresByDefinition(vectorByDefinition(input.keys.row(j), unitNorm), parameters, input.random);
        double score = 0.0;
        for (std::size_t f = 0; f < key.size(); ++f)
            score += query[f] * key[f];
        const double alpha = parameters.real("alpha");
        const double classical = dotProduct(input.queries.row(row), input.keys.row(j)) * input.scale;
        weights[j] = direct ? std::max(score, 0.0)
                            : std::exp((alpha * classical + (1.0 - alpha) * score) / parameters.real("tau"));
        sum += weights[j];
    }
    for (std::size_t j = 0; j < end; ++j)
        weights[j] = sum > 0.0 ? weights[j] / sum : 1.0 / static_cast<double>(end);
    return weights;
}

TEST(Rff, WeightsAreTheDefinition)
{
    RandomHead head(7, 7, 6, 4);
    head.input.mask.causal = true;
    const std::vector<Parameters> cases = {
        rff().defaults(),
        with(rff(), {{"map", "cosine"}, {"m", "30"}}),
        with(rff(), {{"unit-norm", "off"}, {"sigma", "2"}, {"m", "64"}}),
        with(rff(), {{"rule", "softmax"}, {"tau", "0.3"}, {"sigma", "0.5"}}),
        with(rff(), {{"rule", "softmax"}, {"alpha", "0.9"}}),
        with(rff(), {{"rule", "softmax"}, {"alpha", "1"}}),
    };
    for (const Parameters& parameters : cases) {
        const HeadResult result = runHead(rff(), head.input, parameters);
        for (std::size_t i = 0; i < 7; ++i) {
            const auto expected = rowByDefinition(head.input, parameters, i, i + 1);
            for (std::size_t j = 0; j < 7; ++j)
                EXPECT_NEAR(result.weight(i, j), expected[j], 1e-5) << i << " " << j;
        }
    }
}

// With unit vectors κ = e^{(q·k − 1)/σ²}, so that κ/Σκ is softmax(q·k/σ²).
TEST(Rff, DirectRuleOnUnitVectorsApproachesSoftmax)
{
    RandomHead head(5, 8, 6, 4);
    const double sigma = 0.9;
    const Parameters parameters = with(rff(), {{"m", "4096"}, {"sigma", "0.9"}});
    constexpr std::uint64_t kSeeds = 40;
    std::vector<double> mean(40, 0.0);
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        head.input.random.seed = seed;
        const HeadResult result = runHead(rff(), head.input, parameters);
        for (std::size_t cell = 0; cell < mean.size(); ++cell)
            mean[cell] += result.weights.data()[cell] / double(kSeeds);
    }
    for (std::size_t i = 0; i < 5; ++i) {
        const auto query = vectorByDefinition(head.input.queries.row(i), true);
        std::vector<double> expected(8);
        double kernels = 0.0;
        for (std::size_t j = 0; j < 8; ++j) {
            const auto key = vectorByDefinition(head.input.keys.row(j), true);
            expected[j] = std::exp(std::inner_product(query.begin(), query.end(), key.begin(), 0.0) / (sigma * sigma));
            kernels += expected[j] * std::exp(-1.0 / (sigma * sigma));
        }
        const double total = std::accumulate(expected.begin(), expected.end(), 0.0);
        const double bound = 4.0 / std::sqrt(4096.0 * kSeeds) / kernels;
        for (std::size_t j = 0; j < 8; ++j)
            EXPECT_NEAR(mean[i * 8 + j], expected[j] / total, bound) << i << " " << j;
    }
}

TEST(Rff, RowWithoutPositiveEstimatesIsUniform)
{
    RandomHead head(1, 2, 4, 3);
    const Parameters parameters = with(rff(), {{"m", "16"}, {"sigma", "0.05"}, {"unit-norm", "off"}});
    Tensor points({3, 4});
    std::ranges::copy(head.queries.values(), points.data());
    std::ranges::copy(head.keys.values(), points.data() + 4);
    int found = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        head.input.random.seed = seed;
        const Tensor features =
            FourierFeatures(4, {.features = 16, .sigma = 0.05}, head.input.random).apply(points.matrix());
        const MatrixView phi = features.matrix();
        if (dotProduct(phi.row(0), phi.row(1)) > -1e-3 || dotProduct(phi.row(0), phi.row(2)) > -1e-3)
            continue;
        ++found;
        EXPECT_THAT(runHead(rff(), head.input, parameters).weights.values(), testing::Each(0.5F));
    }
    EXPECT_GT(found, 3);
}

TEST(Rff, WideKernelMakesRowsUniform)
{
    const RandomHead head(4, 10, 6, 3);
    const HeadResult result = runHead(rff(), head.input, with(rff(), {{"sigma", "20"}, {"m", "4096"}}));
    EXPECT_THAT(result.weights.values(), testing::Each(testing::FloatNear(0.1F, 1e-3F)));
}

TEST(Rff, AdditiveMaskMultipliesDirectScores)
{
    RandomHead head(1, 3, 6, 3);
    const HeadResult plain = runHead(rff(), head.input, rff().defaults());
    Tensor bias = Tensor::zeros({1, 3});
    bias.matrix()(0, 1) = std::log(3.0F);
    head.input.mask.additive = bias.matrix();
    const HeadResult biased = runHead(rff(), head.input, rff().defaults());
    EXPECT_NEAR(biased.weight(0, 1) / biased.weight(0, 0), 3.0F * plain.weight(0, 1) / plain.weight(0, 0), 1e-4);
}

}  // namespace
}  // namespace ketscope
