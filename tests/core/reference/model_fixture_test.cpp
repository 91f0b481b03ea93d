// SPDX-License-Identifier: GPL-3.0-or-later
// Every model fixture against what the reference implementation computed for it, one row of each batch at a time.
#include "core/attention/head_plan.h"
#include "core/formats/hdf5.h"
#include "core/formats/json.h"
#include "core/models/model.h"
#include "tests/support/paths.h"

#include <cmath>
#include <gtest/gtest.h>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

namespace fs = std::filesystem;

constexpr double kAttentionTolerance = 2e-5;
constexpr double kTolerance = 1e-4;  // absolute and relative

struct Case {
    fs::path model;     // a folder or a GGUF file
    fs::path expected;  // .h5
};

std::vector<Case> allCases()
{
    std::vector<Case> cases;
    for (const auto& entry : fs::directory_iterator(test::fixtures() / "models")) {
        const Json listed = readJsonFile(entry.path() / "case.json");
        for (const Json& one : listed.at("cases"))
            cases.push_back({entry.path(), entry.path() / one.at("file").get<std::string>()});
    }
    const fs::path gguf = test::fixtures() / "gguf";
    const Json listed = readJsonFile(gguf / "cases.json");
    for (const auto& [name, what] : listed.items())
        cases.push_back({gguf / (name + ".gguf"), gguf / (name + ".expected.h5")});
    cases.push_back({gguf / "gpt2-f16-v2.gguf", gguf / "gpt2-f16.expected.h5"});
    return cases;
}

std::string nameOf(const testing::TestParamInfo<Case>& info)
{
    std::string name = info.param.model.filename().string() + "_" + info.param.expected.stem().string();
    for (char& letter : name)
        if (std::isalnum(static_cast<unsigned char>(letter)) == 0)
            letter = '_';
    return name;
}

class Fixture : public testing::TestWithParam<Case> {
protected:
    void SetUp() override
    {
        const ModelFiles files = openModelFiles(GetParam().model);
        m_model = architectureOf(files).open(files, m_monitor);
        m_ids = m_file.readIntegers("/in/input_ids");
        m_mask.assign(m_ids.size(), 1);
        if (m_file.exists("/in/attention_mask"))
            m_mask = m_file.readIntegers("/in/attention_mask");
        const auto shape = m_file.shape("/in/input_ids");
        m_batch = shape[0];
        m_tokens = shape[1];
    }

    ModelInput input(std::size_t row) const
    {
        ModelInput input;
        std::vector<std::int64_t> types(m_ids.size(), 0);
        if (m_file.exists("/in/token_type_ids"))
            types = m_file.readIntegers("/in/token_type_ids");
        for (std::size_t i = row * m_tokens; i < (row + 1) * m_tokens; ++i) {
            input.tokenIds.push_back(static_cast<std::int32_t>(m_ids[i]));
            input.attentionMask.push_back(m_mask[i] != 0 ? 1 : 0);
            input.tokenTypes.push_back(static_cast<std::int32_t>(types[i]));
        }
        return input;
    }

    bool valid(std::size_t row, std::size_t token) const { return m_mask[row * m_tokens + token] != 0; }

    // Remembers the largest deviation of each array and holds it against its tolerance.
    void compare(const std::string& what, float found, float expected, double tolerance, double relative)
    {
        const double difference = std::abs(static_cast<double>(found) - static_cast<double>(expected));
        ASSERT_LE(difference, tolerance + relative * std::abs(static_cast<double>(expected))) << what;
        m_largest[what] = std::max(m_largest[what], difference);
    }

    void compareAttention(const Tensor& expected, const Trace& trace, std::size_t row)
    {
        const StackInfo& stack = m_model->info().stacks.front();
        for (std::size_t layer = 0; layer < stack.layers; ++layer) {
            for (std::size_t head = 0; head < stack.heads; ++head) {
                const MatrixView found = trace.stacks.front().attention[layer]->matrix({head});
                const MatrixView wanted = expected.matrix({layer, row, head});
                for (std::size_t q = 0; q < m_tokens; ++q) {
                    for (std::size_t k = 0; k < m_tokens && valid(row, q); ++k) {
                        compare("attentions", found(q, k), wanted(q, k), kAttentionTolerance, 0.0);
                        if (!valid(row, k)) {
                            ASSERT_EQ(found(q, k), 0.0F) << "padding key " << k;
                        }
                    }
                }
            }
        }
    }

    void compareRows(const std::string& what, MatrixView found, MatrixView wanted, std::size_t row)
    {
        ASSERT_EQ(found.columns, wanted.columns) << what;
        for (std::size_t token = 0; token < found.rows; ++token)
            for (std::size_t i = 0; i < found.columns && (found.rows == 1 || valid(row, token)); ++i)
                compare(what, found(token, i), wanted(token, i), kTolerance, kTolerance);
    }

