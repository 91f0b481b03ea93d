// SPDX-License-Identifier: GPL-3.0-or-later
// Variants of Llama that the fixtures do not have, and its GGUF form, against the fixture in its own format.
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/nn/rotary.h"
#include "core/study/plan.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/model_copy.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using test::GgufBuilder;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::size_t kTokens = 13;

std::unique_ptr<Model> openModel(const fs::path& path)
{
    Monitor monitor;
    const ModelFiles files = openModelFiles(path);
    return architectureOf(files).open(files, monitor);
}

std::string refusalOf(const fs::path& path)
{
    try {
        openModel(path);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        return error.what();
    }
    return "accepted";
}

Trace runOn(const Model& model)
{
    ModelInput input;
    for (std::size_t i = 0; i < kTokens; ++i) {
        input.tokenIds.push_back(static_cast<std::int32_t>((i * 37 + 11) % model.info().vocabularySize));
        input.attentionMask.push_back(1);
    }
    const HeadPlan plan = resolve({}, model.info(), 0);
    Monitor monitor;
    return model.forward({&input, &plan}, monitor);
}

double largestDifference(const Trace& a, const Trace& b)
{
    double largest = 0.0;
    const std::span<const float> x = a.outputs.at("logits")->values();
    const std::span<const float> y = b.outputs.at("logits")->values();
    EXPECT_EQ(x.size(), y.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        largest = std::max(largest, std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i])));
    return largest;
}

std::vector<float> randomValues(std::size_t count, std::uint64_t seed)
{
    RandomStream stream({seed}, 0);
    std::vector<float> values(count);
    for (float& value : values)
        value = static_cast<float>(0.3 * stream.normal());
    return values;
}

// The fixture has 4 heads of 8 over 2 key–value heads, width 32, inner width 64.
void addBiases(test::ModelCopy& copy)
{
    for (const std::string layer : {"model.layers.0.", "model.layers.1."})
        for (const auto& [name, size] : std::map<std::string, std::size_t>{{"self_attn.q_proj", 32},
                                                                           {"self_attn.k_proj", 16},
                                                                           {"self_attn.v_proj", 16},
                                                                           {"self_attn.o_proj", 32},
                                                                           {"mlp.gate_proj", 64},
                                                                           {"mlp.up_proj", 64},
                                                                           {"mlp.down_proj", 32}})
            copy.add(layer + name + ".bias", {size}, randomValues(size, size + name.size()));
    copy.config["attention_bias"] = true;
    copy.config["mlp_bias"] = true;
}

TEST(Llama, MissingHeadIsAnErrorUnlessTied)
{
    // Bytes that belong to no tensor are refused: the data stay, under a name that nothing asks for.
    test::ModelCopy untied("llama-gqa");
    untied.rename("lm_head.weight", "unused.weight");
    EXPECT_THAT(refusalOf(untied.write()), AllOf(HasSubstr("lm_head.weight"), HasSubstr("(759, 32)")));
    untied.config["tie_word_embeddings"] = true;
    EXPECT_EQ(refusalOf(untied.write()), "accepted");
    EXPECT_GT(
        largestDifference(runOn(*openModel(untied.write())), runOn(*openModel(test::ModelCopy("llama-gqa").write()))),
        0.1);
}

TEST(Llama, BiasesAreReadAndUsedWhenTheConfigurationSaysSo)
{
    test::ModelCopy copy("llama-gqa");
    const Trace without = runOn(*openModel(copy.write()));
    copy.config["attention_bias"] = true;
    EXPECT_THAT(refusalOf(copy.write()), HasSubstr("q_proj.bias"));
    addBiases(copy);
    EXPECT_GT(largestDifference(runOn(*openModel(copy.write())), without), 0.01);
}

TEST(Llama, SizesThatDoNotFitAreRefusedByKey)
{
    const auto with = [](const std::string& key, const nlohmann::json& value) {
        test::ModelCopy copy("llama-gqa");
        copy.config[key] = value;
        return refusalOf(copy.write());
    };
    EXPECT_THAT(with("num_key_value_heads", 3), HasSubstr("a divisor of num_attention_heads = 4"));
    EXPECT_THAT(with("head_dim", 7), HasSubstr("an even number"));
    EXPECT_THAT(with("head_dim", 16), AllOf(HasSubstr("q_proj.weight"), HasSubstr("(64, 32)")));
    EXPECT_THAT(with("num_key_value_heads", 4), HasSubstr("k_proj.weight"));
    EXPECT_THAT(with("rope_scaling", {{"type", "yarn"}, {"factor", 2.0}}), HasSubstr("yarn"));
    EXPECT_THAT(with("hidden_act", "swiglu"), HasSubstr("swiglu"));
}

