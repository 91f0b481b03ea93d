// SPDX-License-Identifier: GPL-3.0-or-later
// BLIP image–text matching: Li, Li, Xiong, Hoi, "BLIP: Bootstrapping Language-Image Pre-training for Unified
// Vision-Language Understanding and Generation", ICML 2022. A vision transformer, and a text encoder whose layers look at
// the text, then at the image.
// Outputs, one row a text: "itm_logits" (texts, 2): no match, match; "itc_similarity" (texts): cosine of image and text,
// the latter read without cross-attention.
#include "core/models/config.h"
#include "core/models/forward_pass.h"
#include "core/models/heads.h"
#include "core/models/image_embedding.h"
#include "core/models/post_norm_encoder.h"
#include "core/models/pre_norm_encoder.h"
#include "core/models/weights.h"

#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr std::size_t kText = 0;  // stacks
constexpr std::size_t kVision = 1;
constexpr std::size_t kCross = 2;
constexpr std::string_view kVisionTensors = "vision_model.";

constexpr TensorRow kVisionBody[] = {
    {"class token", Part::Values, "embeddings.class_embedding", Axis::Width},
    {"patch projection", Part::Patches, "embeddings.patch_embedding", Axis::Width},
    {"image positions", Part::Matrix, "embeddings.position_embedding", Axis::ImagePositions, Axis::Width},
    {"final norm", Part::Norm, "post_layernorm", Axis::Width},
};
constexpr TensorRow kVisionLayer[] = {
    {"attention norm", Part::Norm, "encoder.layers.{}.layer_norm1", Axis::Width},
    {"query key value", Part::Linear, "encoder.layers.{}.self_attn.qkv", Axis::ThreeWidths, Axis::Width},
    {"attention output", Part::Linear, "encoder.layers.{}.self_attn.projection", Axis::Width, Axis::Width},
    {"feed-forward norm", Part::Norm, "encoder.layers.{}.layer_norm2", Axis::Width},
    {"expand", Part::Linear, "encoder.layers.{}.mlp.fc1", Axis::FeedForward, Axis::Width},
    {"contract", Part::Linear, "encoder.layers.{}.mlp.fc2", Axis::Width, Axis::FeedForward},
};
constexpr TensorRow kVisionHead[] = {{"projection", Part::Linear, "vision_proj", Axis::Embedding, Axis::Width}};
constexpr TensorRow kTextBody[] = {
    {"words", Part::NoBias, "embeddings.word_embeddings", Axis::Vocabulary, Axis::Width},
    {"positions", Part::NoBias, "embeddings.position_embeddings", Axis::Positions, Axis::Width},
    {"embedding norm", Part::Norm, "embeddings.LayerNorm", Axis::Width},
};
constexpr TensorRow kTextLayer[] = {
    {"query", Part::Linear, "encoder.layer.{}.attention.self.query", Axis::Width, Axis::Width},
    {"key", Part::Linear, "encoder.layer.{}.attention.self.key", Axis::Width, Axis::Width},
    {"value", Part::Linear, "encoder.layer.{}.attention.self.value", Axis::Width, Axis::Width},
    {"attention output", Part::Linear, "encoder.layer.{}.attention.output.dense", Axis::Width, Axis::Width},
    {"attention norm", Part::Norm, "encoder.layer.{}.attention.output.LayerNorm", Axis::Width},
    {"cross query", Part::Linear, "encoder.layer.{}.crossattention.self.query", Axis::Width, Axis::Width},
    {"cross key", Part::Linear, "encoder.layer.{}.crossattention.self.key", Axis::Width, Axis::ImageWidth},
    {"cross value", Part::Linear, "encoder.layer.{}.crossattention.self.value", Axis::Width, Axis::ImageWidth},
    {"cross output", Part::Linear, "encoder.layer.{}.crossattention.output.dense", Axis::Width, Axis::Width},
    {"cross norm", Part::Norm, "encoder.layer.{}.crossattention.output.LayerNorm", Axis::Width},
    {"expand", Part::Linear, "encoder.layer.{}.intermediate.dense", Axis::FeedForward, Axis::Width},
    {"contract", Part::Linear, "encoder.layer.{}.output.dense", Axis::Width, Axis::FeedForward},
    {"output norm", Part::Norm, "encoder.layer.{}.output.LayerNorm", Axis::Width},
};
constexpr TensorRow kTextHead[] = {
    {"projection", Part::Linear, "text_proj", Axis::Embedding, Axis::Width},
    {"match", Part::Linear, "itm_head", Axis::Labels, Axis::Width},
};

