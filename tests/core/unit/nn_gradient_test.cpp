// SPDX-License-Identifier: GPL-3.0-or-later
// Every operation of a forward pass against differences of what it computes.
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/nn/multihead_attention.h"
#include "core/nn/operations.h"
#include "core/nn/product.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/random_head.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using test::normalTensor;

constexpr Activation kActivations[] = {Activation::None, Activation::Gelu, Activation::GeluTanh, Activation::QuickGelu,
                                       Activation::Relu, Activation::Silu, Activation::Tanh};

TEST(ActivationGradient, IsTheSlopeInDoublePrecision)
{
    constexpr double kStep = 1e-5;
    for (const Activation activation : kActivations)
        for (double x = -6.05; x < 6.0; x += 0.1) {
            const double slope = (activate(activation, x + kStep) - activate(activation, x - kStep)) / (2.0 * kStep);
            EXPECT_NEAR(slopeOf(activation, x), slope, 1e-8) << static_cast<int>(activation) << " at " << x;
        }
}

TEST(ActivationGradient, ActivatedIsWhatLayersCompute)
{
    constexpr std::size_t kCount = 60;
    Tensor x({kCount, 1});
    for (std::size_t i = 0; i < kCount; ++i)
        x.data()[i] = -6.0F + 0.2F * static_cast<float>(i);
    const float one = 1.0F;
    for (const Activation activation : kActivations) {
        const Linear layer({&one, 1, 1}, {}, WeightLayout::OutputInput, activation);
        Tensor y({kCount, 1});
        layer.apply(x.matrix(), y.matrix());
        for (std::size_t i = 0; i < kCount; ++i)
            EXPECT_NEAR(y.data()[i], activate(activation, static_cast<double>(x.data()[i])), 2e-6);
    }
}

TEST(Product, IsTheSumForAnyNumberOfThreads)
{
    const Tensor left = normalTensor(211, 70, 1), right = normalTensor(70, 130, 2);
    Tensor serial = Tensor::zeros({211, 130}), parallel = Tensor::zeros({211, 130});
    setThreads(1);
    addProduct(left.matrix(), right.matrix(), serial.matrix());
    setThreads(2);
    addProduct(left.matrix(), right.matrix(), parallel.matrix());
    setThreads(0);
    EXPECT_TRUE(std::ranges::equal(serial.values(), parallel.values()));
    for (std::size_t i = 0; i < 211; i += 30)
        for (std::size_t j = 0; j < 130; j += 7) {
            double sum = 0.0;
            for (std::size_t k = 0; k < 70; ++k)
                sum += static_cast<double>(left.matrix()(i, k)) * static_cast<double>(right.matrix()(k, j));
            EXPECT_NEAR(serial.matrix()(i, j), sum, 1e-4);
        }
    addProduct(left.matrix(), right.matrix(), serial.matrix());
    EXPECT_NEAR(serial.matrix()(3, 5), 2.0F * parallel.matrix()(3, 5), 1e-4F);
    Tensor turned = Tensor::zeros({211, 130});
    addTurnedProduct(transposed(left.matrix()).matrix(), right.matrix(), turned.matrix());
    EXPECT_TRUE(std::ranges::equal(turned.values(), parallel.values()));
}

// The loss Σ G ⊙ out of some operations from `in` to `out`, and its gradients by tape and by differences.
class Checked {
public:
    using Work = std::function<void(const Operations&, MatrixView in, MutableMatrixView out)>;

    Checked(std::size_t rows, std::size_t columns, std::size_t outRows, std::size_t outColumns, Work work)
        : in(normalTensor(rows, columns, 3)), m_outShape{outRows, outColumns},
          m_gradient(normalTensor(outRows, outColumns, 4)), m_work(std::move(work))
    {
    }

    double loss() const
    {
        Tensor out = Tensor::zeros(m_outShape);
        m_work(Operations(nullptr), in.matrix(), out.matrix());
        double sum = 0.0;
        for (std::size_t i = 0; i < out.size(); ++i)
            sum += static_cast<double>(out.values()[i]) * static_cast<double>(m_gradient.values()[i]);
        return sum;
    }

    // Of `in`; those of parameters go to `tape`.
    Tensor gradients(Tape& tape) const
    {
        const Operations operations(&tape);
        Tensor start = operations.tensor(in.shape());
        Tensor out = operations.tensor(m_outShape);
        std::ranges::copy(in.values(), start.data());
        std::ranges::fill(out.values(), 0.0F);
        m_work(operations, start.matrix(), out.matrix());
        const MutableMatrixView seed = tape.gradients(out.matrix());
        for (std::size_t row = 0; row < seed.rows; ++row)
            std::ranges::copy(m_gradient.matrix().row(row), seed.row(row).begin());
        Monitor monitor;
        tape.backward(monitor);
        return copyOf(tape.gradients(start.matrix()));
    }

