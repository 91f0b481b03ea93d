// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/nn/linear.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

std::vector<float> randomValues(std::size_t count, std::uint64_t seed)
{
    RandomStream stream({seed}, 0);
    std::vector<float> values(count);
    for (float& value : values)
        value = static_cast<float>(stream.normal());
    return values;
}

double activated(Activation activation, double x)
{
    switch (activation) {
    case Activation::None: return x;
    case Activation::Gelu: return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
    case Activation::GeluTanh:
        return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    case Activation::QuickGelu: return x / (1.0 + std::exp(-1.702 * x));
    case Activation::Relu: return std::max(x, 0.0);
    case Activation::Silu: return x / (1.0 + std::exp(-x));
    case Activation::Tanh: return std::tanh(x);
    }
    return x;
}

struct Case {
    std::size_t rows, inputs, outputs;
    std::vector<float> in = randomValues(rows * inputs, 1);
    std::vector<float> weights = randomValues(outputs * inputs, 2);
    std::vector<float> bias = randomValues(outputs, 3);

    MatrixView input() const { return {in.data(), rows, inputs}; }

    double product(std::size_t row, std::size_t output) const
    {
        double sum = static_cast<double>(bias[output]);
        for (std::size_t k = 0; k < inputs; ++k)
            sum += static_cast<double>(in[row * inputs + k]) * static_cast<double>(weights[output * inputs + k]);
        return sum;
    }
};

class ThreadsRestored : public testing::Test {
protected:
    void TearDown() override { setThreads(0); }
};

using LinearLayer = ThreadsRestored;

TEST_F(LinearLayer, MatchesADoubleLoopForManyShapes)
{
    for (const std::size_t rows : {1U, 7U, 128U, 130U}) {
        for (const auto& [inputs, outputs] : std::vector<std::pair<std::size_t, std::size_t>>{
                 {32, 32}, {32, 2}, {5, 3}, {48, 745}, {192, 300}, {768, 64}}) {
            const Case test{rows, inputs, outputs};
            const Linear layer({test.weights.data(), outputs, inputs}, test.bias);
            EXPECT_EQ(layer.inputs(), inputs);
            EXPECT_EQ(layer.outputs(), outputs);
            std::vector<float> out(rows * outputs);
            layer.apply(test.input(), {out.data(), rows, outputs});
            const double tolerance = 2e-6 * static_cast<double>(inputs);
            for (std::size_t i = 0; i < rows; ++i)
                for (std::size_t j = 0; j < outputs; ++j)
                    ASSERT_NEAR(out[i * outputs + j], test.product(i, j), tolerance) << i << ", " << j;
        }
    }
}

TEST_F(LinearLayer, TakesWeightsStoredInputByOutputAndStridedViews)
{
    const Case test{9, 20, 70};
    std::vector<float> turned(test.weights.size());
    for (std::size_t i = 0; i < test.outputs; ++i)
        for (std::size_t k = 0; k < test.inputs; ++k)
            turned[k * test.outputs + i] = test.weights[i * test.inputs + k];
    const Linear layer({turned.data(), test.inputs, test.outputs}, test.bias, WeightLayout::InputOutput);
    std::vector<float> wideIn(test.rows * 33);
    for (std::size_t i = 0; i < test.rows; ++i)
        std::copy_n(test.in.data() + i * test.inputs, test.inputs, wideIn.data() + i * 33);
    std::vector<float> wideOut(test.rows * 100, -5.0F);
    layer.apply({wideIn.data(), test.rows, test.inputs, 33}, {wideOut.data(), test.rows, test.outputs, 100});
    for (std::size_t i = 0; i < test.rows; ++i) {
        for (std::size_t j = 0; j < test.outputs; ++j)
            ASSERT_NEAR(wideOut[i * 100 + j], test.product(i, j), 4e-5);
        for (std::size_t j = test.outputs; j < 100; ++j)
            ASSERT_EQ(wideOut[i * 100 + j], -5.0F);
    }
}