// Everything that the files' headers say.
struct Description {
    ModelInfo info;
    Weights text;
    Weights vision;
    Activation textActivation;
    Activation visionActivation;
    double textEpsilon;
    double visionEpsilon;
};

ModelInfo readSizes(const Config& config, const std::filesystem::path& folder)
{
    const Config textConfig = config.section("text_config");
    const Config visionConfig = config.section("vision_config");
    StackInfo text = readEncoderSizes(textConfig, {.heads = 8});
    text.name = "text";
    StackInfo vision = readEncoderSizes(visionConfig, {.heads = 12});
    vision.name = "vision";
    vision.queries = vision.keys = TokenAxis::Image;
    StackInfo cross = text;
    cross.name = "cross";
    cross.keys = TokenAxis::Image;
    cross.feedForwardSize = 0;
    ModelInfo info;
    info.architecture = "blip";
    info.title = "BLIP";
    info.path = folder;
    info.stacks = {text, vision, cross};
    info.vocabularySize = textConfig.count("vocab_size", 30524, kMostRows);
    info.maximumPositions = textConfig.count("max_position_embeddings", 512, kMostRows);
    info.image = readImageInfo(visionConfig, 384, 16);
    info.task = Task::ImageTextMatching;
    info.takesFurtherTexts = true;
    info.labels = {"no match", "match"};
    return info;
}

void refuseVariants(const Config& config)
{
    const std::string name = config.className();
    if (!name.empty() && name != "BlipForImageTextRetrieval")
        config.refuseKey("architectures", "BlipForImageTextRetrieval", name,
                         "Of BLIP, image–text matching is supported.");
    const std::string positions = config.section("text_config").text("position_embedding_type", "absolute");
    if (positions != "absolute")
        config.refuseKey("position_embedding_type", "\"absolute\"", "\"" + positions + "\"",
                         "Relative positions are not supported.");
}

std::map<Axis, std::size_t> textAxes(const ModelInfo& info, std::size_t embedding)
{
    return {{Axis::Vocabulary, info.vocabularySize},
            {Axis::Positions, info.maximumPositions},
            {Axis::Width, info.stacks[kText].width},
            {Axis::ImageWidth, info.stacks[kVision].width},
            {Axis::FeedForward, info.stacks[kText].feedForwardSize},
            {Axis::Embedding, embedding},
            {Axis::Labels, info.labels.size()}};
}

std::map<Axis, std::size_t> visionAxes(const ModelInfo& info, std::size_t embedding)
{
    std::map<Axis, std::size_t> axes = imageAxes(*info.image);
    axes.insert({{Axis::Width, info.stacks[kVision].width},
                 {Axis::ThreeWidths, 3 * info.stacks[kVision].width},
                 {Axis::FeedForward, info.stacks[kVision].feedForwardSize},
                 {Axis::Embedding, embedding}});
    return axes;
}

Description resolve(const ModelFiles& files)
{
    const Config config(files);
    refuseVariants(config);
    ModelInfo info = readSizes(config, files.folder);
    const std::size_t embedding = config.count("image_text_hidden_size", 256, kMostWidth);
    Weights text(files, textAxes(info, embedding), "text_encoder.");
    Weights vision = text.tower(visionAxes(info, embedding), kVisionTensors);
    text.requireBody(kTextBody);
    text.requireLayers(kTextLayer, info.stacks[kText].layers);
    text.requireHead(kTextHead);
    vision.requireBody(kVisionBody);
    vision.requireLayers(kVisionLayer, info.stacks[kVision].layers);
    vision.requireHead(kVisionHead);
    text.describe(info);
    const Config textConfig = config.section("text_config");
    const Config visionConfig = config.section("vision_config");
    return {std::move(info),
            std::move(text),
            std::move(vision),
            textConfig.activation("hidden_act", "gelu"),
            visionConfig.activation("hidden_act", "gelu"),
            textConfig.positive("layer_norm_eps", 1e-12),
            visionConfig.positive("layer_norm_eps", 1e-5)};
}