    double slope(float& moved) const
    {
        constexpr float kStep = 1.0F / 64.0F;
        const float before = moved;
        const auto at = [&](float step) {
            moved = before + step;
            return loss();
        };
        const double slope = (8.0 * (at(kStep) - at(-kStep)) - at(2.0F * kStep) + at(-2.0F * kStep)) / (12.0 * kStep);
        moved = before;
        return slope;
    }

    void check()
    {
        Tape tape(false);
        const Tensor found = gradients(tape);
        for (std::size_t i = 0; i < in.size(); ++i)
            EXPECT_NEAR(found.values()[i], slope(in.data()[i]), 1e-3) << "input " << i;
    }

    Tensor in;

private:
    std::vector<std::size_t> m_outShape;
    Tensor m_gradient;
    Work m_work;
};

TEST(LinearGradient, OfInputsWithEveryActivation)
{
    const Tensor weights = normalTensor(5, 7, 1), bias = normalTensor(1, 5, 2);
    for (const Activation activation : kActivations) {
        if (activation == Activation::Relu)  // has a kink: its slope is held against the formula above
            continue;
        const Linear layer(weights.matrix(), bias.values(), WeightLayout::OutputInput, activation);
        Checked(3, 7, 3, 5, [&](const Operations& operations, MatrixView in, MutableMatrixView out) {
            operations.apply(layer, in, out);
        }).check();
    }
}

TEST(LinearGradient, OfWeightsAndBiasInBothLayouts)
{
    for (const WeightLayout layout : {WeightLayout::OutputInput, WeightLayout::InputOutput}) {
        const bool outputsFirst = layout == WeightLayout::OutputInput;
        Tensor weights = normalTensor(outputsFirst ? 5 : 7, outputsFirst ? 7 : 5, 1), bias = normalTensor(1, 5, 2);
        Checked checked(3, 7, 3, 5, [&](const Operations& operations, MatrixView in, MutableMatrixView out) {
            static std::vector<Linear> s_layers;  // a layer outlives the tape
            s_layers.emplace_back(weights.matrix(), bias.values(), layout, Activation::Tanh);
            s_layers.back().setParts({{5, {"w", weights.shape()}, {"b", {5}}, layout}});
            s_layers.reserve(s_layers.size() + 1);
            const Linear& layer = s_layers.back();
            if (operations.tape() == nullptr)
                return layer.apply(in, out);
            operations.apply(layer, in, out);
        });
        Tape tape(true);
        checked.gradients(tape);
        const auto found = tape.takeParameters();
        ASSERT_EQ(found.size(), 2U);
        for (std::size_t i = 0; i < weights.size(); ++i)
            EXPECT_NEAR(found.at("w").values()[i], checked.slope(weights.data()[i]), 1e-3);
        for (std::size_t i = 0; i < bias.size(); ++i)
            EXPECT_NEAR(found.at("b").values()[i], checked.slope(bias.data()[i]), 1e-3);
    }
}

TEST(LinearGradient, OfFusedPartsGoesToEachTensor)
{
    const Tensor weights = normalTensor(6, 4, 1);
    Linear fused(weights.matrix(), {});
    fused.setParts({{2, {"q", {2, 4}}}, {4, {"k", {4, 4}}}});
    Linear whole(weights.matrix(), {});
    whole.setParts({{6, {"all", {6, 4}}}});
    Tape parts(true), all(true);
    const auto gradients = [](const Linear& layer, Tape& tape) {
        Checked(3, 4, 3, 6, [&](const Operations& operations, MatrixView in, MutableMatrixView out) {
            operations.apply(layer, in, out);
        }).gradients(tape);
        return tape.takeParameters();
    };
    const auto split = gradients(fused, parts), one = gradients(whole, all);
    std::vector<float> joined(split.at("q").values().begin(), split.at("q").values().end());
    joined.insert(joined.end(), split.at("k").values().begin(), split.at("k").values().end());
    EXPECT_TRUE(std::ranges::equal(joined, one.at("all").values()));
}

