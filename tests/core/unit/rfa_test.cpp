// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "tests/support/gradient_check.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;

const Mechanism& rfa() { return mechanism("rfa"); }

double norm(std::span<const float> x)
{
    double square = 0.0;
    for (const float xi : x)
        square += static_cast<double>(xi) * xi;
    return std::sqrt(square);
}

// φ(x) in double precision: √(2/m) [cos Wx, sin Wx] with the factor e^{‖x‖²/2σ²}; frequency f is stream (f, 1).
std::vector<double> featuresByDefinition(std::span<const float> point, const Parameters& parameters,
                                         const RandomKey& key)
{
    const double length = parameters.flag("unit-norm") ? norm(point) : 1.0;
    const double sigma = parameters.real("sigma");
    const auto half = static_cast<std::uint32_t>(parameters.integer("m") / 2);
    const double factor = std::exp(std::pow(norm(point) / length, 2) / (2.0 * sigma * sigma)) / std::sqrt(half);
    std::vector<double> features(2 * half);
    for (std::uint32_t f = 0; f < half; ++f) {
        RandomStream frequency(key, f, 1);
        double angle = 0.0;
        for (const float x : point)
            angle += frequency.normal() / sigma * x / length;
        features[f] = factor * std::cos(angle);
        features[half + f] = factor * std::sin(angle);
    }
    return features;
}

// The output of one causal head by the recursion S ← g S + (1 − g) φ(k)vᵀ, z ← g z + (1 − g) φ(k).
std::vector<std::vector<double>> outputByRecursion(const HeadInput& input, const Parameters& parameters,
                                                   const std::function<double(std::size_t)>& gate)
{
    const std::size_t width = input.values.columns;
    const auto size = static_cast<std::size_t>(parameters.integer("m"));
    std::vector<double> z(size, 0.0);
    std::vector<double> s(size * width, 0.0);
    std::vector<std::vector<double>> outputs;
    for (std::size_t t = 0; t < input.keys.rows; ++t) {
        const auto key = featuresByDefinition(input.keys.row(t), parameters, input.random);
        const double g = gate(t);
        for (std::size_t f = 0; f < size; ++f) {
            z[f] = g * z[f] + (1.0 - g) * key[f];
            for (std::size_t c = 0; c < width; ++c)
                s[f * width + c] = g * s[f * width + c] + (1.0 - g) * key[f] * input.values(t, c);
        }
        const auto query = featuresByDefinition(input.queries.row(t), parameters, input.random);
        std::vector<double> output(width, 0.0);
        double sum = 0.0;
        for (std::size_t f = 0; f < size; ++f) {
            sum += query[f] * z[f];
            for (std::size_t c = 0; c < width; ++c)
                output[c] += query[f] * s[f * width + c];
        }
        for (double& x : output)
            x /= sum;
        outputs.push_back(output);
    }
    return outputs;
}

void expectOutput(const HeadInput& input, const Parameters& parameters, const std::function<double(std::size_t)>& gate)
{
    const auto expected = outputByRecursion(input, parameters, gate);
    const HeadResult result = runHead(rfa(), input, parameters);
    Tensor alone({input.queries.rows, input.values.columns});
    attendHead(rfa(), input, parameters, {{}, alone.matrix(), {}, {}}, Monitor());
    for (std::size_t i = 0; i < expected.size(); ++i)
        for (std::size_t c = 0; c < expected[i].size(); ++c) {
            ASSERT_NEAR(result.output.matrix()(i, c), expected[i][c], 2e-4) << i;
            ASSERT_NEAR(alone.matrix()(i, c), expected[i][c], 2e-4) << i << ", alone";
        }
}

TEST(Rfa, CausalOutputIsTheRecursion)
{
    RandomHead head(500, 500, 6, 3);
    head.input.mask.causal = true;
    // g_t = t/(t + 1) gives every key up to t the same weight, which is the plain sum.
    const auto plainGate = [](std::size_t t) { return static_cast<double>(t) / static_cast<double>(t + 1); };
    expectOutput(head.input, with(rfa(), {{"m", "1024"}}), plainGate);
    expectOutput(head.input, with(rfa(), {{"unit-norm", "off"}, {"sigma", "3"}, {"m", "512"}}), plainGate);
}

