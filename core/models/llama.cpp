// SPDX-License-Identifier: GPL-3.0-or-later
// Llama: Touvron et al., "LLaMA: Open and Efficient Foundation Language Models", 2023, and its successors up to 3.3:
// grouped queries (Ainslie et al. 2023), rotary positions (Su et al. 2021), SwiGLU (Shazeer 2020).
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/models/config.h"
#include "core/models/forward_pass.h"
#include "core/models/gguf_model.h"
#include "core/models/heads.h"
#include "core/models/rotary_config.h"
#include "core/models/weights.h"

#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr TensorRow kBody[] = {
    {"words", Part::NoBias, "embed_tokens", Axis::Vocabulary, Axis::Width},
    {"final norm", Part::RmsNorm, "norm", Axis::Width},
};
constexpr TensorRow kNorms[] = {
    {"attention norm", Part::RmsNorm, "layers.{}.input_layernorm", Axis::Width},
    {"feed-forward norm", Part::RmsNorm, "layers.{}.post_attention_layernorm", Axis::Width},
};
constexpr TensorRow kAttention[] = {
    {"query", Part::Linear, "layers.{}.self_attn.q_proj", Axis::QueryWidth, Axis::Width},
    {"key", Part::Linear, "layers.{}.self_attn.k_proj", Axis::KeyValueWidth, Axis::Width},
    {"value", Part::Linear, "layers.{}.self_attn.v_proj", Axis::KeyValueWidth, Axis::Width},
    {"attention output", Part::Linear, "layers.{}.self_attn.o_proj", Axis::Width, Axis::QueryWidth},
};
constexpr TensorRow kFeedForward[] = {
    {"gate", Part::Linear, "layers.{}.mlp.gate_proj", Axis::FeedForward, Axis::Width},
    {"up", Part::Linear, "layers.{}.mlp.up_proj", Axis::FeedForward, Axis::Width},
    {"down", Part::Linear, "layers.{}.mlp.down_proj", Axis::Width, Axis::FeedForward},
};
// Only in GGUF files: what each rotary frequency is divided by, where that is not 1.
constexpr TensorRow kRotaryFactors[] = {{"rotary factors", Part::Values, "rope_freqs.weight", Axis::RotaryPairs}};

constexpr GgufName kGgufNames[] = {
    {"token_embd", "embed_tokens"},
    {"output_norm", "norm"},
    {"output", "lm_head"},
    {"blk.{}.attn_norm", "layers.{}.input_layernorm"},
    {"blk.{}.attn_q", "layers.{}.self_attn.q_proj", true},
    {"blk.{}.attn_k", "layers.{}.self_attn.k_proj", true},
    {"blk.{}.attn_v", "layers.{}.self_attn.v_proj"},
    {"blk.{}.attn_output", "layers.{}.self_attn.o_proj"},
    {"blk.{}.ffn_norm", "layers.{}.post_attention_layernorm"},
    {"blk.{}.ffn_gate", "layers.{}.mlp.gate_proj"},
    {"blk.{}.ffn_up", "layers.{}.mlp.up_proj"},
    {"blk.{}.ffn_down", "layers.{}.mlp.down_proj"},
};
constexpr GgufKey kGgufKeys[] = {
    {"block_count", "num_hidden_layers"},
    {"embedding_length", "hidden_size"},
    {"feed_forward_length", "intermediate_size"},
    {"context_length", "max_position_embeddings"},
    {"attention.head_count", "num_attention_heads"},
    {"attention.head_count_kv", "num_key_value_heads", GgufValue::Count, false},
    {"attention.key_length", "head_dim", GgufValue::Count, false},
    {"attention.layer_norm_rms_epsilon", "rms_norm_eps", GgufValue::Number},
    {"rope.freq_base", "rope_theta", GgufValue::Number, false},
    {"token_embd.weight", "vocab_size", GgufValue::Rows},
};

// A number in metadata that must say what the rest of the file already does, if it is there.
void requireSame(const GgufMetadata& metadata, const std::string& key, std::uint64_t expected,
                 const std::string& reason)
{
    const std::uint64_t found = metadata.count(key).value_or(expected);
    if (found != expected)
        refuse({metadata.whereOf(key), std::to_string(expected), std::to_string(found), reason});
}

