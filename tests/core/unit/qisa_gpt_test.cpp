// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/ansatz.h"
#include "core/study/comparison.h"
#include "tests/support/qisa_files.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using test::drawn;
using test::kHeads;
using test::kHeadSize;
using test::kQubits;
using test::kSquaredBandwidth;
using test::kWidth;
using test::openingError;
using test::openModel;
using test::QisaFiles;
using test::run;
using test::someInput;
using testing::AllOf;
using testing::HasSubstr;

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Matrix matrixOf(MatrixView view)
{
    Matrix result(view.rows, view.columns);
    for (std::size_t r = 0; r < view.rows; ++r)
        for (std::size_t c = 0; c < view.columns; ++c)
            result(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = static_cast<double>(view(r, c));
    return result;
}

// x W + b of a weight stored [in, out], one head's columns.
Matrix projection(const QisaFiles& files, const std::string& name, const Matrix& x, std::size_t head)
{
    const std::vector<float>& weight = files.added.at(name + ".weight");
    const std::vector<float>& bias = files.added.at(name + ".bias");
    Matrix result(x.rows(), kHeadSize);
    for (Eigen::Index row = 0; row < x.rows(); ++row)
        for (std::size_t i = 0; i < kHeadSize; ++i) {
            const std::size_t column = head * kHeadSize + i;
            double sum = static_cast<double>(bias[column]);
            for (std::size_t k = 0; k < kWidth; ++k)
                sum += x(row, static_cast<Eigen::Index>(k)) * static_cast<double>(weight[k * kWidth + column]);
            result(row, static_cast<Eigen::Index>(i)) = sum;
        }
    return result;
}

// ⟨ψ|U†PU|ψ⟩ with |ψ⟩ = x/‖x‖ for every string of a head, from whole matrices.
Matrix circuitValues(const QisaFiles& files, const std::string& at, const Matrix& x, std::size_t head)
{
    const std::vector<float>& angles = files.added.at(at + "angles_v");
    const std::vector<float>& letters = files.added.at(at + "pauli_strings");
    const auto first = angles.begin() + static_cast<std::ptrdiff_t>(head * 3 * kQubits);
    const std::vector<double> own(first, first + 3 * kQubits);
    const Eigen::MatrixXcd unitary = test::unitaryOf(qisaAnsatz(kQubits), own);
    Matrix values(x.rows(), kHeadSize);
    for (std::size_t i = 0; i < kHeadSize; ++i) {
        std::string text;
        for (std::size_t q = 0; q < kQubits; ++q)
            text += "IXYZ"[static_cast<std::size_t>(letters[(head * kHeadSize + i) * kQubits + q])];
        const Eigen::MatrixXcd observable = unitary.adjoint() * test::pauliMatrix(PauliString::parse(text)) * unitary;
        for (Eigen::Index row = 0; row < x.rows(); ++row) {
            const Eigen::VectorXcd state = x.row(row).normalized().transpose();
            values(row, static_cast<Eigen::Index>(i)) = state.dot(observable * state).real();
        }
    }
    return values;
}

TEST(QisaGpt, EveryHeadRunsWithItsOwnTrainedTensors)
{
    QisaFiles files;
    const auto model = openModel(files.copy.write());
    EXPECT_EQ(model->info().architecture, "qisa_gpt");
    const ModelInput input = someInput(*model, 11);
    const Trace trace = run(*model, input);
    for (std::size_t layer = 0; layer < 2; ++layer) {
        const Matrix x = matrixOf(trace.stacks[0].hidden[layer]->matrix());
        const std::string at = "h." + std::to_string(layer) + ".attn.";
        for (std::size_t head = 0; head < kHeads; ++head) {
            const Matrix q = projection(files, at + "c_query", x, head);
            const Matrix k = projection(files, at + "c_key", x, head);
            const MatrixView map = trace.stacks[0].attention[layer]->matrix({head});
            for (Eigen::Index i = 0; i < x.rows(); ++i) {
                double sum = 0.0;
                for (Eigen::Index j = 0; j <= i; ++j)
                    sum += std::exp(-(q.row(i) - k.row(j)).squaredNorm() / (2.0 * kSquaredBandwidth));
                for (Eigen::Index j = 0; j < x.rows(); ++j) {
                    const double weight =
                        j > i ? 0.0 : std::exp(-(q.row(i) - k.row(j)).squaredNorm() / (2.0 * kSquaredBandwidth)) / sum;
                    ASSERT_NEAR(map(static_cast<std::size_t>(i), static_cast<std::size_t>(j)), weight, 2e-6);
                }
            }
        }
    }
}

// With one token the heads give its own values: hidden state 1 is the rest of the layer on them.
TEST(QisaGpt, ValuesAreThoseOfTheHeadsCircuit)
{
    QisaFiles files;
    const auto archive = openWeights(test::fixtures() / "models" / "openai-gpt-lm");
    const auto read = [&](const std::string& name) {
        const TensorEntry& entry = *archive->find("h.0." + name);
        std::vector<float> values(static_cast<std::size_t>(entry.elements));
        archive->read(entry, 0, values);
        Matrix result(1, static_cast<Eigen::Index>(values.size()));
        for (std::size_t i = 0; i < values.size(); ++i)
            result(0, static_cast<Eigen::Index>(i)) = static_cast<double>(values[i]);
        return result;
    };
    const auto shaped = [](const Matrix& flat, Eigen::Index rows) {
        return flat.reshaped<Eigen::RowMajor>(rows, flat.size() / rows).eval();
    };
    const auto normed = [&](const Matrix& row, const std::string& name) {
        const double mean = row.mean();
        const double variance = (row.array() - mean).square().mean();
        return Matrix((row.array() - mean) / std::sqrt(variance + 1e-5) * read(name + ".weight").array()
                      + read(name + ".bias").array());
    };
    const auto model = openModel(files.copy.write());
    const Trace trace = run(*model, someInput(*model, 1));
    const Matrix x = matrixOf(trace.stacks[0].hidden[0]->matrix());
    Matrix context(1, kWidth);
    for (std::size_t head = 0; head < kHeads; ++head)
        context.middleCols(static_cast<Eigen::Index>(head * kHeadSize), kHeadSize) =
            circuitValues(files, "h.0.attn.", x, head);
    const Matrix attended =
        normed(x + context * shaped(read("attn.c_proj.weight"), kWidth) + read("attn.c_proj.bias"), "ln_1");
    Matrix inner = attended * shaped(read("mlp.c_fc.weight"), kWidth) + read("mlp.c_fc.bias");
    for (double& v : inner.reshaped())
        v = 0.5 * v * (1.0 + std::tanh(std::sqrt(2.0 / std::numbers::pi) * (v + 0.044715 * v * v * v)));
    const Matrix expected =
        normed(attended + inner * shaped(read("mlp.c_proj.weight"), 4 * kWidth) + read("mlp.c_proj.bias"), "ln_2");
    for (std::size_t i = 0; i < kWidth; ++i)
        EXPECT_NEAR(trace.stacks[0].hidden[1]->matrix()(0, i), expected(0, static_cast<Eigen::Index>(i)), 2e-5);
}

TEST(QisaGpt, OtherMechanismsGetTheCircuitsValues)
{
    QisaFiles files;
    const auto model = openModel(files.copy.write());
    const ModelInput one = someInput(*model, 1);
    // One token can only look at itself: any map gives the same.
    const Trace own = run(*model, one);
    const Trace exact = run(*model, one, resolve({{parseSpec("exact")}}, model->info(), 0));
    const auto values = own.stacks[0].hidden[2]->values();
    for (std::size_t i = 0; i < values.size(); ++i)
        EXPECT_NEAR(exact.stacks[0].hidden[2]->values()[i], values[i], 1e-5F);
    const ModelInput input = someInput(*model, 9);
    const Trace baseline = run(*model, input);
    const HeadPlan plan = resolve({{parseSpec("exact@layers=1;heads=2")}}, model->info(), 0);
    const Trace patched = run(*model, input, plan, &baseline, {1});
    test::expectSameBits(patched, run(*model, input, plan));
    EXPECT_TRUE(std::ranges::equal(patched.stacks[0].attention[1]->matrix({1}).row(8),
                                   baseline.stacks[0].attention[1]->matrix({1}).row(8)));
    EXPECT_FALSE(std::ranges::equal(patched.stacks[0].attention[1]->matrix({2}).row(8),
                                    baseline.stacks[0].attention[1]->matrix({2}).row(8)));
    // The published rule on the same trained head is still a patch of it.
    const Trace published =
        run(*model, input, resolve({{parseSpec("qisa:bandwidth=published,rule=softmax@layers=0")}}, model->info(), 0));
    EXPECT_TRUE(published.warnings.empty());
}

TEST(QisaGpt, EveryVersionHasItsTensors)
{
    QisaFiles files;
    files.copy.config["qisa"]["version"] = "paper";
    EXPECT_THAT(openingError(files.copy), HasSubstr("attn.projection"));
    for (std::uint64_t layer = 0; layer < 2; ++layer)
        files.add("h." + std::to_string(layer) + ".attn.projection", {kHeads * kWidth, kWidth},
                  drawn(kHeads * kWidth * kWidth, 90 + layer, 0.2));
    const auto paper = openModel(files.copy.write());
    EXPECT_TRUE(run(*paper, someInput(*paper, 7)).warnings.empty());

    files.copy.config["qisa"]["version"] = "v2";
    EXPECT_THAT(openingError(files.copy), HasSubstr("attn.angles_q"));
    for (std::uint64_t layer = 0; layer < 2; ++layer)
        for (const char* name : {"angles_q", "angles_k"})
            files.add("h." + std::to_string(layer) + ".attn." + name, {kHeads, 3 * kQubits},
                      drawn(kHeads * 3 * kQubits, 50 + layer + name[7], 1.0));
    const auto v2 = openModel(files.copy.write());
    const ModelInput input = someInput(*v2, 7);
    EXPECT_TRUE(run(*v2, input).warnings.empty());
    EXPECT_THAT(test::errorOf([&] { run(*v2, input, resolve({{parseSpec("exact@heads=1")}}, v2->info(), 0)); }),
                AllOf(HasSubstr("v1 and v2"), HasSubstr("head 1")));
    files.copy.config["qisa"]["version"] = "v9";
    EXPECT_THAT(openingError(files.copy), HasSubstr("v9"));
    files.copy.config["qisa"] = {{"values", "model"}};
    EXPECT_THAT(openingError(files.copy), HasSubstr("qisa"));
}

TEST(QisaGpt, TheBaselineIsTheModelsOwnMechanism)
{
    QisaFiles files;
    auto loaded = std::make_shared<LoadedModel>();
    loaded->model = openModel(files.copy.write());
    const Study study{.modelPath = "qisa", .input = {.tokenIds = {4, 9, 2}}, .candidates = {{{parseSpec("exact")}}}};
    Monitor monitor;
    const ComparisonPointer result = runStudy(study, *loaded, nullptr, 1, monitor);
    EXPECT_EQ(traceTitle(*result, 0).title, "QISA");
    EXPECT_THAT(traceTitle(*result, 0).detail, HasSubstr("3"));
    EXPECT_NE(traceTitle(*result, 1).title, "QISA");
}

}  // namespace
}  // namespace ketscope