// Whole or not at all, and then scaled so that the expectation stays.
TEST(Dropout, OfAWholeResidualTakesAllOfIt)
{
    constexpr double kRate = 0.25;
    constexpr int kTimes = 2000;
    const float two = 2.0F;
    const Linear layer({&two, 1, 1}, {}, WeightLayout::OutputInput);
    Tape tape(false);
    tape.setDropout({.crossAttention = kRate, .key = {5}});
    const Operations operations(&tape);
    Tensor in = operations.tensor({3, 1});
    std::ranges::fill(in.values(), 1.0F);
    int kept = 0;
    for (int i = 0; i < kTimes; ++i) {
        Tensor out = operations.tensor({3, 1});
        std::ranges::fill(out.values(), 1.0F);
        operations.addTo(layer, in.matrix(), out.matrix(), &Dropout::crossAttention);
        const bool whole = out.data()[0] != 1.0F;
        for (const float value : out.values())
            EXPECT_FLOAT_EQ(value, whole ? 1.0F + 2.0F / 0.75F : 1.0F);
        kept += whole ? 1 : 0;
        operations.addTo(layer, in.matrix(), out.matrix());
        EXPECT_FLOAT_EQ(out.data()[0], whole ? 3.0F + 2.0F / 0.75F : 3.0F);  // others stay
    }
    EXPECT_NEAR(kept, kTimes * (1.0 - kRate), 5.0 * std::sqrt(kTimes * kRate * (1.0 - kRate)));
}

TEST(LinearGradient, OfAResidualKeepsWhatItIsAddedTo)
{
    const Tensor weights = normalTensor(4, 4, 1);
    const Linear layer(weights.matrix(), {});
    Checked(3, 4, 3, 4, [&](const Operations& operations, MatrixView in, MutableMatrixView out) {
        operations.copy(in, out);
        operations.addTo(layer, in, out);
    }).check();
}

TEST(NormGradient, OfLayerNormInPlace)
{
    LayerNorm norm{{0.5F, -1.0F, 2.0F, 1.5F, 0.7F}, {0.1F, 0.2F, -0.3F, 0.0F, 1.0F}, 1e-5, {"w", {5}}, {"b", {5}}};
    Checked checked(3, 5, 3, 5, [&](const Operations& operations, MatrixView in, MutableMatrixView out) {
        operations.copy(in, out);
        operations.apply(norm, out, out);
    });
    checked.check();
    Tape tape(true);
    checked.gradients(tape);
    const auto found = tape.takeParameters();
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_NEAR(found.at("w").values()[i], checked.slope(norm.weight[i]), 1e-3);
        EXPECT_NEAR(found.at("b").values()[i], checked.slope(norm.bias[i]), 1e-3);
    }
}

TEST(NormGradient, OfRmsNorm)
{
    RmsNorm norm{{0.5F, -1.0F, 2.0F, 1.5F, 0.7F}, 1e-6, {"w", {5}}};
    Checked checked(3, 5, 3, 5, [&](const Operations& operations, MatrixView in, MutableMatrixView out) {
        operations.apply(norm, in, out);
    });
    checked.check();
    Tape tape(true);
    checked.gradients(tape);
    const auto found = tape.takeParameters();
    for (std::size_t i = 0; i < 5; ++i)
        EXPECT_NEAR(found.at("w").values()[i], checked.slope(norm.weight[i]), 1e-3);
}

TEST(OperationGradient, OfRotaryPositions)
{
    const RotaryEmbedding rotary(rotaryFrequencies(4, 10.0));
    Checked(3, 8, 3, 8, [&](const Operations& operations, MatrixView in, MutableMatrixView out) {
        operations.copy(in, out);
        operations.apply(rotary, out);
    }).check();
}

TEST(OperationGradient, OfProductsOfTwoBranches)
{
    Checked(3, 4, 3, 4, [&](const Operations& operations, MatrixView in, MutableMatrixView out) {
        const Tensor factors = operations.copyOf(in);
        operations.copy(in, out);
        operations.activate(Activation::Silu, out);
        operations.multiply(out, factors.matrix());
    }).check();
}

TEST(OperationGradient, OfScaledCosines)
{
    WeightTable scale{Tensor({1}), {"scale", {}}};
    scale.values.data()[0] = 0.7F;
    Checked checked(4, 5, 1, 3, [&](const Operations& operations, MatrixView in, MutableMatrixView out) {
        Tensor unit = operations.copyOf(in);
        operations.makeUnit(unit.matrix());
        operations.scaledProducts(unit.matrix().middleRows(0, 3), unit.matrix().middleRows(3, 1), scale, out);
    });
    checked.check();
    Tape tape(true);
    checked.gradients(tape);
    EXPECT_NEAR(tape.takeParameters().at("scale").values()[0], checked.slope(scale.values.data()[0]), 1e-3);
}

