// SPDX-License-Identifier: GPL-3.0-or-later
// Every model fixture against what the reference implementation computed for it, one row of each batch at a time.
#include "core/formats/hdf5.h"
#include "core/formats/json.h"
#include "core/models/gradients.h"
#include "core/nn/tape.h"
#include "core/study/plan.h"
#include "tests/support/paths.h"

#include <cmath>
#include <gtest/gtest.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

namespace ketscope {
namespace {

namespace fs = std::filesystem;

constexpr double kAttentionTolerance = 2e-5;
constexpr double kTolerance = 1e-4;          // absolute and relative
constexpr double kGradientTolerance = 2e-5;  // of the largest gradient of a layer

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

// Row r of a case runs text r against image r, or the last one there is; the other texts follow r's, so that models that
// hold an image against several texts are asked about all of them.
class Fixture : public testing::TestWithParam<Case> {
protected:
    void SetUp() override
    {
        const ModelFiles files = openModelFiles(GetParam().model);
        m_model = architectureOf(files).open(files, m_monitor);
        if (m_file.exists("/in/input_ids")) {
            const auto shape = m_file.shape("/in/input_ids");
            for (std::size_t row = 0; row < shape[0]; ++row)
                m_texts.push_back(text(row, shape[1]));
        }
        if (m_file.exists("/in/pixel_values"))
            for (std::size_t row = 0; row < m_file.shape("/in/pixel_values")[0]; ++row)
                m_images.push_back(image(row));
    }

    TextInput text(std::size_t row, std::size_t tokens) const
    {
        const auto values = [&](const char* name, std::int64_t otherwise) {
            std::vector<std::int64_t> all(tokens, otherwise);
            if (m_file.exists(name)) {
                const auto stored = m_file.readIntegers(name);
                std::copy_n(stored.begin() + static_cast<std::ptrdiff_t>(row * tokens), tokens, all.begin());
            }
            return all;
        };
        TextInput text;
        for (const std::int64_t id : values("/in/input_ids", 0))
            text.tokenIds.push_back(static_cast<std::int32_t>(id));
        for (const std::int64_t real : values("/in/attention_mask", 1))
            text.attentionMask.push_back(real != 0 ? 1 : 0);
        for (const std::int64_t type : values("/in/token_type_ids", 0))
            text.tokenTypes.push_back(static_cast<std::int32_t>(type));
        return text;
    }

    ImageInput image(std::size_t row) const
    {
        ImageInput image{std::make_shared<const Tensor>(m_file.readFloatsAt("/in/pixel_values", {row})), {}};
        if (!m_file.exists("/in/pixel_mask"))
            return image;
        const auto mask = m_file.readIntegers("/in/pixel_mask");
        const std::size_t pixels = image.pixels->shape()[1] * image.pixels->shape()[2];
        for (std::size_t i = row * pixels; i < (row + 1) * pixels; ++i)
            image.pixelMask.push_back(mask[i] != 0 ? 1 : 0);
        return image;
    }

    std::size_t rows() const { return std::max(m_texts.size(), m_images.size()); }
    std::size_t textOf(std::size_t row) const { return std::min(row, m_texts.size() - 1); }
    std::size_t imageOf(std::size_t row) const { return std::min(row, m_images.size() - 1); }

    ModelInput input(std::size_t row) const
    {
        ModelInput input;
        if (!m_texts.empty())
            static_cast<TextInput&>(input) = m_texts[textOf(row)];
        if (!m_images.empty())
            input.image = m_images[imageOf(row)];
        if (m_model->info().task == Task::ImageTextContrast)
            for (std::size_t i = 1; i < m_texts.size(); ++i)
                input.furtherTexts.push_back(m_texts[(textOf(row) + i) % m_texts.size()]);
        return input;
    }

    // Where row `row` of an array over this axis is.
    std::size_t place(TokenAxis axis, std::size_t row) const
    {
        return axis == TokenAxis::Image ? imageOf(row) : textOf(row);
    }

