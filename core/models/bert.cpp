// SPDX-License-Identifier: GPL-3.0-or-later
// BERT: Devlin, Chang, Lee, Toutanova, "BERT: Pre-training of Deep Bidirectional Transformers", NAACL 2019.
#include "core/base/error.h"
#include "core/models/config.h"
#include "core/models/forward_pass.h"
#include "core/models/gguf_model.h"
#include "core/models/heads.h"
#include "core/models/post_norm_encoder.h"
#include "core/models/weights.h"

#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr TensorRow kEmbeddings[] = {
    {"words", Part::NoBias, "embeddings.word_embeddings", Axis::Vocabulary, Axis::Width},
    {"positions", Part::NoBias, "embeddings.position_embeddings", Axis::Positions, Axis::Width},
    {"token types", Part::NoBias, "embeddings.token_type_embeddings", Axis::TokenTypes, Axis::Width},
    {"embedding norm", Part::Norm, "embeddings.LayerNorm", Axis::Width},
};
constexpr TensorRow kLayer[] = {
    {"query", Part::Linear, "encoder.layer.{}.attention.self.query", Axis::Width, Axis::Width},
    {"key", Part::Linear, "encoder.layer.{}.attention.self.key", Axis::Width, Axis::Width},
    {"value", Part::Linear, "encoder.layer.{}.attention.self.value", Axis::Width, Axis::Width},
    {"attention output", Part::Linear, "encoder.layer.{}.attention.output.dense", Axis::Width, Axis::Width},
    {"attention norm", Part::Norm, "encoder.layer.{}.attention.output.LayerNorm", Axis::Width},
    {"expand", Part::Linear, "encoder.layer.{}.intermediate.dense", Axis::FeedForward, Axis::Width},
    {"contract", Part::Linear, "encoder.layer.{}.output.dense", Axis::Width, Axis::FeedForward},
    {"output norm", Part::Norm, "encoder.layer.{}.output.LayerNorm", Axis::Width},
};
constexpr TensorRow kPooler[] = {{"pooler", Part::Linear, "pooler.dense", Axis::Width, Axis::Width}};
constexpr TensorRow kClassifier[] = {{"classifier", Part::Linear, "classifier", Axis::Labels, Axis::Width}};
constexpr TensorRow kPredictions[] = {
    {"transform", Part::Linear, "cls.predictions.transform.dense", Axis::Width, Axis::Width},
    {"transform norm", Part::Norm, "cls.predictions.transform.LayerNorm", Axis::Width},
};
constexpr TensorRow kDecoder[] = {{"decoder", Part::NoBias, "cls.predictions.decoder", Axis::Vocabulary, Axis::Width}};
constexpr TensorRow kDecoderBias[] = {{"decoder bias", Part::Values, "cls.predictions.bias", Axis::Vocabulary}};
constexpr TensorRow kOtherDecoderBias[] = {
    {"decoder bias", Part::Values, "cls.predictions.decoder.bias", Axis::Vocabulary}};

constexpr GgufName kGgufNames[] = {
    {"token_embd", "embeddings.word_embeddings"},
    {"position_embd", "embeddings.position_embeddings"},
    {"token_types", "embeddings.token_type_embeddings"},
    {"token_embd_norm", "embeddings.LayerNorm"},
    {"blk.{}.attn_q", "encoder.layer.{}.attention.self.query"},
    {"blk.{}.attn_k", "encoder.layer.{}.attention.self.key"},
    {"blk.{}.attn_v", "encoder.layer.{}.attention.self.value"},
    {"blk.{}.attn_output", "encoder.layer.{}.attention.output.dense"},
    {"blk.{}.attn_output_norm", "encoder.layer.{}.attention.output.LayerNorm"},
    {"blk.{}.ffn_up", "encoder.layer.{}.intermediate.dense"},
    {"blk.{}.ffn_down", "encoder.layer.{}.output.dense"},
    {"blk.{}.layer_output_norm", "encoder.layer.{}.output.LayerNorm"},
};
constexpr GgufKey kGgufKeys[] = {
    {"block_count", "num_hidden_layers"},
    {"embedding_length", "hidden_size"},
    {"feed_forward_length", "intermediate_size"},
    {"attention.head_count", "num_attention_heads"},
    {"attention.layer_norm_epsilon", "layer_norm_eps", GgufValue::Number},
    {"token_embd.weight", "vocab_size", GgufValue::Rows},
    {"position_embd.weight", "max_position_embeddings", GgufValue::Rows},
    {"token_types.weight", "type_vocab_size", GgufValue::Rows},
};

