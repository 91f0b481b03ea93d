// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/qisa_counts.h"
#include "core/base/error.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/state_vector.h"
#include "tests/support/quantum.h"
#include "tests/support/random_head.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;

const Mechanism& qisa() { return mechanism("qisa"); }

Tensor tensorOf(std::size_t rows, const std::vector<float>& values)
{
    Tensor tensor({rows, values.size() / rows});
    std::ranges::copy(values, tensor.data());
    return tensor;
}

TensorPointer shared(std::vector<std::size_t> shape, std::span<const double> values)
{
    Tensor tensor(std::move(shape));
    std::ranges::transform(values, tensor.data(), [](double x) { return static_cast<float>(x); });
    return std::make_shared<const Tensor>(std::move(tensor));
}

// Letters I, X, Y, Z as 0 … 3, a row for each string.
TensorPointer letters(const std::vector<std::string>& strings)
{
    std::vector<double> values;
    for (const std::string& string : strings)
        for (const char letter : string)
            values.push_back(static_cast<double>(std::string("IXYZ").find(letter)));
    return shared({strings.size(), strings[0].size()}, values);
}

// The head of three tokens whose maps are known by hand.
struct GoldenHead {
    GoldenHead()
        : queries(tensorOf(3, {0, 0, 1, 0, 0, 1})), keys(tensorOf(3, {0, 0, 0, 1, 1, 1})),
          values(tensorOf(3, {1, 0, 0, 1, 1, 1}))
    {
        input.queries = queries.matrix();
        input.keys = keys.matrix();
        input.values = values.matrix();
        input.mask.causal = true;
    }

    Tensor queries;
    Tensor keys;
    Tensor values;
    HeadInput input;
};

void expectRows(const Tensor& weights, const std::vector<double>& expected)
{
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(weights.values()[i], expected[i], 1e-6) << i;
}

TEST(Qisa, GoldenMapsOfBothRules)
{
    const GoldenHead head;
    const auto direct = runHead(qisa(), head.input, with(qisa(), {{"values", "model"}, {"bandwidth", "published"}}));
    expectRows(direct.weights, {1, 0, 0, .731058578630, .268941421370, 0, .211941557617, .576116884766, .211941557617});
    const auto softmax = runHead(qisa(), head.input,
                                 with(qisa(), {{"values", "model"}, {"bandwidth", "published"}, {"rule", "softmax"}}));
    expectRows(softmax.weights,
               {1, 0, 0, .557875464322, .442124535678, 0, .257625961115, .484748077769, .257625961115});
}

TEST(Qisa, PublishedAggregationLeaks)
{
    const GoldenHead head;
    const Parameters published = with(
        qisa(), {{"values", "model"}, {"bandwidth", "published"}, {"rule", "softmax"}, {"aggregate", "transposed"}});
    const auto result = runHead(qisa(), head.input, published);
    // Token 0 gets A₀₀v₀ + A₁₀v₁ + A₂₀v₂: itself and the future.
    expectRows(result.weights, {1, .557875464322, .257625961115, 0, .442124535678, .484748077769, 0, 0, .257625961115});
    EXPECT_NEAR(result.output.matrix()(0, 0), 1.257625961115, 1e-6);
    EXPECT_NEAR(result.output.matrix()(0, 1), .815501425438, 1e-6);
    EXPECT_FALSE(qisa().properties(published).causalSafe);
    EXPECT_FALSE(qisa().properties(published).rowStochastic);
    EXPECT_EQ(publishedFaults(published).size(), 3U);
    EXPECT_TRUE(qisa().properties(qisa().defaults()).causalSafe);
}

// One token attends to itself: the output is its value, m(x).
TEST(Qisa, GoldenValuesOfTheCircuitAndTheQuadraticForm)
{
    const std::vector<std::string> strings = {"ZI", "IZ", "XI", "IX", "YI", "XZ", "YY"};
    const Tensor x = tensorOf(1, {1, 2, 3, 4});
    RandomHead head(1, 1, 4, 7);
    head.input.layerInput = x.matrix();
    NamedTensors trained;
    trained["pauli_strings"] = letters(strings);
    trained["angles_v"] = shared({6}, std::vector<double>{.1, .2, .3, .4, .5, .6});
    head.input.trained = &trained;
    const std::vector<double> circuit = {-.726756221293, .151841881694,  -.055418195852, .715208737680,
                                         .059331648070,  -.681014832671, .678194967023};
    for (const char* execution : {"gates", "unitary", "observables"}) {
        const auto result = runHead(qisa(), head.input, with(qisa(), {{"execution", execution}}));
        expectRows(result.output, circuit);
    }
    for (const char* execution : {"gates", "observables"}) {
        const auto result = runHead(qisa(), head.input, with(qisa(), {{"version", "paper"}, {"execution", execution}}));
        expectRows(result.output, {-20, -10, 22, 28, 0, -10, 4});
        std::vector<double> values;
        for (const Diagnostic& diagnostic : result.diagnostics)
            if (diagnostic.info.id == "dead_channels" || diagnostic.info.id == "distinct_strings")
                values.push_back(diagnostic.values->values()[0]);
        EXPECT_EQ(values, (std::vector<double>{7, 1}));
    }
}