    // Remembers the largest deviation of each array and holds it against its tolerance.
    void compare(const std::string& what, float found, float expected, double tolerance, double relative)
    {
        const double difference = std::abs(static_cast<double>(found) - static_cast<double>(expected));
        ASSERT_LE(difference, tolerance + relative * std::abs(static_cast<double>(expected))) << what;
        m_largest[what] = std::max(m_largest[what], difference);
    }

    // "text_attentions" where there are several stacks, else "attentions"; nothing when the file has no such array.
    std::optional<std::string> arrayOf(const StackInfo& stack, const std::string& what) const
    {
        const std::string name = m_model->info().stacks.size() == 1 ? what : stack.name + "_" + what;
        return m_file.exists("/out/" + name) ? std::optional(name) : std::nullopt;
    }

    void compareMap(const std::string& what, MatrixView found, MatrixView wanted, const StackInfo& stack,
                    const TextInput& text)
    {
        ASSERT_EQ(found.rows, wanted.rows) << what;
        ASSERT_EQ(found.columns, wanted.columns) << what;
        const auto realQueries = axisMask(text, stack.queries, found.rows);
        const auto realKeys = axisMask(text, stack.keys, found.columns);
        for (std::size_t q = 0; q < found.rows; ++q) {
            for (std::size_t k = 0; k < found.columns && (realQueries.empty() || realQueries[q] != 0); ++k) {
                compare(what, found(q, k), wanted(q, k), kAttentionTolerance, 0.0);
                if (!realKeys.empty() && realKeys[k] == 0) {
                    ASSERT_EQ(found(q, k), 0.0F) << "padding key " << k;
                }
            }
        }
    }

    void compareStack(const StackInfo& stack, const StackTrace& trace, std::size_t row)
    {
        const std::size_t at = place(stack.queries, row);
        const TextInput text = m_texts.empty() ? TextInput() : m_texts[textOf(row)];
        const auto maps = arrayOf(stack, "attentions");
        ASSERT_TRUE(maps) << stack.name;
        const Tensor expected = m_file.readFloats("/out/" + *maps);
        ASSERT_EQ(expected.shape()[0], stack.layers);
        ASSERT_EQ(expected.shape()[2], stack.heads);
        for (std::size_t layer = 0; layer < stack.layers; ++layer)
            for (std::size_t head = 0; head < stack.heads; ++head)
                ASSERT_NO_FATAL_FAILURE(compareMap(*maps, trace.attention[layer]->matrix({head}),
                                                   expected.matrix({layer, at, head}), stack, text));
        const auto states = arrayOf(stack, "hidden_states");
        if (!states)
            return;
        const Tensor hidden = m_file.readFloats("/out/" + *states);
        ASSERT_EQ(trace.hidden.size(), hidden.shape()[0]);
        for (std::size_t layer = 0; layer < hidden.shape()[0]; ++layer)
            ASSERT_NO_FATAL_FAILURE(compareRows(*states, trace.hidden[layer]->matrix(), hidden.matrix({layer, at}),
                                                axisMask(text, stack.queries, hidden.shape()[2])));
    }

    // `real` says which rows count; empty = all.
    void compareRows(const std::string& what, MatrixView found, MatrixView wanted,
                     const std::vector<std::uint8_t>& real = {})
    {
        ASSERT_EQ(found.rows, wanted.rows) << what;
        ASSERT_EQ(found.columns, wanted.columns) << what;
        for (std::size_t token = 0; token < found.rows; ++token)
            for (std::size_t i = 0; i < found.columns && (real.empty() || real[token] != 0); ++i)
                compare(what, found(token, i), wanted(token, i), kTolerance, kTolerance);
    }

    // Row `at` of an output, (B, N, V) or (B, C).
    void compareOutput(const std::string& file, const std::string& ours, const Trace& trace, std::size_t at)
    {
        if (!m_file.exists("/out/" + file))
            return;
        const Tensor expected = m_file.readFloats("/out/" + file);
        ASSERT_TRUE(trace.outputs.contains(ours)) << ours;
        const MatrixView found = trace.outputs.at(ours)->matrix();
        if (expected.shape().size() == 3)
            return compareRows(file, found, expected.matrix({at}), m_texts[at].attentionMask);
        compareRows(file, found, expected.matrix().middleRows(at, 1));
    }

