// SPDX-License-Identifier: GPL-3.0-or-later
// ViLT: Kim, Son, Kim, "ViLT: Vision-and-Language Transformer Without Convolution or Region Supervision", ICML 2021. One
// stream of text, class token and patches. Patches keep their order: the reference implementation shuffles them, which
// moves columns of the maps and changes nothing else.
// Outputs: "pooled" (D), "logits": one score of how well text and image fit, or the answers of question answering.
#include "core/models/config.h"
#include "core/models/forward_pass.h"
#include "core/models/heads.h"
#include "core/models/image_embedding.h"
#include "core/models/pre_norm_encoder.h"
#include "core/models/vit_layers.h"
#include "core/models/weights.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

namespace ketscope {

namespace {

constexpr TensorRow kBody[] = {
    {"words", Part::NoBias, "embeddings.text_embeddings.word_embeddings", Axis::Vocabulary, Axis::Width},
    {"positions", Part::NoBias, "embeddings.text_embeddings.position_embeddings", Axis::Positions, Axis::Width},
    {"token types", Part::NoBias, "embeddings.text_embeddings.token_type_embeddings", Axis::TokenTypes, Axis::Width},
    {"embedding norm", Part::Norm, "embeddings.text_embeddings.LayerNorm", Axis::Width},
    {"class token", Part::Values, "embeddings.cls_token", Axis::Width},
    {"patch projection", Part::Patches, "embeddings.patch_embeddings.projection", Axis::Width},
    {"image positions", Part::Matrix, "embeddings.position_embeddings", Axis::ImagePositions, Axis::Width},
    {"modalities", Part::NoBias, "embeddings.token_type_embeddings", Axis::Modalities, Axis::Width},
    {"final norm", Part::Norm, "layernorm", Axis::Width},
};
constexpr TensorRow kPooler[] = {{"pooler", Part::Linear, "pooler.dense", Axis::Width, Axis::Width}};
constexpr TensorRow kRank[] = {{"rank", Part::Linear, "rank_output", Axis::One, Axis::Width}};
constexpr TensorRow kClassifier[] = {
    {"answer transform", Part::Linear, "classifier.0", Axis::TwoWidths, Axis::Width},
    {"answer norm", Part::Norm, "classifier.1", Axis::TwoWidths},
    {"answers", Part::Linear, "classifier.3", Axis::Labels, Axis::TwoWidths},
};

constexpr double kAnswerEpsilon = 1e-5;  // of the answers' layer norm; no configuration changes it

// Everything that the files' headers say.
struct Description {
    ModelInfo info;
    Weights weights;
    Activation activation;
    double epsilon;
};

ModelInfo readSizes(const Config& config, const std::filesystem::path& folder)
{
    StackInfo stack = readEncoderSizes(config);
    stack.name = "joint";
    stack.queries = stack.keys = TokenAxis::Joint;
    ModelInfo info;
    info.architecture = "vilt";
    info.title = "ViLT";
    info.path = folder;
    info.stacks = {stack};
    info.vocabularySize = config.count("vocab_size", 30522, kMostRows);
    info.maximumPositions = config.count("max_position_embeddings", 40, kMostRows);
    info.image = readImageInfo(config, 384, 32);
    info.image->anySize = true;
    info.usesTokenTypes = true;
    if (const auto most = config.wholeNumber("max_image_length", -1); most > 0)
        info.warnings.push_back("all patches are looked at, not " + std::to_string(most) + " drawn at random");
    return info;
}

// The head that the class or, without one, the tensors name.
Task taskOf(const Config& config, const Weights& weights, ModelInfo& info)
{
    const std::string name = config.className();
    if (name.ends_with("ForImageAndTextRetrieval") || (name.empty() && weights.hasHead("rank_output.weight")))
        return Task::ImageTextMatching;
    if (name.ends_with("ForQuestionAnswering") || (name.empty() && weights.hasHead("classifier.3.weight")))
        return Task::VisualQuestionAnswering;
    if (!name.empty() && !name.ends_with("Model"))
        info.warnings.push_back("the head of " + name + " is not run: attention and hidden states only");
    return Task::None;
}

void requireHead(const Config& config, Weights& weights, ModelInfo& info)
{
    info.task = taskOf(config, weights, info);
    if (info.task != Task::None || weights.hasBody("pooler.dense.weight"))
        weights.requireBody(kPooler);
    if (info.task == Task::ImageTextMatching)
        weights.requireHead(kRank);
    if (info.task == Task::VisualQuestionAnswering) {
        readLabels(config, "classifier.3.weight", weights, info);
        weights.requireHead(kClassifier);
    }
    for (const char* head : {"classifier.", "rank_output.", "mlm_score.", "itm_score."})
        weights.ignore(head);
}

Description resolve(const ModelFiles& files)
{
    const Config config(files);
    ModelInfo info = readSizes(config, files.folder);
    const StackInfo& stack = info.stacks.front();
    std::map<Axis, std::size_t> axes = imageAxes(*info.image);
    axes.insert({{Axis::Vocabulary, info.vocabularySize},
                 {Axis::Positions, info.maximumPositions},
                 {Axis::TokenTypes, config.count("type_vocab_size", 2, kMostRows)},
                 {Axis::Modalities, config.count("modality_type_vocab_size", 2, kMostRows)},
                 {Axis::Width, stack.width},
                 {Axis::TwoWidths, 2 * stack.width},
                 {Axis::FeedForward, stack.feedForwardSize}});
    if (axes.at(Axis::Modalities) < 2)
        config.refuseKey("modality_type_vocab_size", "at least 2: text and image", "1");
    Weights weights(files, axes, "vilt.", "embeddings.cls_token");
    weights.requireBody(kBody);
    requireVitLayers(weights, stack.layers, config.flag("qkv_bias", true));
    requireHead(config, weights, info);
    weights.describe(info);
    return {std::move(info), std::move(weights), config.activation("hidden_act", "gelu"),
            config.positive("layer_norm_eps", 1e-12)};
}

class Vilt : public Model {
public:
    Vilt(const Description& from, Monitor& monitor)
        : m_words(from.weights.table("words")), m_positions(from.weights.table("positions")),
          m_tokenTypes(from.weights.table("token types")),
          m_embeddingNorm(from.weights.norm("embedding norm", from.epsilon)),
          m_image(from.weights, *from.info.image, PositionResize::BilinearCorners),
          m_modalities(from.weights.table("modalities")),
          m_encoder(from.weights, from.info.stacks.front(), from.epsilon, from.activation, monitor),
          m_finalNorm(from.weights.norm("final norm", from.epsilon))
    {
        m_info = from.info;
        const Weights& weights = from.weights;
        if (weights.has("pooler"))
            m_pooler = weights.linear("pooler", Activation::Tanh);
        if (weights.has("rank"))
            m_output = weights.linear("rank");
        if (weights.has("answers")) {
            m_transform = weights.linear("answer transform");
            m_transformNorm = weights.norm("answer norm", kAnswerEpsilon);
            m_output = weights.linear("answers");
        }
        std::ranges::copy(weights.warnings(), std::back_inserter(m_info.warnings));
    }