void completeGguf(const GgufFile& file, Json& config)
{
    const GgufMetadata& metadata = file.metadata();
    const std::uint64_t heads = config.at("num_attention_heads");
    const std::uint64_t width = config.at("hidden_size");
    if (!config.contains("head_dim")) {
        if (width % heads != 0)
            refuse({metadata.whereOf("llama.attention.head_count"), "a divisor of the width " + std::to_string(width),
                    std::to_string(heads), "The file is damaged; download it again."});
        config["head_dim"] = width / heads;
    }
    const std::uint64_t headSize = config.at("head_dim");
    requireSame(metadata, "llama.attention.value_length", headSize,
                "Values of another size than keys are not supported.");
    requireSame(metadata, "llama.rope.dimension_count", headSize, "Heads turned in part are not supported.");
    requireSame(metadata, "llama.expert_count", 0, "Mixtures of experts are not supported.");
    config["tie_word_embeddings"] = file.find("output.weight") == nullptr;
    config["attention_bias"] = file.find("blk.0.attn_q.bias") != nullptr;
    config["mlp_bias"] = file.find("blk.0.ffn_up.bias") != nullptr;
    const std::string scaling(metadata.text("llama.rope.scaling.type").value_or("none"));
    const auto factor = metadata.number("llama.rope.scaling.factor");
    if (const auto linear = metadata.number("llama.rope.scale_linear"); linear && *linear != 1.0)
        config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", *linear}};
    if (scaling != "none")
        config["rope_scaling"] = {{"rope_type", scaling}, {"factor", factor ? Json(*factor) : Json(nullptr)}};
}

constexpr GgufLayout kGguf = {"llama", kGgufNames, kGgufKeys, completeGguf};

// Everything that the files' headers say.
struct Description {
    ModelInfo info;
    Weights weights;
    Activation activation;
    double epsilon;
    std::vector<double> frequencies;
};

ModelInfo readSizes(const Config& config, const std::filesystem::path& folder)
{
    StackInfo stack;
    stack.name = "text";
    stack.layers = config.count("num_hidden_layers", 32, kMostLayers);
    stack.heads = config.count("num_attention_heads", 32, kMostHeads);
    stack.keyValueHeads = config.count("num_key_value_heads", stack.heads, kMostHeads);
    stack.width = config.count("hidden_size", 4096, kMostWidth);
    stack.headSize = config.has("head_dim")
                         ? config.count("head_dim", 1, kMostWidth)
                         : config.headSize("hidden_size", stack.width, "num_attention_heads", stack.heads);
    if (stack.heads % stack.keyValueHeads != 0)
        config.refuseKey("num_key_value_heads", "a divisor of num_attention_heads = " + std::to_string(stack.heads),
                         std::to_string(stack.keyValueHeads));
    if (stack.headSize % 2 != 0)
        config.refuseKey("head_dim", "an even number", std::to_string(stack.headSize));
    stack.feedForwardSize = config.count("intermediate_size", 11008, 4 * kMostWidth);
    stack.causal = true;
    ModelInfo info;
    info.architecture = "llama";
    info.title = "Llama";
    info.path = folder;
    info.stacks = {stack};
    info.vocabularySize = config.count("vocab_size", 32000, kMostRows);
    info.maximumPositions = config.count("max_position_embeddings", 2048, kMostRows);
    return info;
}

void requireLayers(const Config& config, Weights& weights, std::size_t layers)
{
    const auto require = [&](std::span<const TensorRow> rows, bool bias) {
        std::vector<TensorRow> chosen(rows.begin(), rows.end());
        for (TensorRow& row : chosen)
            row.part = bias ? Part::Linear : Part::NoBias;
        weights.requireLayers(chosen, layers);
    };
    weights.requireLayers(kNorms, layers);
    require(kAttention, config.flag("attention_bias", false));
    require(kFeedForward, config.flag("mlp_bias", false));
}

// The frequencies of the configuration, divided by the factors that a GGUF file has instead of one.
std::vector<double> readFrequencies(const Config& config, Weights& weights, const StackInfo& stack)
{
    std::vector<double> frequencies = rotaryFrequenciesOf(config, stack.headSize);
    if (!weights.hasHead("rope_freqs.weight"))
        return frequencies;
    weights.requireHead(kRotaryFactors);
    const std::vector<float> factors = weights.values("rotary factors");
    for (std::size_t i = 0; i < frequencies.size(); ++i)
        frequencies[i] /= static_cast<double>(factors[i]);
    return frequencies;
}

