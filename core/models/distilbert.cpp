// SPDX-License-Identifier: GPL-3.0-or-later
// DistilBERT: Sanh, Debut, Chaumond, Wolf, "DistilBERT, a distilled version of BERT", 2019. BERT without token types and
// pooler.
#include "core/models/config.h"
#include "core/models/forward_pass.h"
#include "core/models/heads.h"
#include "core/models/post_norm_encoder.h"
#include "core/models/weights.h"

#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr TensorRow kEmbeddings[] = {
    {"words", Part::NoBias, "embeddings.word_embeddings", Axis::Vocabulary, Axis::Width},
    {"positions", Part::NoBias, "embeddings.position_embeddings", Axis::Positions, Axis::Width},
    {"embedding norm", Part::Norm, "embeddings.LayerNorm", Axis::Width},
};
constexpr TensorRow kLayer[] = {
    {"query", Part::Linear, "transformer.layer.{}.attention.q_lin", Axis::Width, Axis::Width},
    {"key", Part::Linear, "transformer.layer.{}.attention.k_lin", Axis::Width, Axis::Width},
    {"value", Part::Linear, "transformer.layer.{}.attention.v_lin", Axis::Width, Axis::Width},
    {"attention output", Part::Linear, "transformer.layer.{}.attention.out_lin", Axis::Width, Axis::Width},
    {"attention norm", Part::Norm, "transformer.layer.{}.sa_layer_norm", Axis::Width},
    {"expand", Part::Linear, "transformer.layer.{}.ffn.lin1", Axis::FeedForward, Axis::Width},
    {"contract", Part::Linear, "transformer.layer.{}.ffn.lin2", Axis::Width, Axis::FeedForward},
    {"output norm", Part::Norm, "transformer.layer.{}.output_layer_norm", Axis::Width},
};
constexpr TensorRow kClassifier[] = {
    {"pre-classifier", Part::Linear, "pre_classifier", Axis::Width, Axis::Width},
    {"classifier", Part::Linear, "classifier", Axis::Labels, Axis::Width},
};
constexpr TensorRow kPredictions[] = {
    {"transform", Part::Linear, "vocab_transform", Axis::Width, Axis::Width},
    {"transform norm", Part::Norm, "vocab_layer_norm", Axis::Width},
    {"decoder bias", Part::Values, "vocab_projector.bias", Axis::Vocabulary},
};
constexpr TensorRow kDecoder[] = {{"decoder", Part::NoBias, "vocab_projector", Axis::Vocabulary, Axis::Width}};

constexpr double kEpsilon = 1e-12;  // of every layer norm; no configuration changes it

// Everything that the files' headers say.
struct Description {
    ModelInfo info;
    Weights weights;
    Activation activation;
    bool tied;
};

ModelInfo readSizes(const Config& config, const std::filesystem::path& folder)
{
    StackInfo stack;
    stack.name = "text";
    stack.layers = config.count("n_layers", 6, kMostLayers);
    stack.heads = config.count("n_heads", 12, kMostHeads);
    stack.width = config.count("dim", 768, kMostWidth);
    stack.headSize = config.headSize("dim", stack.width, "n_heads", stack.heads);
    stack.feedForwardSize = config.count("hidden_dim", 3072, kMostWidth);
    ModelInfo info;
    info.architecture = "distilbert";
    info.title = "DistilBERT";
    info.path = folder;
    info.stacks = {stack};
    info.vocabularySize = config.count("vocab_size", 30522, kMostRows);
    info.maximumPositions = config.count("max_position_embeddings", 512, kMostRows);
    return info;
}

void requireHead(const Config& config, Weights& weights, ModelInfo& info)
{
    info.task = encoderTask(config, weights, "vocab_transform.weight", info);
    if (info.task == Task::SequenceClassification) {
        readLabels(config, "classifier.weight", weights, info);
        weights.requireHead(kClassifier);
    } else if (info.task == Task::MaskedLanguageModelling) {
        weights.requireHead(kPredictions);
        if (!tiesEmbeddings(config))
            weights.requireHead(kDecoder);
    }
    requireSpans(weights, info);
    weights.ignore("vocab_");
    weights.ignore("pre_classifier.");
    weights.ignore("classifier.");
}

Description resolve(const ModelFiles& files)
{
    const Config config(files);
    ModelInfo info = readSizes(config, files.folder);
    const StackInfo& stack = info.stacks.front();
    Weights weights(files, textAxes(info), "distilbert.", "embeddings.word_embeddings.weight");
    weights.requireBody(kEmbeddings);
    weights.requireLayers(kLayer, stack.layers);
    requireHead(config, weights, info);
    weights.describe(info);
    return {std::move(info), std::move(weights), config.activation("activation", "gelu"), tiesEmbeddings(config)};
}

class DistilBert : public Model {
public:
    DistilBert(const Description& from, Monitor& monitor)
        : m_words(from.weights.table("words")), m_positions(from.weights.table("positions")),
          m_embeddingNorm(from.weights.norm("embedding norm", kEpsilon)),
          m_encoder(from.weights, from.info.stacks.front(), kEpsilon, from.activation, monitor),
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
        if (m_info.task == Task::SequenceClassification) {
            m_transform = weights.linear("pre-classifier", Activation::Relu);
            m_output = weights.linear("classifier");
        }
        if (m_info.task != Task::MaskedLanguageModelling)
            return;
        m_transform = weights.linear("transform", from.activation);
        m_transformNorm = weights.norm("transform norm", kEpsilon);
        const WeightTable bias = weights.row("decoder bias");
        m_output = from.tied ? tiedDecoder(m_words, bias) : tiedDecoder(weights.table("decoder"), bias);
    }

    void embed(const Operations& operations, const TextInput& text, MutableMatrixView out) const
    {
        operations.lookUp(m_words, text.tokenIds, out);
        operations.addPositions(m_positions, out);
        operations.apply(m_embeddingNorm, out, out);
    }

    void head(ForwardPass& pass, MatrixView last) const
    {
        m_guesses.run(pass, m_words, last);
        m_spans.run(pass, last);
        if (!m_output)
            return;
        const bool classifies = m_info.task == Task::SequenceClassification;
        const MatrixView read = classifies ? last.middleRows(0, 1) : last;
        const Operations& operations = pass.operations();
        Tensor transformed = operations.tensor({read.rows, width()});
        operations.apply(*m_transform, read, transformed.matrix());
        if (!classifies)
            operations.apply(m_transformNorm, transformed.matrix(), transformed.matrix());
        Tensor logits = operations.tensor(classifies ? std::vector{m_output->outputs()}
                                                     : std::vector{read.rows, m_output->outputs()});
        operations.apply(*m_output, transformed.matrix(), logits.matrix());
        pass.output("logits", std::move(logits));
    }

    WeightTable m_words;
    WeightTable m_positions;
    LayerNorm m_embeddingNorm;
    PostNormEncoder m_encoder;
    WordGuesses m_guesses;
    SpanHead m_spans;
    std::optional<Linear> m_transform;
    LayerNorm m_transformNorm;
    std::optional<Linear> m_output;
};

bool matches(const Json& config)
{
    const std::string type = modelTypeOf(config);
    return type == "distilbert"
           || (type.empty() && config.is_object() && config.contains("dim") && config.contains("n_layers"));
}

}  // namespace

const Architecture& distilbertArchitecture()
{
    static const Architecture s_architecture =
        architectureFor<DistilBert, resolve>("distilbert", "DistilBERT", matches);
    return s_architecture;
}

}  // namespace ketscope