class Blip : public Model {
public:
    Blip(const Description& from, Monitor& monitor)
        : m_image(from.vision, *from.info.image, PositionResize::None),
          m_visionEncoder(from.vision, from.info.stacks[kVision], from.visionEpsilon, from.visionActivation,
                          *partOf(monitor, 0, 2)),
          m_visionNorm(from.vision.norm("final norm", from.visionEpsilon)),
          m_visionProjection(from.vision.linear("projection")), m_words(from.text.table("words")),
          m_positions(from.text.table("positions")),
          m_embeddingNorm(from.text.norm("embedding norm", from.textEpsilon)),
          m_textEncoder(from.text, from.info.stacks[kText], from.textEpsilon, from.textActivation,
                        *partOf(monitor, 1, 2)),
          m_textProjection(from.text.linear("projection")), m_match(from.text.linear("match"))
    {
        m_info = from.info;
        std::ranges::copy(from.text.warnings(), std::back_inserter(m_info.warnings));
    }

    Trace forward(const ForwardRequest& request, Monitor& monitor) const override
    {
        ForwardPass pass(m_info, request, monitor);
        StackPass vision = pass.stack(kVision, kVisionTensors);
        const Operations& operations = vision.operations();
        vision.embeddings([&](MutableMatrixView out) { m_image.embed(operations, pass.input().image, out); });
        m_visionEncoder.run(vision);
        Tensor image = operations.tensor({vision.queries(), m_info.stacks[kVision].width});
        operations.apply(m_visionNorm, vision.lastHidden(), image.matrix());

        // A layer's cross-attention stands between its self-attention and the next one's, and all of them see the image.
        const std::size_t first =
            pass.unchanged(kVision) ? std::min(pass.firstLayer(kText), pass.firstLayer(kCross)) : 0;
        StackPass text = pass.stack(kText, first);
        StackPass cross = pass.stack(kCross, first);
        std::vector<Tensor> keysValues(pass.input().furtherTexts.empty() ? 0 : m_info.stacks[kCross].layers);
        const CrossAttention across = {&cross, image.matrix(), keysValues.empty() ? nullptr : &keysValues};
        if (pass.wants("itm_logits")) {  // what a training step of contrast alone spares itself
            embed(text, pass.input());
            m_textEncoder.run(text, across);
            pass.output("itm_logits", matching(pass, text.lastHidden(), across));
        }
        if (pass.wants("itc_similarity"))
            pass.output("itc_similarity", similarities(pass, image.matrix()));
        if (pass.names("text_embeds"))
            addEmbeddings(pass, image.matrix());
        return pass.finish();
    }

private:
    void embed(StackPass& pass, const TextInput& text) const
    {
        pass.embeddings([&](MutableMatrixView out) {
            pass.operations().lookUp(m_words, text.tokenIds, out);
            pass.operations().addPositions(m_positions, out);
            pass.operations().apply(m_embeddingNorm, out, out);
        });
    }

    // A text's pass that does not look at the image.
    StackPass withoutImage(ForwardPass& pass, const TextInput& input) const
    {
        StackPass text = pass.aside(kText, input);
        embed(text, input);
        m_textEncoder.run(text);
        return text;
    }

