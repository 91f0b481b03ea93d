// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/loss.h"
#include "core/train/optimizer.h"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

Tensor tensorOf(std::vector<std::size_t> shape, const std::vector<float>& values)
{
    Tensor result(std::move(shape));
    std::ranges::copy(values, result.data());
    return result;
}

// Central differences of a loss of double precision in each of some float32 values.
void expectSlopes(Tensor& values, const Tensor& gradients, const std::function<double()>& loss)
{
    constexpr float kStep = 1e-3F;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const float before = values.data()[i];
        values.data()[i] = before + kStep;
        const double above = loss(), highest = values.data()[i];
        values.data()[i] = before - kStep;
        const double slope = (above - loss()) / (highest - static_cast<double>(values.data()[i]));
        values.data()[i] = before;
        EXPECT_NEAR(gradients.values()[i], slope, 2e-5) << i;
    }
}

TEST(TrainLoss, CrossEntropyOfUncertainAnswers)
{
    // −¾ ln ¼ − ¼ ln ¾, and a certain answer as above.
    Tensor logits = tensorOf({2, 2}, {0.0F, std::log(3.0F), std::log(2.0F), 0.0F});
    const Tensor shares = tensorOf({2, 2}, {0.75F, 0.25F, 1.0F, 0.0F});
    const CrossEntropy loss = crossEntropy(logits.matrix(), shares.matrix(), 1.0);
    EXPECT_NEAR(loss.sum, 0.75 * std::log(4.0) - 0.25 * std::log(0.75) + std::log(1.5), 1e-6);
    EXPECT_EQ(loss.counted, 2U);
    EXPECT_EQ(loss.right, 1U);
    expectSlopes(logits, loss.gradients, [&] { return crossEntropy(logits.matrix(), shares.matrix(), 1.0).sum; });
    const std::vector<std::int32_t> certain = {0};
    EXPECT_EQ(
        crossEntropy(logits.matrix().middleRows(1, 1), shares.matrix().middleRows(1, 1), 0.5).gradients.values()[0],
        crossEntropy(logits.matrix().middleRows(1, 1), certain, 0.5).gradients.values()[0]);
}

TEST(TrainLoss, CrossEntropyOfHandComputedRows)
{
    // softmax(0, ln 3) = (1/4, 3/4); softmax(ln 2, 0) = (2/3, 1/3).
    const Tensor logits = tensorOf({3, 2}, {0.0F, std::log(3.0F), std::log(2.0F), 0.0F, 5.0F, -5.0F});
    const std::vector<std::int32_t> targets = {0, 0, -1};
    const CrossEntropy loss = crossEntropy(logits.matrix(), targets, 0.5);
    EXPECT_NEAR(loss.sum, std::log(4.0) + std::log(1.5), 1e-6);
    EXPECT_EQ(loss.counted, 2U);
    EXPECT_EQ(loss.right, 1U);
    const std::vector<float> expected = {-0.375F, 0.375F, -1.0F / 6.0F, 1.0F / 6.0F, 0.0F, 0.0F};
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(loss.gradients.values()[i], expected[i], 1e-6) << i;
}

TEST(TrainLoss, WeightsMultiplyTheLossesOfTheirRows)
{
    const Tensor logits = tensorOf({2, 2}, {0.0F, std::log(3.0F), std::log(2.0F), 0.0F});
    const std::vector<std::int32_t> targets = {0, 0};
    const CrossEntropy loss = crossEntropy(logits.matrix(), targets, 0.5, std::vector{2.0, 0.5});
    EXPECT_NEAR(loss.sum, 2.0 * std::log(4.0) + 0.5 * std::log(1.5), 1e-6);
    EXPECT_EQ(loss.counted, 2U);
    const std::vector<float> expected = {-0.75F, 0.75F, -1.0F / 12.0F, 1.0F / 12.0F};
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(loss.gradients.values()[i], expected[i], 1e-6) << i;
}

TEST(TrainLoss, CrossEntropyGradientsAreSlopes)
{
    Tensor logits = tensorOf({2, 3}, {0.3F, -1.2F, 0.8F, 2.0F, 0.1F, -0.4F});
    const std::vector<std::int32_t> targets = {2, 1};
    for (const std::vector<double>& weights : {std::vector<double>(), {3.0, 0.25}}) {
        const Tensor gradients = std::move(crossEntropy(logits.matrix(), targets, 0.7, weights).gradients);
        expectSlopes(logits, gradients, [&] { return 0.7 * crossEntropy(logits.matrix(), targets, 0.7, weights).sum; });
    }
}