TEST(Llama, OneKeyValueHeadCopiedIsEveryHeadItsOwn)
{
    test::ModelCopy grouped("llama-gqa");
    test::ModelCopy full("llama-gqa");
    const ModelFiles files = openModelFiles(grouped.write());
    for (const std::string layer : {"model.layers.0.", "model.layers.1."}) {
        for (const std::string name : {"self_attn.k_proj.weight", "self_attn.v_proj.weight"}) {
            std::vector<float> rows(16 * 32);
            files.weights->read(*files.weights->find(layer + name), 0, rows);
            std::vector<float> copied;
            for (const std::size_t head : {0U, 0U, 1U, 1U})
                copied.insert(copied.end(), rows.begin() + static_cast<std::ptrdiff_t>(head * 8 * 32),
                              rows.begin() + static_cast<std::ptrdiff_t>((head + 1) * 8 * 32));
            full.rename(layer + name, "unused." + layer + name);
            full.add(layer + name, {32, 32}, copied);
        }
    }
    full.config["num_key_value_heads"] = 4;
    EXPECT_LT(largestDifference(runOn(*openModel(grouped.write())), runOn(*openModel(full.write()))), 1e-5);
}

// The copy as a GGUF file, made as llama.cpp's converter does: names and metadata of its own, rows of queries and keys
// alternating between the halves of a head.
class AsGguf {
public:
    explicit AsGguf(const test::ModelCopy& copy) : m_files(openModelFiles(copy.write()))
    {
        const auto& config = copy.config;
        file.set("general.architecture", "llama");
        file.set("llama.block_count", 2U).set("llama.embedding_length", 32U).set("llama.feed_forward_length", 64U);
        file.set("llama.context_length", 64U).set("llama.attention.head_count", 4U);
        file.set("llama.attention.head_count_kv", config.at("num_key_value_heads").get<std::uint32_t>());
        file.set("llama.attention.layer_norm_rms_epsilon", config.at("rms_norm_eps").get<float>());
        file.set("llama.rope.freq_base", config.at("rope_theta").get<float>());
        for (const TensorEntry& entry : m_files.weights->entries())
            add(entry);
    }

    fs::path write() const
    {
        std::ofstream(m_folder.path() / "model.gguf", std::ios::binary) << file.build();
        return m_folder.path() / "model.gguf";
    }

    GgufBuilder file;

private:
    void add(const TensorEntry& entry)
    {
        static const std::map<std::string, std::string> s_parts = {{"embed_tokens", "token_embd"},
                                                                   {"model.norm", "output_norm"},
                                                                   {"lm_head", "output"},
                                                                   {"input_layernorm", "attn_norm"},
                                                                   {"q_proj", "attn_q"},
                                                                   {"k_proj", "attn_k"},
                                                                   {"v_proj", "attn_v"},
                                                                   {"o_proj", "attn_output"},
                                                                   {"post_attention_layernorm", "ffn_norm"},
                                                                   {"gate_proj", "ffn_gate"},
                                                                   {"up_proj", "ffn_up"},
                                                                   {"down_proj", "ffn_down"}};
        for (const auto& [own, theirs] : s_parts) {
            const std::size_t at = entry.name.find(own + ".");
            if (at == std::string::npos)
                continue;
            const std::string layers = "model.layers.";
            const bool inLayer = entry.name.starts_with(layers);
            const std::string prefix = inLayer ? "blk." + entry.name.substr(layers.size(), 1) + "." : "";
            file.tensor(prefix + theirs + entry.name.substr(at + own.size()), entry.shape, GgufBuilder::kTensorF32,
                        bytesOf(entry, own == "q_proj" || own == "k_proj"));
        }
    }

    std::string bytesOf(const TensorEntry& entry, bool alternate) const
    {
        std::vector<float> values(entry.elements);
        m_files.weights->read(entry, 0, values);
        const std::size_t width = values.size() / entry.shape.front();
        std::string bytes;
        for (std::size_t row = 0; row < entry.shape.front(); ++row) {
            const std::size_t within = row % 8;
            const std::size_t from = alternate ? row - within + within % 2 * 4 + within / 2 : row;
            bytes.append(reinterpret_cast<const char*>(values.data() + from * width), width * sizeof(float));
        }
        return bytes;
    }

    ModelFiles m_files;
    test::TemporaryFolder m_folder;
};

TEST(LlamaGguf, IsTheSameModelAsItsFolder)
{
    test::ModelCopy copy("llama-gqa");
    EXPECT_EQ(largestDifference(runOn(*openModel(AsGguf(copy).write())), runOn(*openModel(copy.write()))), 0.0);
    addBiases(copy);
    EXPECT_EQ(largestDifference(runOn(*openModel(AsGguf(copy).write())), runOn(*openModel(copy.write()))), 0.0);
    const auto model = openModel(AsGguf(copy).write());
    EXPECT_TRUE(model->info().warnings.empty());
    EXPECT_EQ(model->info().parameterCount, openModel(copy.write())->info().parameterCount);
}

// Packed for each use and read row by row: slower, and the same bits.
TEST(LlamaGguf, StreamedWeightsGiveTheSameBits)
{
    for (const char* name : {"models/llama-gqa", "models/gpt2-lm-f16", "models/openai-gpt-lm", "gguf/gpt2-q8_0.gguf",
                             "gguf/llama-q4_0.gguf", "gguf/llama-q4_k_m.gguf"}) {
        Monitor monitor;
        ModelFiles files = openModelFiles(test::fixtures() / name);
        const Trace resident = runOn(*architectureOf(files).open(files, monitor));
        files.streamed = true;
        EXPECT_EQ(largestDifference(runOn(*architectureOf(files).open(files, monitor)), resident), 0.0) << name;
    }
}