    // Embeddings of all texts and an image's logits for them: row i is of the text that is i after the first.
    void compareContrast(const Trace& trace, std::size_t row)
    {
        if (!m_file.exists("/out/logits_per_image"))
            return;
        const Tensor texts = m_file.readFloats("/out/text_embeds");
        const Tensor logits = m_file.readFloats("/out/logits_per_image");
        for (std::size_t i = 0; i < m_texts.size(); ++i) {
            const std::size_t text = (textOf(row) + i) % m_texts.size();
            compareRows("text_embeds", trace.outputs.at("text_embeds")->matrix().middleRows(i, 1),
                        texts.matrix().middleRows(text, 1));
            compare("logits_per_image", trace.outputs.at("logits_per_image")->values()[i],
                    logits.matrix()(imageOf(row), text), kTolerance, kTolerance);
        }
        compareOutput("image_embeds", "image_embeds", trace, imageOf(row));
    }

    // Sentence embeddings: a vector of the trace, scaled to length 1.
    void compareUnitLength(const std::string& file, const std::vector<double>& vector, std::size_t row)
    {
        if (!m_file.exists("/out/" + file))
            return;
        const double squares = std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0);
        std::vector<float> unit;
        for (const double value : vector)
            unit.push_back(static_cast<float>(value / std::sqrt(squares)));
        const Tensor expected = m_file.readFloats("/out/" + file);
        compareRows(file, {unit.data(), 1, unit.size()}, expected.matrix().middleRows(row, 1));
    }

    void compareSentence(const StackTrace& trace, std::size_t row)
    {
        if (trace.hidden.empty() || m_texts.empty())
            return;
        const MatrixView last = trace.hidden.back()->matrix();
        const auto first = last.row(0);
        compareUnitLength("cls_embedding_l2", {first.begin(), first.end()}, row);
        std::vector<double> sum(last.columns);
        for (std::size_t token = 0; token < m_texts[row].tokenIds.size(); ++token)
            for (std::size_t i = 0; i < sum.size() && m_texts[row].attentionMask[token] != 0; ++i)
                sum[i] += static_cast<double>(last(token, i));
        compareUnitLength("mean_pooled_l2", sum, row);
    }

    // Every gradient of a layer, within a share of the largest of them.
    void compareGradients(const std::string& what, const Tensor& found, const Tensor& all, std::size_t layer,
                          std::size_t at)
    {
        double largest = 0.0;
        for (std::size_t head = 0; head < found.shape()[0]; ++head)
            for (std::size_t query = 0; query < found.shape()[1]; ++query)
                for (const float gradient : all.matrix({layer, at, head}).row(query))
                    largest = std::max(largest, std::abs(static_cast<double>(gradient)));
        ASSERT_GT(largest, 0.0) << what << ", layer " << layer;
        for (std::size_t head = 0; head < found.shape()[0]; ++head) {
            const MatrixView ours = found.matrix({head}), wanted = all.matrix({layer, at, head});
            for (std::size_t query = 0; query < ours.rows; ++query)
                for (std::size_t key = 0; key < ours.columns; ++key)
                    compare(what, static_cast<float>(ours(query, key) / largest),
                            static_cast<float>(wanted(query, key) / largest), kGradientTolerance, 0.0);
        }
    }

    void printLargest()
    {
        std::cout << GetParam().model.filename().string() << "/" << GetParam().expected.filename().string() << ":";
        for (const auto& [what, difference] : m_largest) {
            RecordProperty(what, std::to_string(difference));
            std::cout << " " << what << " " << difference;
        }
        std::cout << std::endl;
    }

