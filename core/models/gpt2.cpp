// SPDX-License-Identifier: GPL-3.0-or-later
// GPT-2: Radford, Wu, Child, Luan, Amodei, Sutskever, "Language Models are Unsupervised Multitask Learners", 2019.
#include "core/models/config.h"
#include "core/models/forward_pass.h"
#include "core/models/gguf_model.h"
#include "core/models/heads.h"
#include "core/models/pre_norm_encoder.h"
#include "core/models/weights.h"

#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr TensorRow kBody[] = {
    {"words", Part::NoBias, "wte", Axis::Vocabulary, Axis::Width},
    {"positions", Part::NoBias, "wpe", Axis::Positions, Axis::Width},
    {"final norm", Part::Norm, "ln_f", Axis::Width},
};
constexpr TensorRow kLayer[] = {
    {"attention norm", Part::Norm, "h.{}.ln_1", Axis::Width},
    {"query key value", Part::Turned, "h.{}.attn.c_attn", Axis::ThreeWidths, Axis::Width},
    {"attention output", Part::Turned, "h.{}.attn.c_proj", Axis::Width, Axis::Width},
    {"feed-forward norm", Part::Norm, "h.{}.ln_2", Axis::Width},
    {"expand", Part::Turned, "h.{}.mlp.c_fc", Axis::FeedForward, Axis::Width},
    {"contract", Part::Turned, "h.{}.mlp.c_proj", Axis::Width, Axis::FeedForward},
};

constexpr GgufName kGgufNames[] = {
    {"token_embd", "wte"},
    {"position_embd", "wpe"},
    {"output_norm", "ln_f"},
    {"output", "lm_head"},
    {"blk.{}.attn_norm", "h.{}.ln_1"},
    {"blk.{}.attn_qkv", "h.{}.attn.c_attn"},
    {"blk.{}.attn_output", "h.{}.attn.c_proj"},
    {"blk.{}.ffn_norm", "h.{}.ln_2"},
    {"blk.{}.ffn_up", "h.{}.mlp.c_fc"},
    {"blk.{}.ffn_down", "h.{}.mlp.c_proj"},
};
constexpr GgufKey kGgufKeys[] = {
    {"block_count", "n_layer"},
    {"embedding_length", "n_embd"},
    {"feed_forward_length", "n_inner"},
    {"attention.head_count", "n_head"},
    {"attention.layer_norm_epsilon", "layer_norm_epsilon", GgufValue::Number},
    {"token_embd.weight", "vocab_size", GgufValue::Rows},
    {"position_embd.weight", "n_positions", GgufValue::Rows},
};

void completeGguf(const GgufFile& file, Json& config)
{
    config["tie_word_embeddings"] = file.find("output.weight") == nullptr;
}

constexpr GgufLayout kGguf = {"gpt2", kGgufNames, kGgufKeys, completeGguf};

// Everything that the files' headers say.
struct Description {
    ModelInfo info;
    Weights weights;
    Activation activation;
    double epsilon;
    bool scaleWeights;  // by 1/√d
    bool scaleByLayer;  // and by 1/(layer + 1)
};

ModelInfo readSizes(const Config& config, const std::filesystem::path& folder)
{
    StackInfo stack = readDecoderSizes(config);
    stack.feedForwardSize = config.count("n_inner", 4 * stack.width, 4 * kMostWidth);
    ModelInfo info;
    info.architecture = "gpt2";
    info.title = "GPT-2";
    info.path = folder;
    info.stacks = {stack};
    info.vocabularySize = config.count("vocab_size", 50257, kMostRows);
    info.maximumPositions = config.count("n_positions", 1024, kMostRows);
    return info;
}

Description resolve(const ModelFiles& files)
{
    const Config config(files);
    config.requireOff("add_cross_attention", "GPT-2 with cross-attention is not supported.");
    ModelInfo info = readSizes(config, files.folder);
    const StackInfo& stack = info.stacks.front();
    Weights weights(files, textAxes(info), "transformer.", "wte.weight");
    weights.requireBody(kBody);
    weights.requireLayers(kLayer, stack.layers);
    info.task = decoderTask(config, "GPT2Model", info);
    requireDecoder(weights, info, tiesEmbeddings(config));
    weights.ignore("", ".attn.bias");
    weights.describe(info);
    return {std::move(info),
            std::move(weights),
            config.activation("activation_function", "gelu_new"),
            config.positive("layer_norm_epsilon", 1e-5),
            config.flag("scale_attn_weights", true),
            config.flag("scale_attn_by_inverse_layer_idx", false)};
}

// What the logits of each layer are scaled with.
std::vector<float> layerScales(const Description& from)
{
    const StackInfo& stack = from.info.stacks.front();
    std::vector<float> scales(stack.layers, from.scaleWeights ? headScale(stack) : 1.0F);
    for (std::size_t i = 0; from.scaleByLayer && i < stack.layers; ++i)
        scales[i] /= static_cast<float>(i + 1);
    return scales;
}

class Gpt2 : public Model {
public:
    Gpt2(const Description& from, Monitor& monitor)
        : m_words(from.weights.table("words")), m_positions(from.weights.table("positions")),
          m_layers(from.weights, from.info.stacks.front(), from.epsilon, from.activation, monitor),
          m_scales(layerScales(from)), m_finalNorm(from.weights.norm("final norm", from.epsilon)),
          m_head(from.weights, from.info.task)
    {
        m_info = from.info;
        std::ranges::copy(from.weights.warnings(), std::back_inserter(m_info.warnings));
    }

    Trace forward(const ForwardRequest& request, Monitor& monitor) const override
    {
        ForwardPass pass(m_info, request, monitor);
        StackPass text = pass.stack(0);
        text.embeddings([&](MutableMatrixView out) {
            pass.operations().lookUp(m_words, pass.input().tokenIds, out);
            pass.operations().addPositions(m_positions, out);
        });
        m_layers.run(text, &m_finalNorm, m_scales);
        m_head.run(pass, text.lastHidden());
        return pass.finish();
    }

private:
    WeightTable m_words;
    WeightTable m_positions;
    PreNormEncoder m_layers;
    std::vector<float> m_scales;
    LayerNorm m_finalNorm;
    LanguageHead m_head;
};

bool matches(const Json& config)
{
    const std::string type = modelTypeOf(config);
    return type == "gpt2"
           || (type.empty() && config.is_object() && config.contains("n_embd") && config.contains("n_layer")
               && !config.contains("afn"));
}

}  // namespace

const Architecture& gpt2Architecture()
{
    static const Architecture s_architecture = architectureFor<Gpt2, resolve>("gpt2", "GPT-2", matches, &kGguf);
    return s_architecture;
}

}  // namespace ketscope