    Trace forward(const ForwardRequest& request, Monitor& monitor) const override
    {
        ForwardPass pass(m_info, request, monitor);
        StackPass joint = pass.stack(0);
        joint.embeddings([&](MutableMatrixView out) { embed(pass.operations(), pass.input(), out); });
        m_encoder.run(joint);
        if (m_pooler)
            head(pass, joint.lastHidden());
        return pass.finish();
    }

private:
    void embed(const Operations& operations, const ModelInput& input, MutableMatrixView out) const
    {
        const std::size_t textTokens = input.tokenIds.size();
        const MutableMatrixView text = out.middleRows(0, textTokens);
        operations.lookUp(m_words, input.tokenIds, text);
        operations.addLookUp(m_tokenTypes, tokenTypesOf(input, m_tokenTypes.matrix().rows), text);
        operations.addPositions(m_positions, text);
        operations.apply(m_embeddingNorm, text, text);
        operations.addLookUp(m_modalities, std::vector<std::int32_t>(text.rows, 0), text);
        const MutableMatrixView image = out.middleRows(textTokens, out.rows - textTokens);
        m_image.embed(operations, input.image, image);
        operations.addLookUp(m_modalities, std::vector<std::int32_t>(image.rows, 1), image);
    }

    void head(ForwardPass& pass, MatrixView last) const
    {
        const Operations& operations = pass.operations();
        Tensor normed = operations.tensor({last.columns});
        operations.apply(m_finalNorm, last.middleRows(0, 1), normed.matrix());
        Tensor pooled = applied(operations, *m_pooler, normed);
        if (m_transform) {
            Tensor transformed = applied(operations, *m_transform, pooled);
            operations.apply(m_transformNorm, transformed.matrix(), transformed.matrix());
            operations.activate(Activation::Gelu, transformed.matrix());
            pass.output("logits", applied(operations, *m_output, transformed));
        } else if (m_output) {
            pass.output("logits", applied(operations, *m_output, pooled));
        }
        pass.output("pooled", std::move(pooled));
    }

    WeightTable m_words;
    WeightTable m_positions;
    WeightTable m_tokenTypes;
    LayerNorm m_embeddingNorm;
    ImageEmbedding m_image;
    WeightTable m_modalities;
    PreNormEncoder m_encoder;
    LayerNorm m_finalNorm;
    std::optional<Linear> m_pooler;
    std::optional<Linear> m_transform;
    LayerNorm m_transformNorm;
    std::optional<Linear> m_output;
};

bool matches(const Json& config) { return modelTypeOf(config) == "vilt"; }

}  // namespace

const Architecture& viltArchitecture()
{
    static const Architecture s_architecture = architectureFor<Vilt, resolve>("vilt", "ViLT", matches);
    return s_architecture;
}

}  // namespace ketscope
