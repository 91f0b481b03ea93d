// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "tests/support/random_head.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using namespace test;
using Changes = std::vector<std::pair<std::string, std::string>>;

const Mechanism& fidelity() { return mechanism("fidelity"); }

// Σ G ⊙ output + Σ W ⊙ weights.
double loss(const HeadInput& input, const Parameters& parameters, const Tensor& ofOutput, const Tensor& ofWeights)
{
    const HeadResult result = runHead(fidelity(), input, parameters);
    double sum = 0.0;
    for (std::size_t i = 0; i < ofOutput.size(); ++i)
        sum += static_cast<double>(ofOutput.values()[i]) * result.output.values()[i];
    for (std::size_t i = 0; i < ofWeights.size(); ++i)
        sum += static_cast<double>(ofWeights.values()[i]) * result.weights.values()[i];
    return sum;
}

std::vector<Changes> differentiable()
{
    return {{},
            {{"rule", "softmax"}},
            {{"sign", "affine"}},
            {{"sign", "affine"}, {"rule", "softmax"}},
            {{"sign", "post-select"}},
            {{"map", "angle"}, {"bandwidth", "0.6"}},
            {{"map", "angle"}, {"bandwidth", "0.6"}, {"rule", "softmax"}},
            {{"map", "iqp"}, {"bandwidth", "0.2"}, {"qubits", "3"}},
            {{"map", "iqp"}, {"bandwidth", "0.2"}, {"qubits", "3"}, {"rule", "softmax"}},
            {{"test", "hadamard-exact"}},
            {{"test", "hadamard-exact"}, {"rule", "softmax"}},
            {{"noise", "depolarizing-register"}, {"lambda", "0.3"}},
            {{"noise", "depolarizing-register"}, {"lambda", "0.1"}, {"noise-at", "gates"}, {"rule", "softmax"}},
            {{"noise", "amplitude-damping"}, {"gamma", "0.3"}},
            {{"noise", "phase-damping"}, {"lambda", "0.3"}, {"noisy-states", "query"}, {"rule", "softmax"}},
            {{"noise", "amplitude-damping"}, {"gamma", "0.2"}, {"map", "angle"}, {"bandwidth", "0.6"}},
            {{"noise", "depolarizing"}, {"map", "angle"}, {"noisy-states", "query"}, {"sign", "post-select"}},
            {{"noise", "amplitude-damping"}, {"gamma", "0.2"}, {"map", "iqp"}, {"bandwidth", "0.2"}, {"qubits", "3"}},
            {{"noise", "amplitude-damping"},
             {"map", "iqp"},
             {"bandwidth", "0.2"},
             {"noisy-states", "query"},
             {"qubits", "2"}},
            {{"noise", "depolarizing"}, {"lambda", "0.1"}, {"noise-at", "gates"}},
            {{"noise", "amplitude-damping"}, {"gamma", "0.2"}, {"noise-at", "gates"}, {"rule", "softmax"}},
            {{"noise", "phase-damping"}, {"lambda", "0.3"}, {"noise-at", "gates"}, {"noisy-states", "query"}},
            {{"noise", "amplitude-damping"},
             {"gamma", "0.1"},
             {"noise-at", "gates"},
             {"map", "iqp"},
             {"bandwidth", "0.2"},
             {"qubits", "2"},
             {"rule", "softmax"}}};
}

// With a causal mask, an additive one and a loss that looks at the weights as well.
TEST(FidelityGradient, IsTheSlopeOfTheLoss)
{
    constexpr float kStep = 2e-3F;
    const Tensor ofOutput = normalTensor(5, 3, 41);
    const Tensor ofWeights = normalTensor(5, 6, 42);
    Tensor bias = normalTensor(5, 6, 43);
    for (const Changes& changes : differentiable()) {
        RandomHead head(5, 6, 4, 3);
        head.input.mask.causal = true;
        head.input.mask.additive = bias.matrix();
        const Parameters parameters = with(fidelity(), changes);
        ASSERT_EQ(fidelity().properties(parameters).gradient, GradientKind::Exact);
        Tensor queries = Tensor::zeros({5, 4});
        Tensor keys = Tensor::zeros({6, 4});
        Tensor values = Tensor::zeros({6, 3});
        fidelity().backward(head.input, parameters, {ofOutput.matrix(), ofWeights.matrix()},
                            {.queries = queries.matrix(), .keys = keys.matrix(), .values = values.matrix()}, Monitor());
        const auto check = [&](Tensor& moved, const Tensor& found, const char* what) {
            for (std::size_t i = 0; i < moved.size(); ++i) {
                const float before = moved.values()[i];
                moved.values()[i] = before + kStep;
                const double above = loss(head.input, parameters, ofOutput, ofWeights);
                moved.values()[i] = before - kStep;
                const double below = loss(head.input, parameters, ofOutput, ofWeights);
                moved.values()[i] = before;
                const double slope = (above - below) / (2.0 * static_cast<double>(kStep));
                ASSERT_NEAR(found.values()[i], slope, 2e-3 + 5e-3 * std::abs(slope))
                    << (changes.empty() ? "" : changes.front().second) << " " << what << " " << i;
            }
        };
        check(head.queries, queries, "query");
        check(head.keys, keys, "key");
        check(head.values, values, "value");
    }
}