Description resolve(const ModelFiles& files)
{
    const Config config(files);
    ModelInfo info = readSizes(config, files.folder);
    const StackInfo& stack = info.stacks.front();
    Weights weights(files,
                    {{Axis::Vocabulary, info.vocabularySize},
                     {Axis::Width, stack.width},
                     {Axis::QueryWidth, stack.heads * stack.headSize},
                     {Axis::KeyValueWidth, stack.keyValueHeads * stack.headSize},
                     {Axis::RotaryPairs, stack.headSize / 2},
                     {Axis::FeedForward, stack.feedForwardSize}},
                    "model.", "embed_tokens.weight");
    weights.requireBody(kBody);
    requireLayers(config, weights, stack.layers);
    info.task = decoderTask(config, "LlamaModel", info);
    requireDecoder(weights, info, config.flag("tie_word_embeddings", false));
    std::vector<double> frequencies = readFrequencies(config, weights, stack);
    weights.describe(info);
    return {std::move(info), std::move(weights), config.activation("hidden_act", "silu"),
            config.positive("rms_norm_eps", 1e-6), std::move(frequencies)};
}

struct Layer {
    RmsNorm attentionNorm;
    Linear queryKeyValue;
    Linear attentionOutput;
    RmsNorm feedForwardNorm;
    Linear gate;
    Linear up;
    Linear down;
};

class Llama : public Model {
public:
    Llama(const Description& from, Monitor& monitor)
        : m_words(from.weights.embedding("words")), m_rotary(from.frequencies),
          m_finalNorm(from.weights.rmsNorm("final norm", from.epsilon)), m_head(from.weights, from.info.task)
    {
        m_info = from.info;
        const Weights& weights = from.weights;
        const std::size_t layers = m_info.stacks.front().layers;
        for (std::size_t i = 0; i < layers; ++i) {
            beginReading(monitor, i, layers);
            m_layers.push_back(
                {weights.rmsNorm("attention norm", i, from.epsilon), weights.fused({"query", "key", "value"}, i),
                 weights.linear("attention output", i), weights.rmsNorm("feed-forward norm", i, from.epsilon),
                 weights.linear("gate", i, from.activation), weights.linear("up", i), weights.linear("down", i)});
        }
        std::ranges::copy(weights.warnings(), std::back_inserter(m_info.warnings));
    }

    Trace forward(const ForwardRequest& request, Monitor& monitor) const override
    {
        ForwardPass pass(m_info, request, monitor);
        StackPass text = pass.stack(0);
        text.embeddings([&](MutableMatrixView out) { m_words.lookUp(pass.operations(), pass.input().tokenIds, out); });
        runLayers(text);
        m_head.run(pass, text.lastHidden());
        return pass.finish();
    }

private:
    void runLayers(StackPass& text) const
    {
        const StackInfo& stack = text.info();
        const std::size_t n = text.queries();
        const std::size_t queryWidth = stack.heads * stack.headSize;
        const std::size_t turned = queryWidth + stack.keyValueHeads * stack.headSize;  // queries and keys
        const Operations& operations = text.operations();
        Tensor normed = operations.tensor({n, stack.width});
        Tensor projected = operations.tensor({n, turned + stack.keyValueHeads * stack.headSize});
        Tensor context = operations.tensor({n, queryWidth});
        Tensor gate = operations.tensor({n, stack.feedForwardSize});
        Tensor up = operations.tensor({n, stack.feedForwardSize});
        for (std::size_t i = text.firstLayer(); i < text.layers(); ++i) {
            text.beginLayer(i);
            const Layer& layer = m_layers[i];
            Tensor x = operations.copyOf(text.hidden(i));
            operations.apply(layer.attentionNorm, x.matrix(), normed.matrix());
            operations.apply(layer.queryKeyValue, normed.matrix(), projected.matrix());
            operations.apply(m_rotary, projected.matrix().middleColumns(0, turned));
            text.attend(i, projected, normed.matrix(), headScale(stack), context);
            operations.addTo(layer.attentionOutput, context.matrix(), x.matrix());
            operations.apply(layer.feedForwardNorm, x.matrix(), normed.matrix());
            text.feedForward(i, normed.matrix(), x.matrix(), [&] {
                operations.apply(layer.gate, normed.matrix(), gate.matrix());
                operations.apply(layer.up, normed.matrix(), up.matrix());
                operations.multiply(gate.matrix(), up.matrix());
                operations.addTo(layer.down, gate.matrix(), x.matrix());
            });
            if (i + 1 == text.layers())
                operations.apply(m_finalNorm, x.matrix(), x.matrix());
            text.endLayer(std::move(x));
        }
    }

    EmbeddingRows m_words;
    RotaryEmbedding m_rotary;
    RmsNorm m_finalNorm;
    std::vector<Layer> m_layers;
    LanguageHead m_head;
};

bool matches(const Json& config) { return modelTypeOf(config) == "llama"; }

}  // namespace

const Architecture& llamaArchitecture()
{
    static const Architecture s_architecture = architectureFor<Llama, resolve>("llama", "Llama", matches, &kGguf);
    return s_architecture;
}

}  // namespace ketscope