TEST_F(LinearLayer, AddsToAResidual)
{
    const Case test{11, 24, 40};
    const Linear layer({test.weights.data(), test.outputs, test.inputs}, test.bias);
    const std::vector<float> residual = randomValues(test.rows * test.outputs, 4);
    std::vector<float> out = residual;
    layer.addTo(test.input(), {out.data(), test.rows, test.outputs});
    for (std::size_t i = 0; i < test.rows; ++i)
        for (std::size_t j = 0; j < test.outputs; ++j) {
            const std::size_t at = i * test.outputs + j;
            ASSERT_NEAR(out[at], test.product(i, j) + static_cast<double>(residual[at]), 5e-5);
        }
}

TEST_F(LinearLayer, WorksWithoutABias)
{
    Case test{3, 8, 6};
    const Linear layer({test.weights.data(), test.outputs, test.inputs}, {});
    test.bias.assign(test.outputs, 0.0F);
    std::vector<float> out(test.rows * test.outputs);
    layer.apply(test.input(), {out.data(), test.rows, test.outputs});
    for (std::size_t i = 0; i < out.size(); ++i)
        EXPECT_NEAR(out[i], test.product(i / test.outputs, i % test.outputs), 2e-5);
}

// x → x through a 1 × 1 layer, so that only the activation is seen.
TEST_F(LinearLayer, ActivationsMatchTheirDefinitions)
{
    std::vector<float> points;
    for (double x = -12.0; x <= 12.0; x += 0.003)
        points.push_back(static_cast<float>(x));
    const float one = 1.0F;
    const float zero = 0.0F;
    for (const char* name : {"gelu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu", "relu", "silu", "swish", "tanh"}) {
        const Activation activation = activationNamed(name).value();
        const Linear layer({&one, 1, 1}, {&zero, 1}, WeightLayout::OutputInput, activation);
        std::vector<float> out(points.size());
        layer.apply({points.data(), points.size(), 1}, {out.data(), points.size(), 1});
        double worst = 0.0;
        for (std::size_t i = 0; i < points.size(); ++i)
            worst = std::max(
                worst, std::abs(static_cast<double>(out[i]) - activated(activation, static_cast<double>(points[i])))
                           / (1.0 + std::abs(static_cast<double>(points[i]))));
        EXPECT_LE(worst, 1e-6) << name;
    }
    EXPECT_FALSE(activationNamed("geglu").has_value());
}

TEST_F(LinearLayer, GivesTheSameBitsForAnyThreadCount)
{
    for (const std::size_t rows : {1U, 7U, 128U, 300U}) {
        for (const auto& [inputs, outputs] : std::vector<std::pair<std::size_t, std::size_t>>{
                 {32, 32}, {768, 768}, {768, 3072}, {3072, 768}, {100, 1000}}) {
            const Case test{rows, inputs, outputs};
            setThreads(1);
            const Linear layer({test.weights.data(), outputs, inputs}, test.bias, WeightLayout::OutputInput,
                               Activation::Gelu);
            std::vector<float> expected(rows * outputs);
            layer.apply(test.input(), {expected.data(), rows, outputs});
            for (const int count : {2, 3, 5}) {
                setThreads(count);
                const Linear again({test.weights.data(), outputs, inputs}, test.bias, WeightLayout::OutputInput,
                                   Activation::Gelu);
                for (const Linear* candidate : {&layer, &again}) {
                    std::vector<float> out(rows * outputs);
                    candidate->apply(test.input(), {out.data(), rows, outputs});
                    ASSERT_EQ(out, expected) << count << " threads, " << rows << " × " << inputs << " × " << outputs;
                }
            }
        }
    }
}

TEST_F(LinearLayer, RefusesShapesThatDoNotFit)
{
    const std::vector<float> values(12);
    EXPECT_THROW(Linear({values.data(), 4, 3}, std::span(values).first(3)), Error);
    const Linear active({values.data(), 4, 3}, {}, WeightLayout::OutputInput, Activation::Relu);
    std::vector<float> out(4);
    EXPECT_THROW(active.addTo({values.data(), 1, 3}, {out.data(), 1, 4}), Error);
}

}  // namespace
}  // namespace ketscope
