// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/ansatz.h"
#include "core/quantum/state_vector.h"
#include "tests/support/model_run.h"
#include "tests/support/qisa_files.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using test::ModelCopy;
using test::openModel;

constexpr std::uint64_t kSeed = 5;

Trace run(const Model& model, const std::string& spec)
{
    return test::run(model, test::someInput(model, 6), resolve({{parseSpec(spec)}}, model.info(), kSeed));
}

// The heads of a layer whose diagnostics tell of a feed-forward circuit.
std::vector<std::size_t> headsThatReplace(const StackTrace& stack, std::size_t layer)
{
    std::vector<std::size_t> heads;
    for (const HeadDiagnostics& head : stack.diagnostics.at(layer))
        if (std::ranges::any_of(head.list, [](const Diagnostic& d) { return d.info.id == "feed_forward_qubits"; }))
            heads.push_back(head.head);
    return heads;
}

void fill(ModelCopy& copy, const std::string& tensor, float value)
{
    for (std::size_t i = 0; i < copy.values(tensor).size(); ++i)
        copy.setValue(tensor, i, value);
}

// Of `x` + tanh(R⟨Z⟩), qubit by qubit; norms have weights 1 and biases 0.
std::vector<double> expectedRow(std::span<const float> x, const NamedTensors& tensors, std::size_t layers)
{
    const std::size_t qubits = qubitsFor(x.size());
    const auto& angles = tensors.at("feed_forward_angles")->values();
    auto state = StateVector::encode(x, qubits);
    state->apply(pqcAnsatz(qubits, layers), std::vector<double>(angles.begin(), angles.end()));
    std::vector<double> row(x.begin(), x.end());
    double mean = 0.0, square = 0.0;
    for (std::size_t i = 0; i < row.size(); ++i) {
        double sum = 0.0;
        for (std::size_t q = 0; q < qubits; ++q)
            sum += static_cast<double>(tensors.at("feed_forward_readout")->matrix()(i, q)) * state->qubit(q).bloch[2];
        row[i] += std::tanh(sum);
        mean += row[i] / static_cast<double>(row.size());
    }
    for (const double value : row)
        square += (value - mean) * (value - mean) / static_cast<double>(row.size());
    for (double& value : row)
        value = (value - mean) / std::sqrt(square);
    return row;
}

// A layer whose own feed-forward part gives 0 and whose norms do nothing: what comes out without the circuit is what goes
// into it.
TEST(FeedForward, ALayerAddsTheCircuitsAnswer)
{
    ModelCopy copy("distilbert-seqcls");
    const std::string layer = "distilbert.transformer.layer.0.";
    for (const char* zero : {"ffn.lin2.weight", "ffn.lin2.bias", "sa_layer_norm.bias", "output_layer_norm.bias"})
        fill(copy, layer + zero, 0.0F);
    for (const char* one : {"sa_layer_norm.weight", "output_layer_norm.weight"})
        fill(copy, layer + one, 1.0F);
    const auto model = openModel(copy.write());
    const Trace plain = run(*model, "pqc:layers=3@layers=0"),
                replaced = run(*model, "pqc:layers=3,feed-forward=on@layers=0");
    const MatrixView in = plain.stacks[0].hidden[1]->matrix(), out = replaced.stacks[0].hidden[1]->matrix();

    HeadInput input;
    input.layerInput = in;
    input.values = in.middleColumns(0, model->info().stacks[0].headSize);
    input.random = {kSeed, 0, 0, 0};
    const NamedTensors tensors =
        mechanism("pqc").initialTensors(input, parseSpec("pqc:layers=3,feed-forward=on").parameters);
    for (std::size_t token = 0; token < in.rows; ++token) {
        const std::vector<double> expected = expectedRow(in.row(token), tensors, 3);
        for (std::size_t i = 0; i < in.columns; ++i)
            EXPECT_NEAR(out(token, i), expected[i], 2e-5) << token << " " << i;
    }
}

void expectReplaced(const Model& model)
{
    const Trace plain = run(model, "pqc@layers=0"), replaced = run(model, "pqc:feed-forward=on@layers=0");
    for (std::size_t s = 0; s < plain.stacks.size(); ++s) {
        const StackTrace &before = plain.stacks[s], &after = replaced.stacks[s];
        EXPECT_THAT(headsThatReplace(before, 0), testing::IsEmpty()) << before.name;
        if (model.info().stacks[s].feedForwardSize == 0) {
            EXPECT_THAT(headsThatReplace(after, 0), testing::IsEmpty()) << before.name;
            EXPECT_THAT(replaced.warnings, testing::Contains(testing::HasSubstr("no feed-forward part")))
                << before.name;
            continue;
        }
        EXPECT_THAT(headsThatReplace(after, 0), testing::ElementsAre(0)) << before.name;
        EXPECT_TRUE(test::sameBits(before.attention[0], after.attention[0])) << before.name;
        EXPECT_FALSE(test::sameBits(before.hidden[1], after.hidden[1])) << before.name;
        for (const float value : after.hidden.back()->values())
            ASSERT_TRUE(std::isfinite(value)) << before.name;
    }
}

TEST(FeedForward, EveryArchitectureLetsItBeReplaced)
{
    for (const char* name : {"bert-seqcls", "distilbert-seqcls", "gpt2-lm", "openai-gpt-lm", "llama-gqa", "vit-imgcls",
                             "vilt-itm", "blip-itm", "clip"}) {
        SCOPED_TRACE(name);
        expectReplaced(*test::openFixture(name));
    }
    const test::QisaFiles qisa;
    SCOPED_TRACE("qisa");
    expectReplaced(*openModel(qisa.copy.write()));
}

// One for each layer, whichever heads ask for it.
TEST(FeedForward, IsTheFirstHeadsThatAsksForIt)
{
    const auto model = test::openFixture("distilbert-seqcls");
    const Trace second = run(*model, "pqc:feed-forward=on@layers=1;heads=1"),
                both = run(*model, "pqc:feed-forward=on@layers=1");
    EXPECT_THAT(headsThatReplace(second.stacks[0], 1), testing::ElementsAre(1));
    EXPECT_THAT(headsThatReplace(second.stacks[0], 0), testing::IsEmpty());
    EXPECT_THAT(headsThatReplace(both.stacks[0], 1), testing::ElementsAre(0));
}

// A token's feed-forward sees that token alone: with a causal mask nothing looks ahead.
TEST(FeedForward, LooksAtNoOtherToken)
{
    const auto model = test::openFixture("gpt2-lm");
    const HeadPlan plan = resolve({{parseSpec("pqc:feed-forward=on")}}, model->info(), kSeed);
    ModelInput input = test::someInput(*model, 6);
    const Trace before = test::run(*model, input, plan);
    input.tokenIds.back() = (input.tokenIds.back() + 1) % static_cast<std::int32_t>(model->info().vocabularySize);
    const Trace after = test::run(*model, input, plan);
    const MatrixView a = before.stacks[0].hidden.back()->matrix(), b = after.stacks[0].hidden.back()->matrix();
    for (std::size_t token = 0; token + 1 < a.rows; ++token)
        EXPECT_TRUE(std::ranges::equal(a.row(token), b.row(token))) << token;
    EXPECT_FALSE(std::ranges::equal(a.row(a.rows - 1), b.row(a.rows - 1)));
}

}  // namespace
}  // namespace ketscope