void completeGguf(const GgufFile& file, Json&)
{
    constexpr std::string_view kCausal = "bert.attention.causal";
    if (file.metadata().flag(kCausal).value_or(false))
        refuse({file.metadata().whereOf(kCausal), "false", "true", "BERT as a decoder is not supported."});
}

constexpr GgufLayout kGguf = {"bert", kGgufNames, kGgufKeys, completeGguf};

// Everything that the files' headers say.
struct Description {
    ModelInfo info;
    Weights weights;
    Activation activation;
    double epsilon;
    std::size_t tokenTypes;
    bool pooler;
    bool tied;
};

void refuseVariants(const Config& config)
{
    config.requireOff("is_decoder", "BERT as a decoder is not supported.");
    config.requireOff("add_cross_attention", "BERT with cross-attention is not supported.");
    const std::string positions = config.text("position_embedding_type", "absolute");
    if (positions != "absolute")
        config.refuseKey("position_embedding_type", "\"absolute\"", "\"" + printable(positions, 60) + "\"",
                         "Relative positions are not supported.");
}

ModelInfo readSizes(const Config& config, const std::filesystem::path& folder)
{
    StackInfo stack = readEncoderSizes(config);
    stack.name = "text";
    ModelInfo info;
    info.architecture = "bert";
    info.title = "BERT";
    info.path = folder;
    info.stacks = {stack};
    info.vocabularySize = config.count("vocab_size", 30522, kMostRows);
    info.maximumPositions = config.count("max_position_embeddings", 512, kMostRows);
    info.usesTokenTypes = true;
    return info;
}

void requireHead(const Config& config, Weights& weights, ModelInfo& info)
{
    info.task = encoderTask(config, weights, "cls.predictions.transform.dense.weight", info);
    if (info.task == Task::SequenceClassification) {
        readLabels(config, "classifier.weight", weights, info);
        weights.requireBody(kPooler);
        weights.requireHead(kClassifier);
    } else if (info.task == Task::MaskedLanguageModelling) {
        weights.requireHead(kPredictions);
        weights.requireHead(weights.hasHead("cls.predictions.bias") ? kDecoderBias : kOtherDecoderBias);
        if (!tiesEmbeddings(config))
            weights.requireHead(kDecoder);
    }
    requireSpans(weights, info);
    weights.ignore("cls.");
    weights.ignore("classifier.");
}

Description resolve(const ModelFiles& files)
{
    const Config config(files);
    refuseVariants(config);
    ModelInfo info = readSizes(config, files.folder);
    const StackInfo& stack = info.stacks.front();
    const std::size_t tokenTypes = config.count("type_vocab_size", 2, kMostRows);
    Weights weights(files, textAxes(info), "bert.", "embeddings.word_embeddings.weight");
    weights.setSize(Axis::TokenTypes, tokenTypes);
    weights.requireBody(kEmbeddings);
    weights.requireLayers(kLayer, stack.layers);
    const bool pooler = weights.hasBody("pooler.dense.weight");
    if (pooler)
        weights.requireBody(kPooler);
    requireHead(config, weights, info);
    weights.describe(info);
    return {std::move(info),
            std::move(weights),
            config.activation("hidden_act", "gelu"),
            config.positive("layer_norm_eps", 1e-12),
            tokenTypes,
            pooler,
            tiesEmbeddings(config)};
}