TEST(LlamaGguf, ScalingsOfPositionsAreThoseOfTheConfiguration)
{
    test::ModelCopy copy("llama-gqa");
    const Trace plain = runOn(*openModel(copy.write()));
    copy.config["rope_scaling"] = {{"type", "linear"}, {"factor", 4.0}};
    AsGguf linear(copy);
    linear.file.set("llama.rope.scaling.type", "linear").set("llama.rope.scaling.factor", 4.0F);
    const Trace expected = runOn(*openModel(copy.write()));
    EXPECT_GT(largestDifference(expected, plain), 0.01);
    EXPECT_EQ(largestDifference(runOn(*openModel(linear.write())), expected), 0.0);

    copy.config["rope_scaling"] = {{"rope_type", "llama3"},
                                   {"factor", 8.0},
                                   {"low_freq_factor", 1.0},
                                   {"high_freq_factor", 4.0},
                                   {"original_max_position_embeddings", 16}};
    const std::vector<double> before = rotaryFrequencies(8, 10000.0);
    std::vector<double> after = before;
    scaleFrequencies(after, {8.0, 1.0, 4.0, 16.0});
    std::string factors;
    for (std::size_t i = 0; i < 4; ++i)
        factors += GgufBuilder::bytes(static_cast<float>(before[i] / after[i]));
    AsGguf llama3(copy);
    llama3.file.tensor("rope_freqs.weight", {4}, GgufBuilder::kTensorF32, factors);
    EXPECT_GT(largestDifference(runOn(*openModel(copy.write())), plain), 0.01);
    EXPECT_LT(largestDifference(runOn(*openModel(llama3.write())), runOn(*openModel(copy.write()))), 1e-4);
}

TEST(LlamaGguf, WhatItCannotDoIsRefusedByName)
{
    const test::ModelCopy copy("llama-gqa");
    const auto with = [&](const std::string& key, const auto& value) {
        AsGguf made(copy);
        made.file.set(key, value);
        return refusalOf(made.write());
    };
    EXPECT_EQ(with("llama.expert_count", 0U), "accepted");
    EXPECT_EQ(with("llama.rope.dimension_count", 8U), "accepted");
    EXPECT_THAT(with("llama.expert_count", 8U), HasSubstr("Mixtures of experts"));
    EXPECT_THAT(with("llama.rope.dimension_count", 4U), HasSubstr("llama.rope.dimension_count"));
    EXPECT_THAT(with("llama.attention.key_length", 6U), HasSubstr("whole heads of 6 rows"));
    EXPECT_THAT(with("llama.attention.value_length", 16U), HasSubstr("value_length"));
    EXPECT_THAT(with("llama.rope.scaling.type", "yarn"), HasSubstr("\"yarn\""));
    EXPECT_THAT(with("split.count", 3U), HasSubstr("one of 3 parts"));
}

TEST(LlamaGguf, WhatIsMissingIsNamedAsTheFileNamesIt)
{
    GgufBuilder file;
    test::TemporaryFolder folder;
    const auto refused = [&] {
        std::ofstream(folder.path() / "m.gguf", std::ios::binary) << file.build();
        return refusalOf(folder.path() / "m.gguf");
    };
    EXPECT_THAT(refused(), AllOf(HasSubstr("general.architecture"), HasSubstr("llama"), HasSubstr("none")));
    file.set("general.architecture", "llama");
    EXPECT_THAT(refused(), HasSubstr("metadata llama.block_count"));
    file.set("llama.block_count", 1U).set("llama.embedding_length", 32U).set("llama.feed_forward_length", 0U);
    EXPECT_THAT(refused(), HasSubstr("llama.feed_forward_length"));
    GgufBuilder next;
    next.set("general.architecture", "llama").set("llama.block_count", 1U).set("llama.embedding_length", 32U);
    next.set("llama.feed_forward_length", 64U).set("llama.context_length", 64U).set("llama.attention.head_count", 5U);
    next.set("llama.attention.layer_norm_rms_epsilon", 1e-5F);
    file = next;
    EXPECT_THAT(refused(), HasSubstr("tensor token_embd.weight"));
    file.tensor("token_embd.weight", {3, 32}, GgufBuilder::kTensorF32, std::string(384, '\0'));
    EXPECT_THAT(refused(), HasSubstr("a divisor of the width 32"));
    file.set("llama.attention.key_length", 8U);
    EXPECT_THAT(refused(), HasSubstr("tensor output_norm.weight"));
    file.tensor("output_norm.weight", {32}, GgufBuilder::kTensorF32, std::string(128, '\0'));
    EXPECT_THAT(refused(), HasSubstr("tensor blk.0.attn_norm.weight"));
    file = GgufBuilder().set("general.architecture", "qwen2");
    EXPECT_THAT(refused(), AllOf(HasSubstr("\"qwen2\""), HasSubstr("bert, gpt2, llama")));
}

}  // namespace
}  // namespace ketscope