    Hdf5File m_file = Hdf5File::open(GetParam().expected);
    Monitor m_monitor;
    std::unique_ptr<Model> m_model;
    std::vector<TextInput> m_texts;
    std::vector<ImageInput> m_images;
    std::map<std::string, double> m_largest;
};

TEST_P(Fixture, MatchesTheReferenceImplementation)
{
    EXPECT_TRUE(m_model->info().warnings.empty()) << m_model->info().warnings.front();
    const HeadPlan plan = resolve({}, m_model->info(), 0);
    for (std::size_t row = 0; row < rows(); ++row) {
        SCOPED_TRACE("batch row " + std::to_string(row));
        const ModelInput in = input(row);
        const Trace trace = m_model->forward({&in, &plan}, m_monitor);
        EXPECT_TRUE(trace.warnings.empty());
        for (std::size_t s = 0; s < trace.stacks.size(); ++s)
            ASSERT_NO_FATAL_FAILURE(compareStack(m_model->info().stacks[s], trace.stacks[s], row));
        ASSERT_NO_FATAL_FAILURE(compareOutput("logits", "logits", trace, row));
        ASSERT_NO_FATAL_FAILURE(compareOutput("pooler_output", "pooled", trace, row));
        ASSERT_NO_FATAL_FAILURE(compareOutput("itm_logits", "itm_logits", trace, row));
        ASSERT_NO_FATAL_FAILURE(compareOutput("itc_similarity", "itc_similarity", trace, row));
        ASSERT_NO_FATAL_FAILURE(compareContrast(trace, row));
        ASSERT_NO_FATAL_FAILURE(compareSentence(trace.stacks.front(), row));
    }
    printLargest();
}

TEST_P(Fixture, GradientsOfAttentionMatchTheReferenceImplementation)
{
    std::size_t compared = 0;
    const HeadPlan plan = resolve({}, m_model->info(), 0);
    for (std::size_t s = 0; s < m_model->info().stacks.size(); ++s) {
        const StackInfo& stack = m_model->info().stacks[s];
        const auto name = arrayOf(stack, "attn_grad");
        for (std::size_t row = 0; name && row < (m_model->info().task == Task::ImageTextContrast ? 1 : rows()); ++row) {
            const ModelInput in = input(row);
            const auto target = [&](const Trace& trace) { return answerOf(m_model->info(), in, trace); };
            const ModelGradients found = gradientsOf(*m_model, {&in, &plan, target}, m_monitor);
            const Tensor expected = m_file.readFloats("/out/" + *name);
            for (std::size_t layer = 0; layer < stack.layers; ++layer, ++compared)
                ASSERT_NO_FATAL_FAILURE(
                    compareGradients(*name, *found.attention[s][layer], expected, layer, place(stack.queries, row)));
        }
    }
    if (compared == 0)
        GTEST_SKIP() << "the file has no gradients";
    printLargest();
}

// A pass that is written down gives the same bits.
TEST_P(Fixture, ATapeChangesNothing)
{
    const HeadPlan plan = resolve({}, m_model->info(), 0);
    const ModelInput in = input(0);
    Tape tape(true);
    ForwardRequest request{.input = &in, .plan = &plan};
    const Trace plain = m_model->forward(request, m_monitor);
    request.tape = &tape;
    const Trace taped = m_model->forward(request, m_monitor);
    // Of the taped pass there may be more: what losses of whole batches need.
    for (const auto& [name, values] : plain.outputs)
        EXPECT_TRUE(std::ranges::equal(values->values(), taped.outputs.at(name)->values())) << name;
}

// On every head of every stack that can have it.
TEST_P(Fixture, EveryMechanismRuns)
{
    const ModelInput in = input(0);
    for (const Mechanism* mechanism : mechanisms()) {
        SCOPED_TRACE(mechanism->info().id);
        Plan plan;
        for (const StackInfo& stack : m_model->info().stacks)
            if (mechanism->info().properties.crossAttention || stack.queries == stack.keys)
                plan.entries.push_back({mechanism, mechanism->defaults(), stack.name, {}, {}});
        const HeadPlan heads = resolve(plan, m_model->info(), 3);
        const Trace trace = m_model->forward({&in, &heads}, m_monitor);
        EXPECT_TRUE(trace.warnings.empty()) << trace.warnings.front();
        for (const StackTrace& stack : trace.stacks)
            for (const TensorPointer& layer : stack.attention)
                for (const float weight : layer->values())
                    ASSERT_TRUE(std::isfinite(weight));
    }
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