TEST(FidelityGradient, ReachesTemperatureAndScale)
{
    const Tensor ofOutput = normalTensor(5, 3, 41);
    const Tensor ofWeights = normalTensor(5, 6, 42);
    const RandomHead head(5, 6, 4, 3);
    const std::vector<std::pair<std::string, std::string>> cases = {{"angle", "none"},
                                                                    {"iqp", "none"},
                                                                    {"angle", "amplitude-damping"},
                                                                    {"iqp", "amplitude-damping"},
                                                                    {"iqp", "phase-damping"}};
    for (const auto& [map, noise] : cases) {
        const Parameters parameters = with(fidelity(), {{"map", map},
                                                        {"bandwidth", "0.3"},
                                                        {"rule", "softmax"},
                                                        {"tau", "0.4"},
                                                        {"noise", noise},
                                                        {"noise-at", noise == "phase-damping" ? "gates" : "state"}});
        std::map<std::string, double, std::less<>> found;
        fidelity().backward(head.input, parameters, {ofOutput.matrix(), ofWeights.matrix()}, {.parameters = &found},
                            Monitor());
        for (const std::string id : {"tau", "bandwidth"}) {
            Parameters above = parameters;
            Parameters below = parameters;
            above.set(id, parameters.real(id) + 1e-3);
            below.set(id, parameters.real(id) - 1e-3);
            const double slope =
                (loss(head.input, above, ofOutput, ofWeights) - loss(head.input, below, ofOutput, ofWeights)) / 2e-3;
            EXPECT_NEAR(found.at(id), slope, 2e-3 + 5e-3 * std::abs(slope)) << map << " " << id;
        }
    }
}

// Random runs have none, and say why.
TEST(FidelityGradient, TrajectoriesAreRefusedWithTheReason)
{
    const RandomHead head(2, 3, 4, 2);
    const Tensor ofOutput = normalTensor(2, 2, 41);
    for (const std::string at : {"state", "gates"}) {
        const Parameters parameters =
            with(fidelity(), {{"noise", "depolarizing"}, {"noise-at", at}, {"simulation", "trajectories"}});
        EXPECT_EQ(fidelity().properties(parameters).gradient, GradientKind::None);
        try {
            fidelity().backward(head.input, parameters, {ofOutput.matrix(), {}}, {}, Monitor());
            ADD_FAILURE() << at;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            EXPECT_NE(std::string(error.what()).find("which runs are drawn depends on the vectors"), std::string::npos);
        }
    }
}

// The only key that a query may see is opposite to it, one that it may not see is alike: the row is uniform over what is
// allowed, and nothing reaches the other key.
TEST(FidelityGradient, ForbiddenKeysGetNothingFromARowWithoutScores)
{
    RandomHead head(1, 2, 3, 2);
    for (std::size_t c = 0; c < 3; ++c) {
        head.keys.matrix()(0, c) = -head.queries.matrix()(0, c);
        head.keys.matrix()(1, c) = head.queries.matrix()(0, c);
    }
    const std::vector<std::uint8_t> allowed = {1, 0};
    head.input.mask.keyAllowed = allowed;
    const Tensor ofOutput = normalTensor(1, 2, 41);
    for (const Changes& changes : {Changes{{"test", "hadamard-exact"}}, Changes{{"sign", "post-select"}}}) {
        Tensor keys = Tensor::zeros({2, 3});
        Tensor values = Tensor::zeros({2, 2});
        fidelity().backward(head.input, with(fidelity(), changes), {ofOutput.matrix(), {}},
                            {.keys = keys.matrix(), .values = values.matrix()}, Monitor());
        EXPECT_EQ(runHead(fidelity(), head.input, with(fidelity(), changes)).weight(0, 0), 1.0F);
        for (std::size_t c = 0; c < 2; ++c) {
            EXPECT_EQ(values.matrix()(0, c), ofOutput.matrix()(0, c));
            EXPECT_EQ(values.matrix()(1, c), 0.0F);
        }
        for (const float slope : keys.values())
            EXPECT_EQ(slope, 0.0F);
    }
}

TEST(FidelityGradient, RowsWithoutAStateMoveNothing)
{
    RandomHead head(2, 4, 3, 2);
    std::ranges::fill(head.queries.matrix().row(0), 0.0F);
    std::ranges::fill(head.keys.matrix().row(1), 0.0F);
    for (const Changes& changes :
         {Changes{}, Changes{{"rule", "softmax"}}, Changes{{"noise", "depolarizing"}, {"noise-at", "gates"}}}) {
        Tensor queries = Tensor::zeros({2, 3});
        Tensor keys = Tensor::zeros({4, 3});
        const Tensor ofOutput = normalTensor(2, 2, 41);
        fidelity().backward(head.input, with(fidelity(), changes), {ofOutput.matrix(), {}},
                            {.queries = queries.matrix(), .keys = keys.matrix()}, Monitor());
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(queries.matrix()(0, i), 0.0F);
            EXPECT_EQ(keys.matrix()(1, i), 0.0F);
            EXPECT_TRUE(std::isfinite(queries.matrix()(1, i)) && std::isfinite(keys.matrix()(0, i)));
        }
    }
}

}  // namespace
}  // namespace ketscope