    void compareOutput(const std::string& file, const std::string& ours, const Trace& trace, std::size_t row)
    {
        if (!m_file.exists("/out/" + file))
            return;
        const Tensor expected = m_file.readFloats("/out/" + file);
        ASSERT_TRUE(trace.outputs.contains(ours)) << ours;
        const Tensor& found = *trace.outputs.at(ours);
        if (expected.shape().size() == 3)
            return compareRows(file, found.matrix(), expected.matrix({row}), row);
        ASSERT_EQ(found.shape(), std::vector{expected.shape()[1]});
        compareRows(file, found.matrix(), expected.matrix().middleRows(row, 1), row);
    }

    // Sentence embeddings: a vector of the trace, scaled to length 1.
    void compareUnitLength(const std::string& file, std::span<const float> vector, std::size_t row)
    {
        if (!m_file.exists("/out/" + file))
            return;
        double squares = 0.0;
        for (const float value : vector)
            squares += static_cast<double>(value) * static_cast<double>(value);
        std::vector<float> unit(vector.begin(), vector.end());
        for (float& value : unit)
            value = static_cast<float>(static_cast<double>(value) / std::sqrt(squares));
        const Tensor expected = m_file.readFloats("/out/" + file);
        compareRows(file, {unit.data(), 1, unit.size()}, expected.matrix().middleRows(row, 1), row);
    }

    Hdf5File m_file = Hdf5File::open(GetParam().expected);
    Monitor m_monitor;
    std::unique_ptr<Model> m_model;
    std::vector<std::int64_t> m_ids;
    std::vector<std::int64_t> m_mask;
    std::size_t m_batch = 0;
    std::size_t m_tokens = 0;
    std::map<std::string, double> m_largest;
};

TEST_P(Fixture, MatchesTheReferenceImplementation)
{
    EXPECT_TRUE(m_model->info().warnings.empty()) << m_model->info().warnings.front();
    const StackInfo& stack = m_model->info().stacks.front();
    const HeadPlan plan({{stack.layers, stack.heads}}, 0);
    const Tensor attentions = m_file.readFloats("/out/attentions");
    const Tensor hidden = m_file.readFloats("/out/hidden_states");
    for (std::size_t row = 0; row < m_batch; ++row) {
        SCOPED_TRACE("batch row " + std::to_string(row));
        const ModelInput in = input(row);
        ForwardRequest request;
        request.input = &in;
        request.plan = &plan;
        const Trace trace = m_model->forward(request, m_monitor);
        EXPECT_TRUE(trace.warnings.empty());
        ASSERT_EQ(trace.stacks.front().hidden.size(), hidden.shape()[0]);
        ASSERT_NO_FATAL_FAILURE(compareAttention(attentions, trace, row));
        for (std::size_t layer = 0; layer < hidden.shape()[0]; ++layer)
            ASSERT_NO_FATAL_FAILURE(compareRows("hidden_states", trace.stacks.front().hidden[layer]->matrix(),
                                                hidden.matrix({layer, row}), row));
        ASSERT_NO_FATAL_FAILURE(compareOutput("logits", "logits", trace, row));
        ASSERT_NO_FATAL_FAILURE(compareOutput("pooler_output", "pooled", trace, row));
        ASSERT_NO_FATAL_FAILURE(
            compareUnitLength("cls_embedding_l2", trace.stacks.front().hidden.back()->matrix().row(0), row));
    }
    std::cout << GetParam().model.filename().string() << "/" << GetParam().expected.filename().string() << ":";
    for (const auto& [what, difference] : m_largest) {
        RecordProperty(what, std::to_string(difference));
        std::cout << " " << what << " " << difference;
    }
    std::cout << std::endl;
}

TEST_P(Fixture, DescriptionFromHeadersAgreesWithTheOpenedModel)
{
    const ModelFiles files = openModelFiles(GetParam().model);
    const ModelInfo described = architectureOf(files).describe(files);
    const ModelInfo& opened = m_model->info();
    EXPECT_EQ(described.architecture, opened.architecture);
    EXPECT_EQ(described.parameterCount, opened.parameterCount);
    EXPECT_EQ(described.weightsType, opened.weightsType);
    EXPECT_EQ(described.task, opened.task);
    EXPECT_EQ(described.labels, opened.labels);
    EXPECT_GT(described.parameterCount, described.vocabularySize * described.stacks.front().width);
}

INSTANTIATE_TEST_SUITE_P(Models, Fixture, testing::ValuesIn(allCases()), nameOf);

}  // namespace
}  // namespace ketscope