    // From the first token of every text after cross-attention: the first text's hidden states are there.
    TensorPointer matching(ForwardPass& pass, MatrixView last, CrossAttention across) const
    {
        const std::vector<TextInput>& others = pass.input().furtherTexts;
        if (TensorPointer same = pass.reusable("itm_logits", {kText, kVision, kCross}))
            return same;
        Tensor logits = pass.operations().tensor({1 + others.size(), m_match.outputs()});
        pass.operations().apply(m_match, last.middleRows(0, 1), logits.matrix().middleRows(0, 1));
        for (std::size_t i = 0; i < others.size(); ++i) {
            StackPass text = pass.aside(kText, others[i]);
            StackPass cross = pass.aside(kCross, others[i]);
            across.stack = &cross;
            embed(text, others[i]);
            m_textEncoder.run(text, across);
            pass.operations().apply(m_match, text.lastHidden().middleRows(0, 1), logits.matrix().middleRows(i + 1, 1));
        }
        return std::make_shared<const Tensor>(std::move(logits));
    }

    // For contrasts: the whole text and image, which are those of their first tokens, and where they are asked for those
    // of all tokens.
    void addEmbeddings(ForwardPass& pass, MatrixView image) const
    {
        const Operations& operations = pass.operations();
        const StackPass text = withoutImage(pass, pass.input());
        const MatrixView words = text.lastHidden();
        pass.output("text_embeds", embeddings(operations, m_textProjection, words.middleRows(0, 1)));
        pass.output("image_embeds", imageEmbedding(operations, image));
        if (!pass.names("text_token_embeds"))
            return;
        pass.output("text_token_embeds", embeddings(operations, m_textProjection, words));
        pass.output("image_token_embeds", embeddings(operations, m_visionProjection, image));
    }

    // One for each row, of length 1.
    static Tensor embeddings(const Operations& operations, const Linear& projection, MatrixView rows)
    {
        Tensor result = operations.tensor({rows.rows, projection.outputs()});
        operations.apply(projection, rows, result.matrix());
        operations.makeUnit(result.matrix());
        return result;
    }

    // From the image's class token, of length 1.
    Tensor imageEmbedding(const Operations& operations, MatrixView image) const
    {
        Tensor embedding = operations.tensor({m_visionProjection.outputs()});
        operations.apply(m_visionProjection, image.middleRows(0, 1), embedding.matrix());
        operations.makeUnit(embedding.matrix());
        return embedding;
    }

    // (texts, E): from the first token of each text without cross-attention, of length 1.
    Tensor textEmbeddings(ForwardPass& pass) const
    {
        const Operations& operations = pass.operations();
        const std::size_t texts = 1 + pass.input().furtherTexts.size();
        Tensor embeddings = operations.tensor({texts, m_textProjection.outputs()});
        for (std::size_t i = 0; i < texts; ++i) {
            const TextInput& input = i == 0 ? pass.input() : pass.input().furtherTexts[i - 1];
            const StackPass text = withoutImage(pass, input);
            operations.apply(m_textProjection, text.lastHidden().middleRows(0, 1),
                             embeddings.matrix().middleRows(i, 1));
        }
        operations.makeUnit(embeddings.matrix());
        return embeddings;
    }

    TensorPointer similarities(ForwardPass& pass, MatrixView image) const
    {
        if (TensorPointer same = pass.reusable("itc_similarity", {kText, kVision}))
            return same;
        const Operations& operations = pass.operations();
        const Tensor own = imageEmbedding(operations, image);
        const Tensor texts = textEmbeddings(pass);
        Tensor similarities = operations.tensor({texts.matrix().rows});
        operations.scaledProducts(texts.matrix(), own.matrix(), {Tensor::zeros({1}), {}}, similarities.matrix());
        return std::make_shared<const Tensor>(std::move(similarities));
    }

    ImageEmbedding m_image;
    PreNormEncoder m_visionEncoder;
    LayerNorm m_visionNorm;
    Linear m_visionProjection;
    WeightTable m_words;
    WeightTable m_positions;
    LayerNorm m_embeddingNorm;
    PostNormEncoder m_textEncoder;
    Linear m_textProjection;
    Linear m_match;
};

bool matches(const Json& config) { return modelTypeOf(config) == "blip"; }

}  // namespace

const Architecture& blipArchitecture()
{
    static const Architecture s_architecture = architectureFor<Blip, resolve>("blip", "BLIP", matches);
    return s_architecture;
}

}  // namespace ketscope
