// SPDX-License-Identifier: GPL-3.0-or-later
// qsann, qisa and pqc: definitions of the first and the last, and the gradients of all three beyond queries, keys and values.
#include "core/quantum/ansatz.h"
#include "core/quantum/state_vector.h"
#include "core/quantum/weight_encoding.h"
#include "tests/support/quantum.h"
#include "tests/support/random_head.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;

std::vector<double> numbersOf(const NamedTensors& tensors, const char* name)
{
    const auto values = tensors.at(name)->values();
    return {values.begin(), values.end()};
}

TEST(Qsann, FollowsItsDefinition)
{
    const Mechanism& qsann = mechanism("qsann");
    const RandomHead head(4, 4, 5, 6);
    const Parameters parameters = with(qsann, {{"qubits", "3"}, {"layers", "2"}});
    const NamedTensors tensors = qsann.initialTensors(head.input, parameters);
    const auto state = [&](std::size_t token, const char* angles) {
        const auto row = head.layerInput.matrix().row(token);  // 10 numbers: 3·(2 + 2) angles, the last two are 0
        StateVector result(3);
        result.apply(qsannEncoding(3, 2, std::vector<double>(row.begin(), row.end())));
        return result.apply(qsannAnsatz(3, 2), numbersOf(tensors, angles));
    };
    const auto result = runHead(qsann, head.input, parameters);
    for (std::size_t i = 0; i < 4; ++i) {
        std::vector<double> alpha;
        for (std::size_t j = 0; j < 4; ++j) {
            const double gap = state(i, "angles_q").qubit(0).bloch[2] - state(j, "angles_k").qubit(0).bloch[2];
            alpha.push_back(std::exp(-gap * gap));
            EXPECT_GE(alpha.back(), std::exp(-4.0));
        }
        const double sum = std::accumulate(alpha.begin(), alpha.end(), 0.0);
        for (std::size_t j = 0; j < 4; ++j)
            EXPECT_NEAR(result.weight(i, j), alpha[j] / sum, 1e-6);
        for (std::size_t c = 0; c < 6; ++c) {
            std::string text;
            for (const float letter : tensors.at("pauli_strings")->matrix().row(c))
                text += "IXYZ"[static_cast<int>(letter)];
            double expected = 0.0;
            for (std::size_t j = 0; j < 4; ++j)
                expected += alpha[j] / sum * state(j, "angles_v").expectation(PauliString::parse(text));
            EXPECT_NEAR(result.output.matrix()(i, c), expected, 1e-6);
        }
    }
}

TEST(Pqc, FollowsItsDefinition)
{
    const Mechanism& pqc = mechanism("pqc");
    const RandomHead head(4, 6, 4, 5);  // cross-attention: keys have an input of their own
    for (const std::string score : {"gaussian", "dot"})
        for (const std::string quantise : {"off", "on"}) {
            const Parameters parameters = with(pqc, {{"score", score}, {"quantise", quantise}});
            const NamedTensors tensors = pqc.initialTensors(head.input, parameters);
            const auto measured = [&](MatrixView tokens, std::size_t token, const char* name) {
                auto angles = numbersOf(tensors, name);
                for (double& angle : angles)
                    angle = quantise == "on" ? quantisedAngle(angle, 8) : angle;
                const StateVector state = StateVector::encode(tokens.row(token)).value().apply(pqcAnsatz(3, 2), angles);
                return std::vector<double>{state.qubit(0).bloch[2], state.qubit(1).bloch[2], state.qubit(2).bloch[2]};
            };
            const auto result = runHead(pqc, head.input, parameters);
            for (std::size_t i = 0; i < 4; ++i) {
                const auto q = measured(head.layerInput.matrix(), i, "angles_q");
                std::vector<double> alpha;
                for (std::size_t j = 0; j < 6; ++j) {
                    const auto k = measured(head.keyInput.matrix(), j, "angles_k");
                    double distance = 0.0;
                    double product = 0.0;
                    for (std::size_t c = 0; c < 3; ++c) {
                        distance += (q[c] - k[c]) * (q[c] - k[c]);
                        product += q[c] * k[c];
                    }
                    alpha.push_back(std::exp(score == "dot" ? product / std::sqrt(3.0) / 0.1 : -distance));
                }
                const double sum = std::accumulate(alpha.begin(), alpha.end(), 0.0);
                for (std::size_t j = 0; j < 6; ++j)
                    EXPECT_NEAR(result.weight(i, j), alpha[j] / sum, 1e-6) << score;
                for (std::size_t c = 0; c < 5; ++c) {
                    double expected = 0.0;
                    for (std::size_t j = 0; j < 6; ++j) {
                        const auto z = measured(head.keyInput.matrix(), j, "angles_v");
                        for (std::size_t k = 0; k < 3; ++k)
                            expected += alpha[j] / sum * z[k] * tensors.at("readout")->matrix()(c, k);
                    }
                    EXPECT_NEAR(result.output.matrix()(i, c), expected, 1e-5) << score;
                }
            }
        }
}