TEST(OperationGradient, OfLookedUpRows)
{
    WeightTable words{normalTensor(6, 4, 1), {"words", {6, 4}}},
        positions{normalTensor(5, 4, 2), {"positions", {1, 5, 4}}};
    const std::vector<std::int32_t> ids = {3, 1, 3};
    Checked checked(1, 4, 3, 4, [&](const Operations& operations, MatrixView, MutableMatrixView out) {
        operations.lookUp(words, ids, out);
        operations.addLookUp(words, std::vector<std::int32_t>{0, 0, 3}, out);
        operations.addPositions(positions, out);
        operations.activate(Activation::Tanh, out);
    });
    Tape tape(true);
    checked.gradients(tape);
    const auto found = tape.takeParameters();
    EXPECT_EQ(found.at("positions").shape(), (std::vector<std::size_t>{1, 5, 4}));
    for (std::size_t i = 0; i < words.values.size(); ++i)
        EXPECT_NEAR(found.at("words").values()[i], checked.slope(words.values.data()[i]), 1e-3);
    for (std::size_t i = 0; i < positions.values.size(); ++i)
        EXPECT_NEAR(found.at("positions").values()[i], checked.slope(positions.values.data()[i]), 1e-3);
}

// Four heads that share keys and values in pairs, one of them with a mechanism of its own, padding and a causal mask.
TEST(OperationGradient, OfAttentionWithSharedKeys)
{
    HeadPlan plan({{1, 4}}, 3);
    const Mechanism& other = mechanism("fidelity");
    plan.assign(0, 0, 2, std::make_shared<const HeadAssignment>(HeadAssignment{&other, other.defaults()}));
    const std::vector<std::uint8_t> real = {1, 1, 0, 1, 1};
    const auto layerOf = [&](MatrixView all) {
        LayerAttention layer;
        layer.queries = all.middleColumns(0, 12);
        layer.keys = all.middleColumns(12, 6);
        layer.values = all.middleColumns(18, 6);
        layer.input = all;
        layer.mask.causal = true;
        layer.mask.keyAllowed = real;
        layer.scale = 0.6F;
        layer.heads = 4;
        layer.keyValueHeads = 2;
        return layer;
    };
    Checked checked(5, 24, 5, 12, [&](const Operations& operations, MatrixView in, MutableMatrixView out) {
        operations.attend(layerOf(in), plan, out, Monitor(), true);
    });
    checked.check();
    // output = weights · values of every head, so dL/dweights = G Vᵀ.
    Tape tape(false);
    checked.gradients(tape);
    const Tensor maps = tape.takeMap(0, 0), gradient = normalTensor(5, 12, 4);
    for (std::size_t head = 0; head < 4; ++head)
        for (std::size_t query = 0; query < 5; ++query)
            for (std::size_t key = 0; key < 5; ++key) {
                double sum = 0.0;
                for (std::size_t i = 0; i < 3; ++i)
                    sum += static_cast<double>(gradient.matrix()(query, head * 3 + i))
                           * static_cast<double>(checked.in.matrix()(key, 18 + head / 2 * 3 + i));
                EXPECT_NEAR(maps.matrix({head})(query, key), sum, 1e-5);
            }
}

