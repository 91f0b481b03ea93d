// SPDX-License-Identifier: GPL-3.0-or-later
// GPT-1: Radford, Narasimhan, Salimans, Sutskever, "Improving Language Understanding by Generative Pre-Training", 2018.
#include "core/models/config.h"
#include "core/models/heads.h"
#include "core/models/post_norm_encoder.h"
#include "core/models/weights.h"

#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr TensorRow kBody[] = {
    {"words", Part::NoBias, "tokens_embed", Axis::Vocabulary, Axis::Width},
    {"positions", Part::NoBias, "positions_embed", Axis::Positions, Axis::Width},
};
constexpr TensorRow kLayer[] = {
    {"query key value", Part::Turned, "h.{}.attn.c_attn", Axis::ThreeWidths, Axis::Width},
    {"attention output", Part::Turned, "h.{}.attn.c_proj", Axis::Width, Axis::Width},
    {"attention norm", Part::Norm, "h.{}.ln_1", Axis::Width},
    {"expand", Part::Turned, "h.{}.mlp.c_fc", Axis::FeedForward, Axis::Width},
    {"contract", Part::Turned, "h.{}.mlp.c_proj", Axis::Width, Axis::FeedForward},
    {"output norm", Part::Norm, "h.{}.ln_2", Axis::Width},
};

// Everything that the files' headers say.
struct Description {
    ModelInfo info;
    Weights weights;
    Activation activation;
    double epsilon;
};

ModelInfo readSizes(const Config& config, const std::filesystem::path& folder)
{
    StackInfo stack = readDecoderSizes(config);
    ModelInfo info;
    info.architecture = "gpt1";
    info.title = "GPT-1";
    info.path = folder;
    info.stacks = {stack};
    info.vocabularySize = config.count("vocab_size", 40478, kMostRows);
    info.maximumPositions = config.count("n_positions", 512, kMostRows);
    return info;
}

// "gelu" of GPT-1 is the tanh form, which later configurations call "gelu_new".
Activation activationOf(const Config& config)
{
    return config.text("afn", "gelu") == "gelu" ? Activation::GeluTanh : config.activation("afn", "gelu");
}

Description resolve(const ModelFiles& files)
{
    const Config config(files);
    ModelInfo info = readSizes(config, files.folder);
    const StackInfo& stack = info.stacks.front();
    Weights weights(files, textAxes(info), "transformer.", "tokens_embed.weight");
    weights.requireBody(kBody);
    weights.requireLayers(kLayer, stack.layers);
    info.task = decoderTask(config, "OpenAIGPTModel", info);
    requireDecoder(weights, info, tiesEmbeddings(config));
    weights.ignore("", ".attn.bias");
    weights.describe(info);
    return {std::move(info), std::move(weights), activationOf(config), config.positive("layer_norm_epsilon", 1e-5)};
}

class Gpt1 : public Model {
public:
    Gpt1(const Description& from, Monitor& monitor)
        : m_words(from.weights.table("words")), m_positions(from.weights.table("positions")),
          m_decoderLayers(from.weights, from.info.stacks.front(), from.epsilon, from.activation, monitor),
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
        m_decoderLayers.run(text);
        m_head.run(pass, text.lastHidden());
        return pass.finish();
    }

private:
    WeightTable m_words;
    WeightTable m_positions;
    PostNormEncoder m_decoderLayers;
    LanguageHead m_head;
};

bool matches(const Json& config)
{
    const std::string type = modelTypeOf(config);
    return type == "openai-gpt"
           || (type.empty() && config.is_object() && config.contains("n_embd") && config.contains("afn"));
}

}  // namespace

const Architecture& gpt1Architecture()
{
    static const Architecture s_architecture = architectureFor<Gpt1, resolve>("gpt1", "GPT-1", matches);
    return s_architecture;
}

}  // namespace ketscope
