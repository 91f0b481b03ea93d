// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/gradient_check.h"

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

// QRA's published features: cos(clamp(W x/(‖x‖ + 1e-5)) + b), scaled to length 1 (+1e-5).
std::vector<double> publishedFeatures(std::span<const float> point, const Parameters& parameters, const RandomKey& key)
{
    const auto m = static_cast<std::uint32_t>(parameters.integer("m"));
    const double length = std::sqrt(dotProduct(point, point)) + 1e-5;
    std::vector<double> features(m);
    double square = 0.0;
    for (std::uint32_t f = 0; f < m; ++f) {
        RandomStream frequency(key, f, 1);
        double angle = 0.0;
        for (const float x : point)
            angle += frequency.normal() / parameters.real("sigma") * x / length;
        angle = std::clamp(angle, -100.0, 100.0) + 2.0 * std::numbers::pi * RandomStream(key, f, 2).uniform();
        features[f] = std::sqrt(2.0 / m) * std::cos(angle);
        square += features[f] * features[f];
    }
    for (double& feature : features)
        feature /= std::sqrt(square) + 1e-5;
    return features;
}

TEST(RffPublished, IsTheDefinitionAndSaysWhatIsWrong)
{
    RandomHead head(6, 8, 6, 4);
    const Parameters published = with(rff(), {{"version", "as-published"}, {"m", "64"}});
    EXPECT_EQ(publishedFaults(published).size(), 1U);
    const HeadResult result = runHead(rff(), head.input, published);
    for (std::size_t i = 0; i < 6; ++i) {
        const auto query = publishedFeatures(head.input.queries.row(i), published, head.input.random);
        std::vector<double> expected(8);
        double sum = 0.0;
        for (std::size_t j = 0; j < 8; ++j) {
            const auto key = publishedFeatures(head.input.keys.row(j), published, head.input.random);
            const double kernel = std::inner_product(query.begin(), query.end(), key.begin(), 0.0);
            const double classical =
                dotProduct(head.input.queries.row(i), head.input.keys.row(j)) * static_cast<double>(head.input.scale);
            sum += expected[j] = std::exp(0.9 * classical + 0.1 * kernel);
        }
        for (std::size_t j = 0; j < 8; ++j)
            EXPECT_NEAR(result.weight(i, j), expected[j] / sum, 1e-5) << i << " " << j;
    }
}

// The kernel part moves logits by at most 0.1 (1 − e^{−2/σ²}), so that weights are softmax(0.9 L)'s times at most e^0.0865 for
// σ = 1 and e^0.0393, which is 1.04, for σ = 2. Its estimate of 4,096 waves has an error of 0.1 · 0.011 in the logit.
TEST(RffPublished, IsNearlySoftmaxAtAnotherTemperature)
{
    RandomHead head(16, 16, 32, 4);
    // Keys opposite to queries, where the kernel is least, and equal to them, where it is 1.
    for (std::size_t row = 0; row < 16; ++row)
        for (std::size_t c = 0; c < 32; ++c)
            head.keys.matrix()(row, c) = (row % 2 == 0 ? 1.0F : -1.0F) * head.queries.matrix()(row / 2, c);
    HeadInput tempered = head.input;
    tempered.scale *= 0.9F;
    const HeadResult softmax = runHead(mechanism("exact"), tempered, mechanism("exact").defaults());
    for (const auto& [sigma, most] : {std::pair{"1", 0.0865}, std::pair{"2", 0.0393}}) {
        const HeadResult result =
            runHead(rff(), head.input, with(rff(), {{"version", "as-published"}, {"m", "4096"}, {"sigma", sigma}}));
        double largest = 0.0;
        for (std::size_t i = 0; i < 8; ++i) {  // the two extreme keys of a query: their ratio moves by all of it
            const auto ratio = [&](const HeadResult& of) { return of.weight(i, 2 * i) / of.weight(i, 2 * i + 1); };
            const double moved = std::log(ratio(result) / ratio(softmax));
            EXPECT_LT(moved, most + 0.006) << sigma;
            largest = std::max(largest, moved);
        }
        EXPECT_NEAR(largest, most, 0.006) << sigma;
    }
}