TEST(TrainLoss, ContrastOfTwoPairsByHand)
{
    // Orthogonal pairs that fit: logits are (s, 0; 0, s), so each of the four cross-entropies is ln(1 + e^−s).
    const Tensor texts = tensorOf({2, 2}, {1.0F, 0.0F, 0.0F, 1.0F});
    const ContrastiveLoss right = contrastiveLoss(texts.matrix(), texts.matrix(), std::log(2.0));
    EXPECT_NEAR(right.value, std::log1p(std::exp(-2.0)), 1e-12);
    EXPECT_EQ(right.rightTexts, 2U);
    const Tensor turned = tensorOf({2, 2}, {0.0F, 1.0F, 1.0F, 0.0F});
    const ContrastiveLoss wrong = contrastiveLoss(texts.matrix(), turned.matrix(), std::log(2.0));
    EXPECT_NEAR(wrong.value, std::log1p(std::exp(2.0)), 1e-12);
    EXPECT_EQ(wrong.rightImages, 0U);
}

TEST(TrainLoss, ContrastGradientsAreSlopes)
{
    Tensor texts = tensorOf({3, 2}, {0.6F, 0.8F, -0.1F, 0.9F, 1.0F, 0.2F});
    Tensor images = tensorOf({3, 2}, {0.3F, 0.7F, -0.6F, 0.4F, 0.5F, -0.9F});
    const double logScale = 0.9;
    const auto value = [&] { return contrastiveLoss(texts.matrix(), images.matrix(), logScale).value; };
    const ContrastiveLoss loss = contrastiveLoss(texts.matrix(), images.matrix(), logScale);
    expectSlopes(texts, loss.texts, value);
    expectSlopes(images, loss.images, value);
    constexpr double kStep = 1e-5;
    EXPECT_NEAR(loss.logScale,
                (contrastiveLoss(texts.matrix(), images.matrix(), logScale + kStep).value
                 - contrastiveLoss(texts.matrix(), images.matrix(), logScale - kStep).value)
                    / (2.0 * kStep),
                1e-8);
}

TEST(TrainOptimizer, TwoStepsOfAdamWByHand)
{
    AdamW optimizer{.beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8, .decay = 0.1};
    ParameterValues values, gradients;
    values["matrix"] = tensorOf({1, 1}, {2.0F});
    values["bias"] = tensorOf({1}, {2.0F});
    double matrix = 2.0, bias = 2.0, m = 0.0, v = 0.0;
    for (const double g : {0.5, -1.0}) {
        gradients["matrix"] = tensorOf({1, 1}, {static_cast<float>(g)});
        gradients["bias"] = tensorOf({1}, {static_cast<float>(g)});
        const std::size_t t = g > 0.0 ? 1 : 2;
        m = 0.9 * m + 0.1 * g;
        v = 0.99 * v + 0.01 * g * g;
        const double change = (m / (1.0 - std::pow(0.9, t))) / (std::sqrt(v / (1.0 - std::pow(0.99, t))) + 1e-8);
        matrix -= 0.01 * (change + 0.1 * matrix);
        bias -= 0.01 * change;
        optimizer.step(0.01, gradients, values);
    }
    EXPECT_NEAR(values["matrix"].values().front(), matrix, 1e-6);
    EXPECT_NEAR(values["bias"].values().front(), bias, 1e-6);
    EXPECT_NE(matrix, bias);
}

// As if the run had begun there.
TEST(TrainOptimizer, WhatHasGradientsLateTakesFirstStepsOfTheRightLength)
{
    AdamW optimizer{.beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .decay = 0.0};
    ParameterValues values, gradients;
    values["early"] = tensorOf({1}, {0.0F});
    values["late"] = tensorOf({1}, {0.0F});
    for (std::size_t i = 0; i < 500; ++i) {
        gradients["early"] = tensorOf({1}, {1.0F});
        optimizer.step(0.01, gradients, values);
    }
    gradients["late"] = tensorOf({1}, {3.0F});
    for (std::size_t i = 1; i <= 20; ++i) {
        optimizer.step(0.01, gradients, values);
        EXPECT_NEAR(values["late"].values().front(), -0.01 * static_cast<double>(i), 1e-5) << i;
    }
    EXPECT_EQ(optimizer.states.at("late").updates, 20U);
    EXPECT_EQ(optimizer.states.at("early").updates, 520U);
}

TEST(TrainOptimizer, NoDecayOfNormsBiasesAnglesAndHeads)
{
    EXPECT_TRUE(AdamW::decays("transformer.h.0.mlp.c_fc.weight", Tensor({2, 2})));
    EXPECT_FALSE(AdamW::decays("transformer.h.0.ln_1.weight", Tensor({2})));
    EXPECT_FALSE(AdamW::decays("transformer.h.0.attn.angles_q", Tensor({2, 2})));
    EXPECT_FALSE(AdamW::decays("ketscope.text.0.1.projection", Tensor({2, 2})));
}