TEST(Rfa, GateIsTheRecursion)
{
    RandomHead head(80, 80, 6, 3);
    head.input.mask.causal = true;
    expectOutput(head.input, with(rfa(), {{"gate", "on"}, {"bias", "1"}, {"m", "1024"}}),
                 [](std::size_t) { return 1.0 / (1.0 + std::exp(-1.0)); });
    NamedTensors trained;
    trained["gate_weights"] = std::make_shared<const Tensor>(normalTensor(1, 12, 5));
    trained["gate_bias"] = std::make_shared<const Tensor>(normalTensor(1, 1, 6));
    head.input.trained = &trained;
    expectOutput(head.input, with(rfa(), {{"gate", "on"}, {"m", "1024"}}), [&](std::size_t t) {
        double z = trained["gate_bias"]->values()[0];
        for (std::size_t i = 0; i < 12; ++i)
            z += static_cast<double>(trained["gate_weights"]->values()[i]) * head.layerInput.matrix()(t, i);
        return 1.0 / (1.0 + std::exp(-z));
    });
}

TEST(Rfa, ApproachesSoftmaxOfUnitVectors)
{
    RandomHead head(5, 8, 6, 4);
    const HeadResult result = runHead(rfa(), head.input, with(rfa(), {{"m", "4096"}, {"orthogonal", "on"}}));
    for (std::size_t i = 0; i < 5; ++i) {
        std::vector<double> expected(8, 0.0);
        double sum = 0.0;
        for (std::size_t j = 0; j < 8; ++j) {
            for (std::size_t c = 0; c < 6; ++c)
                expected[j] += static_cast<double>(head.queries.matrix()(i, c)) * head.keys.matrix()(j, c);
            expected[j] = std::exp(expected[j] / norm(head.queries.matrix().row(i)) / norm(head.keys.matrix().row(j)));
            sum += expected[j];
        }
        for (std::size_t j = 0; j < 8; ++j)
            EXPECT_NEAR(result.weight(i, j), expected[j] / sum, 0.02) << i << " " << j;
    }
}

TEST(Rfa, BandwidthAndGateHaveTheirGradients)
{
    RandomHead head(6, 6, 4, 3);
    head.input.mask.causal = true;
    for (const char* unit : {"on", "off"}) {
        const Parameters parameters = with(rfa(), {{"unit-norm", unit}, {"sigma", "2"}, {"gate", "on"}});
        const ParameterSlope sigma = parameterSlope(rfa(), head.input, parameters, "sigma", 1e-2);
        EXPECT_NEAR(sigma.found, sigma.expected, 2e-3 + 0.02 * std::abs(sigma.expected)) << unit;
    }
    const Parameters parameters = with(rfa(), {{"gate", "on"}, {"bias", "1"}});
    const Tensor gradient = normalTensor(6, 3, 77);
    std::map<std::string, Tensor, std::less<>> found;
    Tensor keyInput = Tensor::zeros({6, 8});
    NamedTensors trained;
    trained["gate_weights"] = std::make_shared<const Tensor>(normalTensor(1, 8, 5));
    trained["gate_bias"] = std::make_shared<const Tensor>(normalTensor(1, 1, 6));
    head.input.trained = &trained;
    rfa().backward(head.input, parameters, {gradient.matrix(), {}}, {.keyInput = keyInput.matrix(), .trained = &found},
                   Monitor());
    for (std::size_t i = 0; i < 8; ++i) {
        const auto ofWeight = [&](double step) {
            Tensor moved = normalTensor(1, 8, 5);
            moved.values()[i] += static_cast<float>(step);
            NamedTensors other = trained;
            other["gate_weights"] = std::make_shared<const Tensor>(std::move(moved));
            HeadInput input = head.input;
            input.trained = &other;
            return weightedOutput(rfa(), input, parameters, gradient);
        };
        EXPECT_NEAR(found["gate_weights"].values()[i], centralSlope(ofWeight, 1e-2), 3e-3) << i;
        const auto ofInput = [&](double step) {
            float& x = head.layerInput.matrix()(2, i);
            const float before = x;
            x += static_cast<float>(step);
            const double loss = weightedOutput(rfa(), head.input, parameters, gradient);
            x = before;
            return loss;
        };
        EXPECT_NEAR(keyInput.matrix()(2, i), centralSlope(ofInput, 1e-2), 3e-3) << i;
    }
}

TEST(Rfa, GateTensorsOfAnotherSizeAreRefused)
{
    RandomHead head(6, 6, 4, 3);
    head.input.mask.causal = true;
    NamedTensors trained;
    trained["gate_weights"] = std::make_shared<const Tensor>(normalTensor(1, 5, 5));
    trained["gate_bias"] = std::make_shared<const Tensor>(normalTensor(1, 1, 6));
    head.input.trained = &trained;
    EXPECT_THROW(runHead(rfa(), head.input, with(rfa(), {{"gate", "on"}})), Error);
}

}  // namespace
}  // namespace ketscope