// methods.md §15: softmax over the pure kernel of 128 unit vectors with themselves, normalised entropy.
TEST(RffPublished, PureKernelIsAlmostFlat)
{
    for (const auto& [sigma, expected] : {std::pair{"0.5", 0.9985}, std::pair{"1", 0.9993}, std::pair{"2", 0.9999}}) {
        double mean = 0.0;
        for (std::uint64_t seed = 0; seed < 4; ++seed) {
            RandomHead head(128, 128, 64, 4, seed);
            head.input.keys = head.input.queries;
            const HeadResult result =
                runHead(rff(), head.input, with(rff(), {{"rule", "softmax"}, {"sigma", sigma}, {"m", "4096"}}));
            for (std::size_t i = 0; i < 128; ++i)
                for (const float weight : result.weights.matrix().row(i))
                    mean -= weight * std::log(weight) / std::log(128.0) / (4.0 * 128.0);
        }
        EXPECT_NEAR(mean, expected, 1e-4) << sigma;
    }
}

TEST(RffMedian, TakesTheMedianDistanceAsBandwidth)
{
    RandomHead head(3, 5, 6, 4);
    std::vector<double> distances;
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 5; ++j) {
            const auto q = head.queries.matrix().row(i);
            const auto k = head.keys.matrix().row(j);
            distances.push_back(
                std::sqrt(2.0 - 2.0 * dotProduct(q, k) / std::sqrt(dotProduct(q, q) * dotProduct(k, k))));
        }
    std::ranges::sort(distances);
    const HeadResult result = runHead(rff(), head.input, with(rff(), {{"bandwidth", "median"}}));
    ASSERT_EQ(result.diagnostics.size(), 1U);
    EXPECT_EQ(result.diagnostics[0].info.id, "bandwidth");
    const float sigma = result.diagnostics[0].values->values()[0];
    EXPECT_NEAR(sigma, distances[7], 1e-6);
    const HeadResult fixed = runHead(rff(), head.input, with(rff(), {{"sigma", shortestNumber(distances[7])}}));
    for (std::size_t i = 0; i < result.weights.size(); ++i)
        EXPECT_NEAR(result.weights.values()[i], fixed.weights.values()[i], 1e-5);
    EXPECT_FALSE(rff().properties(with(rff(), {{"bandwidth", "median"}})).causalSafe);
}

TEST(RffLinear, IsTheKernelEstimateDividedByItsSum)
{
    RandomHead head(5, 7, 6, 4);
    const Parameters linear = with(rff(), {{"rule", "linear"}, {"m", "512"}});
    const HeadResult direct = runHead(rff(), head.input, with(rff(), {{"m", "512"}}));
    const HeadResult result = runHead(rff(), head.input, linear);
    // At σ = 1 and 512 features no estimate of κ ≥ e⁻² is negative here: both rules agree.
    for (std::size_t i = 0; i < result.weights.size(); ++i)
        EXPECT_NEAR(result.weights.values()[i], direct.weights.values()[i], 1e-5);
    EXPECT_TRUE(rff().properties(linear).linearTime);
    EXPECT_FALSE(rff().properties(rff().defaults()).linearTime);
}

TEST(RffGradient, OfBandwidthTemperatureAndBlend)
{
    RandomHead head(5, 6, 4, 3);
    head.input.mask.causal = false;
    const std::vector<std::pair<const char*, Parameters>> cases = {
        {"direct", with(rff(), {{"m", "256"}})},
        {"cosine", with(rff(), {{"m", "1024"}, {"map", "cosine"}})},
        {"softmax", with(rff(), {{"rule", "softmax"}, {"tau", "0.3"}, {"alpha", "0.4"}})},
        {"raw",
         with(rff(), {{"rule", "softmax"}, {"tau", "0.3"}, {"alpha", "0.4"}, {"unit-norm", "off"}, {"sigma", "2"}})},
        {"linear", with(rff(), {{"rule", "linear"}, {"m", "512"}})},
        {"published", with(rff(), {{"version", "as-published"}})}};
    for (const auto& [name, parameters] : cases)
        for (const char* id : {"sigma", "tau", "alpha"}) {
            const Parameter& parameter = *std::ranges::find(parameters.definitions(), std::string(id), &Parameter::id);
            if (!parameters.isShown(parameter))
                continue;
            const ParameterSlope slope = parameterSlope(rff(), head.input, parameters, id, 1e-2);
            EXPECT_NEAR(slope.found, slope.expected, 2e-3 + 0.02 * std::abs(slope.expected)) << name << " " << id;
        }
}

}  // namespace
}  // namespace ketscope