TEST(Qisa, CircuitForgetsLengthAndTheQuadraticFormSquaresIt)
{
    RandomHead head(1, 1, 4, 5);
    const auto before = runHead(qisa(), head.input, qisa().defaults());
    const auto paper = runHead(qisa(), head.input, with(qisa(), {{"version", "paper"}}));
    for (float& x : head.layerInput.values())
        x *= 3.0F;
    const auto after = runHead(qisa(), head.input, qisa().defaults());
    const auto paperAfter = runHead(qisa(), head.input, with(qisa(), {{"version", "paper"}}));
    for (std::size_t c = 0; c < 5; ++c) {
        EXPECT_NEAR(after.output.values()[c], before.output.values()[c], 1e-6);
        EXPECT_NEAR(paperAfter.output.values()[c], 9.0F * paper.output.values()[c], 1e-4);
    }
}

// v1 and v2 in double, from their definitions.
TEST(Qisa, CircuitQueriesAndKeysFollowTheirDefinitions)
{
    const RandomHead head(5, 5, 4, 3);
    for (const std::string version : {"v1", "v2"}) {
        const Parameters parameters =
            with(qisa(), {{"version", version}, {"values", "model"}, {"bandwidth", "published"}});
        const NamedTensors tensors = qisa().initialTensors(head.input, parameters);
        const std::size_t qubits = 3;                                      // a layer of width 8
        std::vector<PauliString> strings(4, PauliString::zOn(0, qubits));  // v1: one ⟨Z₀⟩, d_h times
        for (std::size_t l = 0; l < 4 && version == "v2"; ++l) {
            std::string text;
            for (const float letter : tensors.at("pauli_strings")->matrix().row(l))
                text += "IXYZ"[static_cast<int>(letter)];
            strings[l] = PauliString::parse(text);
        }
        const auto measured = [&](const char* angles, std::size_t token) {
            const auto values = tensors.at(angles)->values();
            const StateVector state = StateVector::encode(head.layerInput.matrix().row(token))
                                          .value()
                                          .apply(qisaAnsatz(qubits), std::vector<double>(values.begin(), values.end()));
            std::vector<double> result;
            for (const PauliString& string : strings)
                result.push_back(state.expectation(string));
            return result;
        };
        const auto result = runHead(qisa(), head.input, parameters);
        for (std::size_t i = 0; i < 5; ++i) {
            std::vector<double> alpha;
            for (std::size_t j = 0; j < 5; ++j) {
                const auto q = measured("angles_q", i);
                const auto k = measured("angles_k", j);
                double distance = 0.0;
                for (std::size_t l = 0; l < 4; ++l)
                    distance += (q[l] - k[l]) * (q[l] - k[l]);
                alpha.push_back(std::exp(-distance));
            }
            const double sum = std::accumulate(alpha.begin(), alpha.end(), 0.0);
            for (std::size_t j = 0; j < 5; ++j)
                EXPECT_NEAR(result.weight(i, j), alpha[j] / sum, 1e-6) << version;
        }
    }
}

TEST(Qisa, ParameterCountsOfThePublishedTable)
{
    struct Case {
        std::size_t width;
        std::size_t headSize;
        std::size_t classical;
        std::size_t v1;
        std::size_t v3;
        std::size_t paper;
    };
    for (const auto& c : {Case{16, 16, 768, 36, 556, 800}, Case{128, 32, 12288, 63, 8277, 24640}}) {
        EXPECT_EQ(classicalParameterCount(c.width, c.headSize), c.classical);
        EXPECT_EQ(qisaParameterCount(QisaVersion::V1, c.width, c.headSize), c.v1);
        EXPECT_EQ(qisaParameterCount(QisaVersion::V2, c.width, c.headSize), c.v1);
        EXPECT_EQ(qisaParameterCount(QisaVersion::V3, c.width, c.headSize), c.v3);
        EXPECT_EQ(qisaParameterCount(QisaVersion::Paper, c.width, c.headSize), c.paper);
    }
}

// Softmax of numbers in [0, 1]: for 16 tokens no weight is above e/(e + 15), and entropy stays above 0.9557 ln 16.
TEST(Qisa, PublishedRuleIsAlmostFlat)
{
    RandomHead head(16, 16, 4, 4);
    for (float& x : head.queries.values())
        x *= 10.0F;
    std::ranges::copy(head.queries.values(), head.keys.data());
    const auto result = runHead(qisa(), head.input, with(qisa(), {{"values", "model"}, {"rule", "softmax"}}));
    for (std::size_t i = 0; i < 16; ++i) {
        double entropy = 0.0;
        for (const float a : result.weights.matrix().row(i)) {
            EXPECT_LE(a, 0.15343F);
            entropy -= a * std::log(a);
        }
        EXPECT_GE(entropy / std::log(16.0), 0.9557);
    }
}

TEST(Qisa, SaysWhatItCannotDo)
{
    RandomHead head(4, 4, 4, 3);
    head.input.layerInput = {};
    EXPECT_THROW(runHead(qisa(), head.input, qisa().defaults()), Error);
    EXPECT_NO_THROW(runHead(qisa(), head.input, with(qisa(), {{"values", "model"}})));
    RandomHead other(4, 4, 4, 3);
    NamedTensors trained;
    trained["angles_v"] = shared({2}, std::vector<double>{.1, .2});
    other.input.trained = &trained;
    EXPECT_THROW(runHead(qisa(), other.input, qisa().defaults()), Error);
    RandomHead flagged(4, 4, 4, 3);
    std::ranges::fill(flagged.layerInput.matrix().row(2), 0.0F);
    const auto result = runHead(qisa(), flagged.input, qisa().defaults());
    const auto stateless = std::ranges::find_if(
        result.diagnostics, [](const Diagnostic& known) { return known.info.id == "stateless_tokens"; });
    ASSERT_NE(stateless, result.diagnostics.end());
    EXPECT_EQ(stateless->values->values()[0], 1.0F);
}

}  // namespace
}  // namespace ketscope