TEST(TrainOptimizer, WarmUpAndHalfACosine)
{
    const Schedule schedule{.peak = 2.0, .last = 0.1, .warmUp = 4, .steps = 12};
    EXPECT_DOUBLE_EQ(schedule.rate(0), 0.5);
    EXPECT_DOUBLE_EQ(schedule.rate(3), 2.0);
    EXPECT_DOUBLE_EQ(schedule.rate(4), 2.0);
    EXPECT_NEAR(schedule.rate(8), 2.0 * 0.55, 1e-12);  // the middle of the cosine
    EXPECT_NEAR(schedule.rate(12), 0.2, 1e-12);
}

TEST(TrainOptimizer, EveryRestartBeginsTheScheduleAnew)
{
    const Schedule restarted{.peak = 2.0, .last = 0.1, .warmUp = 2, .steps = 14, .restarts = {5, 8}};
    const auto expectPart = [&](std::size_t first, std::size_t length) {
        const Schedule alone{.peak = 2.0, .last = 0.1, .warmUp = 2, .steps = length};
        for (std::size_t i = 0; i < length; ++i)
            EXPECT_DOUBLE_EQ(restarted.rate(first + i), alone.rate(i)) << first << " + " << i;
    };
    expectPart(0, 5);
    expectPart(5, 3);
    expectPart(8, 6);
}

TEST(TrainOptimizer, ClippingKeepsTheDirection)
{
    ParameterValues gradients;
    gradients["a"] = tensorOf({1}, {3.0F});
    gradients["b"] = tensorOf({1}, {4.0F});
    EXPECT_DOUBLE_EQ(clip(gradients, 10.0), 5.0);
    EXPECT_FLOAT_EQ(gradients["a"].values().front(), 3.0F);
    EXPECT_DOUBLE_EQ(clip(gradients, 1.0), 5.0);
    EXPECT_FLOAT_EQ(gradients["a"].values().front(), 0.6F);
    EXPECT_FLOAT_EQ(gradients["b"].values().front(), 0.8F);
}

TEST(TrainLoss, LateContrastByHand)
{
    // Text 0 has the words (1, 0) and padding, text 1 (0, 1) twice; image 0 the patches (1, 0) and (0.6, 0.8), image 1
    // only (0, 1). Best cosines: image 0 with text 0 1, with text 1 0.8; image 1 with text 0 0, with text 1 1.
    const Tensor words0 = tensorOf({2, 2}, {1.0F, 0.0F, 0.0F, 1.0F});
    const Tensor words1 = tensorOf({2, 2}, {0.0F, 1.0F, 0.0F, 1.0F});
    const Tensor patches0 = tensorOf({2, 2}, {1.0F, 0.0F, 0.6F, 0.8F}), patches1 = tensorOf({1, 2}, {0.0F, 1.0F});
    const std::vector<std::uint8_t> counts = {1, 0};
    const std::vector<TokenVectors> pairs = {{words0.matrix(), counts, patches0.matrix()},
                                             {words1.matrix(), {}, patches1.matrix()}};
    const LateContrastiveLoss loss = lateContrastiveLoss(pairs, std::log(2.0));
    const auto crossEntropyOf = [](double right, double other) {
        return std::log(1.0 + std::exp(2.0 * (other - right)));
    };
    EXPECT_NEAR(loss.value,
                0.25
                    * (crossEntropyOf(1.0, 0.8) + crossEntropyOf(1.0, 0.0) + crossEntropyOf(1.0, 0.0)
                       + crossEntropyOf(1.0, 0.8)),
                1e-6);
    EXPECT_EQ(loss.texts[0].values()[2], 0.0F);  // padding
    EXPECT_EQ(loss.texts[0].values()[3], 0.0F);
}

TEST(TrainLoss, LateContrastGradientsAreSlopes)
{
    std::vector<Tensor> words, patches;
    words.push_back(tensorOf({2, 2}, {0.9F, 0.1F, 0.2F, 0.7F}));
    words.push_back(tensorOf({1, 2}, {-0.4F, 0.8F}));
    patches.push_back(tensorOf({2, 2}, {0.5F, 0.3F, -0.6F, 0.9F}));
    patches.push_back(tensorOf({2, 2}, {0.1F, 0.8F, 0.7F, -0.2F}));
    double logScale = 0.3;
    const auto loss = [&] {
        std::vector<TokenVectors> pairs;
        for (std::size_t i = 0; i < words.size(); ++i)
            pairs.push_back({words[i].matrix(), {}, patches[i].matrix()});
        return lateContrastiveLoss(pairs, logScale);
    };
    const LateContrastiveLoss found = loss();
    for (std::size_t i = 0; i < words.size(); ++i) {
        expectSlopes(words[i], found.texts[i], [&] { return loss().value; });
        expectSlopes(patches[i], found.images[i], [&] { return loss().value; });
    }
    constexpr double kStep = 1e-4;
    logScale += kStep;
    const double above = loss().value;
    logScale -= 2.0 * kStep;
    EXPECT_NEAR(found.logScale, (above - loss().value) / (2.0 * kStep), 1e-5);
}

}  // namespace
}  // namespace ketscope