// What is measured of queries and keys is kept: their distance is the score.
TEST(CircuitAttention, MeasuredExpectationsAreDiagnostics)
{
    using Changes = std::vector<std::pair<std::string, std::string>>;
    for (const auto& [id, changes, variance] :
         {std::tuple{"qsann", Changes{}, 0.5},
          {"pqc", Changes{}, 0.5},
          {"qisa", Changes{{"version", "v2"}, {"bandwidth", "chosen"}, {"variance", "2"}}, 2.0}}) {
        const Mechanism& subject = mechanism(id);
        const RandomHead head(4, 4, 5, 6);
        const HeadResult result = runHead(subject, head.input, with(subject, changes));
        const auto named = [&](const std::string& name) {
            return std::ranges::find(result.diagnostics, name, [](const Diagnostic& d) { return d.info.id; })
                ->values->matrix();
        };
        const MatrixView queries = named("query_expectations");
        const MatrixView keys = named("key_expectations");
        for (std::size_t i = 0; i < 4; ++i) {
            std::vector<double> alpha(4, 0.0);
            for (std::size_t j = 0; j < 4; ++j) {
                for (std::size_t c = 0; c < keys.columns; ++c)
                    alpha[j] -= std::pow(queries(i, c) - keys(j, c), 2) / (2.0 * variance);
                alpha[j] = std::exp(alpha[j]);
            }
            for (std::size_t j = 0; j < 4; ++j)
                EXPECT_NEAR(result.weight(i, j), alpha[j] / std::accumulate(alpha.begin(), alpha.end(), 0.0), 1e-5)
                    << id;
        }
    }
    const Mechanism& qisa = mechanism("qisa");
    const RandomHead head(4, 4, 5, 6);
    for (const Diagnostic& one : runHead(qisa, head.input, qisa.defaults()).diagnostics)
        EXPECT_NE(one.info.id, "query_expectations") << "v3 projects, it does not measure";
}

struct GradientCase {
    std::string mechanism;
    std::vector<std::pair<std::string, std::string>> changes;
};

double lossOf(const GradientCase& subject, const HeadInput& input, const Parameters& parameters, const Tensor& ofOutput,
              const Tensor& ofWeights)
{
    const HeadResult result = runHead(mechanism(subject.mechanism), input, parameters);
    double loss = 0.0;
    for (std::size_t i = 0; i < ofOutput.size(); ++i)
        loss += static_cast<double>(ofOutput.values()[i]) * result.output.values()[i];
    for (std::size_t i = 0; i < ofWeights.size(); ++i)
        loss += static_cast<double>(ofWeights.values()[i]) * result.weights.values()[i];
    return loss;
}

class CircuitAttentionGradient : public testing::TestWithParam<GradientCase> {};

TEST_P(CircuitAttentionGradient, ReachesInputsTensorsAndParameters)
{
    const Mechanism& subject = mechanism(GetParam().mechanism);
    Parameters parameters = with(subject, GetParam().changes);
    RandomHead head(4, 5, 4, 3);
    const Tensor ofOutput = normalTensor(4, 3, 77);
    const Tensor ofWeights = normalTensor(4, 5, 78);
    NamedTensors trained = subject.initialTensors(head.input, parameters);
    head.input.trained = &trained;
    Tensor layerInput = Tensor::zeros({4, 8});
    Tensor keyInput = Tensor::zeros({5, 8});
    std::map<std::string, Tensor, std::less<>> tensors;
    std::map<std::string, double, std::less<>> numbers;
    subject.backward(
        head.input, parameters, {ofOutput.matrix(), ofWeights.matrix()},
        {.layerInput = layerInput.matrix(), .keyInput = keyInput.matrix(), .trained = &tensors, .parameters = &numbers},
        Monitor());
    const auto loss = [&] { return lossOf(GetParam(), head.input, parameters, ofOutput, ofWeights); };
    const auto check = [&](float& moved, double found, const std::string& what) {
        constexpr float kStep = 4e-3F;
        const float before = moved;
        moved = before + kStep;
        const double above = loss();
        moved = before - kStep;
        const double slope = (above - loss()) / (2.0 * static_cast<double>(kStep));
        moved = before;
        ASSERT_NEAR(found, slope, 4e-3 + 0.01 * std::abs(slope)) << what;
    };
    for (std::size_t i = 0; i < layerInput.size(); ++i)
        check(head.layerInput.values()[i], layerInput.values()[i], "layer input " + std::to_string(i));
    for (std::size_t i = 0; i < keyInput.size(); ++i)
        check(head.keyInput.values()[i], keyInput.values()[i], "key input " + std::to_string(i));
    for (auto& [name, pointer] : trained) {
        if (name == "pauli_strings")
            continue;  // not a thing to train
        ASSERT_TRUE(tensors.contains(name)) << name;
        Tensor copy(pointer->shape());
        std::ranges::copy(pointer->values(), copy.data());
        auto moved = std::make_shared<Tensor>(std::move(copy));
        pointer = moved;
        for (std::size_t i = 0; i < moved->size(); ++i)
            check(moved->values()[i], tensors.at(name).values()[i], name + " " + std::to_string(i));
    }
    for (const auto& [id, found] : numbers) {
        const double before = parameters.real(id);
        parameters.set(id, before * 1.01);
        const double above = loss();
        parameters.set(id, before / 1.01);
        const double slope = (above - loss()) / (before * 1.01 - before / 1.01);
        parameters.set(id, before);
        EXPECT_NEAR(found, slope, 1e-3 + 0.01 * std::abs(slope)) << id;
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, CircuitAttentionGradient,
    testing::Values(GradientCase{"qsann", {}}, GradientCase{"qsann", {{"values", "model"}}}, GradientCase{"qisa", {}},
                    GradientCase{"qisa", {{"version", "v1"}, {"bandwidth", "chosen"}, {"variance", "2"}}},
                    GradientCase{"qisa", {{"version", "v2"}, {"layers", "2"}, {"rule", "softmax"}}},
                    GradientCase{"qisa", {{"version", "v2"}, {"values", "model"}, {"aggregate", "transposed"}}},
                    GradientCase{"qisa", {{"version", "paper"}}}, GradientCase{"pqc", {}},
                    GradientCase{"pqc", {{"score", "dot"}, {"tau", "0.5"}, {"execution", "gates"}}}),
    [](const auto& instance) { return instance.param.mechanism + std::to_string(instance.index); });

}  // namespace
}  // namespace ketscope