class Bert : public Model {
public:
    Bert(const Description& from, Monitor& monitor)
        : m_words(from.weights.table("words")), m_positions(from.weights.table("positions")),
          m_tokenTypes(from.weights.table("token types")),
          m_embeddingNorm(from.weights.norm("embedding norm", from.epsilon)),
          m_encoder(from.weights, from.info.stacks.front(), from.epsilon, from.activation, monitor),
          m_spans(from.weights, from.info.task)
    {
        m_info = from.info;
        readHead(from);
        std::ranges::copy(from.weights.warnings(), std::back_inserter(m_info.warnings));
    }

    Trace forward(const ForwardRequest& request, Monitor& monitor) const override
    {
        ForwardPass pass(m_info, request, monitor);
        StackPass text = pass.stack(0);
        text.embeddings([&](MutableMatrixView out) { embed(pass.operations(), pass.input(), out); });
        m_encoder.run(text);
        head(pass, text.lastHidden());
        return pass.finish();
    }

private:
    std::size_t width() const { return m_info.stacks.front().width; }

    void readHead(const Description& from)
    {
        const Weights& weights = from.weights;
        if (from.pooler)
            m_pooler = weights.linear("pooler", Activation::Tanh);
        if (m_info.task == Task::SequenceClassification)
            m_output = weights.linear("classifier");
        if (m_info.task != Task::MaskedLanguageModelling)
            return;
        m_transform = weights.linear("transform", from.activation);
        m_transformNorm = weights.norm("transform norm", from.epsilon);
        const WeightTable bias = weights.row("decoder bias");
        m_output = from.tied ? tiedDecoder(m_words, bias) : tiedDecoder(weights.table("decoder"), bias);
    }

    void embed(const Operations& operations, const TextInput& text, MutableMatrixView out) const
    {
        operations.lookUp(m_words, text.tokenIds, out);
        operations.addLookUp(m_tokenTypes, tokenTypesOf(text, m_tokenTypes.matrix().rows), out);
        operations.addPositions(m_positions, out);
        operations.apply(m_embeddingNorm, out, out);
    }

    void head(ForwardPass& pass, MatrixView last) const
    {
        const Operations& operations = pass.operations();
        m_guesses.run(pass, m_words, last);
        m_spans.run(pass, last);
        if (m_pooler) {
            Tensor pooled = operations.tensor({width()});
            operations.apply(*m_pooler, last.middleRows(0, 1), pooled.matrix());
            if (m_info.task == Task::SequenceClassification)
                pass.output("logits", applied(operations, *m_output, pooled));
            pass.output("pooled", std::move(pooled));
        }
        if (m_info.task == Task::MaskedLanguageModelling) {
            Tensor transformed = operations.tensor({last.rows, width()});
            operations.apply(*m_transform, last, transformed.matrix());
            operations.apply(m_transformNorm, transformed.matrix(), transformed.matrix());
            Tensor logits = operations.tensor({last.rows, m_output->outputs()});
            operations.apply(*m_output, transformed.matrix(), logits.matrix());
            pass.output("logits", std::move(logits));
        }
    }

    WeightTable m_words;
    WeightTable m_positions;
    WeightTable m_tokenTypes;
    LayerNorm m_embeddingNorm;
    PostNormEncoder m_encoder;
    WordGuesses m_guesses;
    SpanHead m_spans;
    std::optional<Linear> m_pooler;
    std::optional<Linear> m_transform;
    LayerNorm m_transformNorm;
    std::optional<Linear> m_output;
};

bool matches(const Json& config)
{
    const std::string type = modelTypeOf(config);
    return type == "bert"
           || (type.empty() && config.is_object() && config.contains("hidden_size")
               && config.contains("type_vocab_size"));
}

}  // namespace

const Architecture& bertArchitecture()
{
    static const Architecture s_architecture = architectureFor<Bert, resolve>("bert", "BERT", matches, &kGguf);
    return s_architecture;
}

}  // namespace ketscope