// The whole module: a batch of two, a causal mask given as booleans, padding, two kinds of heads.
TEST(OperationGradient, OfTheMultiheadModule)
{
    constexpr std::size_t kWidth = 6, kTokens = 4;
    HeadPlan plan({{1, 2}}, 3);
    const Mechanism& other = mechanism("performer");
    plan.assign(0, 0, 1, std::make_shared<const HeadAssignment>(HeadAssignment{&other, other.defaults()}));
    const auto shared = [](Tensor tensor) { return std::make_shared<Tensor>(std::move(tensor)); };
    std::map<std::string, std::shared_ptr<Tensor>> state = {{"in_proj_weight", shared(normalTensor(18, 6, 5))},
                                                            {"out_proj.weight", shared(normalTensor(6, 6, 6))}};
    for (const auto& [name, size] : {std::pair{"in_proj_bias", 18U}, std::pair{"out_proj.bias", 6U}}) {
        Tensor bias({size});
        std::ranges::copy(normalTensor(1, size, 7).values(), bias.data());
        state[name] = shared(std::move(bias));
    }
    for (float& weight : state.at("in_proj_weight")->values())
        weight *= 0.4F;  // logits as of a trained head, whose slopes differences can find
    std::vector<std::uint8_t> masked(kTokens * kTokens), padding(2 * kTokens);
    for (std::size_t i = 0; i < kTokens; ++i)
        for (std::size_t j = i + 1; j < kTokens; ++j)
            masked[i * kTokens + j] = 1;
    masked[2 * kTokens + 1] = 1;  // not causal alone: a mask to add
    padding[kTokens - 1] = 1;
    std::vector<std::unique_ptr<MultiheadAttention>> modules;
    Checked checked(2 * kTokens, kWidth, 2 * kTokens, kWidth,
                    [&](const Operations& operations, MatrixView in, MutableMatrixView out) {
                        modules.push_back(std::make_unique<MultiheadAttention>(
                            MultiheadShape{.embedding = kWidth, .heads = 2}, NamedTensors(state.begin(), state.end())));
                        Tensor x = operations.tensor({kTokens, 2, kWidth});
                        operations.copy(in, {x.data(), 2 * kTokens, kWidth});
                        MultiheadOptions options;
                        options.mask = {{kTokens, kTokens}, masked, {}};
                        options.keyPadding = padding;
                        MultiheadResult result =
                            modules.back()->forward(x, x, x, options, plan, Monitor(), operations.tape());
                        operations.copy({result.output.data(), 2 * kTokens, kWidth}, out);
                    });
    checked.check();
    Tape tape(true);
    checked.gradients(tape);
    const auto found = tape.takeParameters();
    ASSERT_EQ(found.size(), state.size());
    for (const auto& [name, values] : state) {
        ASSERT_EQ(found.at(name).shape(), values->shape()) << name;
        for (std::size_t i = 0; i < values->size(); i += 5) {
            const double slope = checked.slope(values->data()[i]);
            EXPECT_NEAR(found.at(name).values()[i], slope, 2e-3 * (1.0 + std::abs(slope))) << name << " " << i;
        }
    }
}

TEST(Tape, ConstantsHaveNoGradientsEvenWhenTheirMemoryIsUsedAgain)
{
    Tape tape(false);
    const Operations operations(&tape);
    const Tensor constant = normalTensor(2, 3, 1);
    EXPECT_TRUE(tape.variable(constant.matrix()).empty());
    EXPECT_TRUE(tape.gradients(constant.matrix()).empty());
    Tensor held = operations.tensor({2, 3});
    operations.copy(constant.matrix(), held.matrix());
    EXPECT_FALSE(tape.variable(held.matrix().middleRows(1, 1)).empty());
    Tensor stranger({2, 3});
    EXPECT_THROW(operations.copy(held.matrix(), stranger.matrix()), Error);
}

TEST(Tape, KeepsOneCopyOfValuesUntilTheyChange)
{
    Tape tape(false);
    const Operations operations(&tape);
    Tensor x = operations.copyOf(normalTensor(3, 4, 1).matrix());
    Tensor y = operations.tensor({3, 4});
    const auto first = tape.keep(x.matrix());
    operations.copy(x.matrix(), y.matrix());
    EXPECT_EQ(tape.keep(x.matrix()), first);
    EXPECT_NE(tape.keep(x.matrix().middleRows(0, 2)), first);
    operations.add(y.matrix().middleRows(0, 1), x.matrix().middleRows(2, 1));
    const auto second = tape.keep(x.matrix());
    EXPECT_NE(second, first);
    EXPECT_EQ(second->matrix()(2, 3), x.matrix()(2, 3));
    EXPECT_NE(second->matrix()(2, 3), first->matrix()(2, 3));
    tape.record([](Tape&) {});  // may have changed anything
    EXPECT_NE(tape.keep(x.matrix()), second);
}

TEST(Tape, TakingGradientsLeavesNone)
{
    Tape tape(false);
    const Tensor whole = normalTensor(3, 4, 1);
    tape.hold(whole);
    tape.gradients(whole.matrix())(1, 2) = 5.0F;
    const Tensor row = tape.take(whole.matrix().middleRows(1, 1));
    EXPECT_EQ(row.matrix()(0, 2), 5.0F);
    EXPECT_EQ(tape.gradients(whole.matrix())(1, 2), 0.0F);
    tape.gradients(whole.matrix())(2, 0) = 7.0F;
    const Tensor all = tape.take(whole.matrix());
    EXPECT_EQ(all.shape(), whole.shape());
    EXPECT_EQ(all.matrix()(2, 0), 7.0F);
    EXPECT_TRUE(tape.take(whole.matrix()).empty());
    EXPECT_EQ(tape.gradients(whole.matrix())(2, 0), 0.0F);
}

TEST(Tape, IsCancelled)
{
    test::CancelledAfter monitor;
    Tape tape(false);
    tape.record([](Tape&) { FAIL() << "ran"; });
    EXPECT_THROW(tape.backward(monitor), Error);
}

}  // namespace
}  // namespace ketscope
