// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/clip_files.h"

#include "core/models/image_embedding.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

// transformers. Every name stands after the tower's prefix.
constexpr TensorRow kLayer[] = {
    {"attention norm", Part::Norm, "encoder.layers.{}.layer_norm1", Axis::Width},
    {"query", Part::Linear, "encoder.layers.{}.self_attn.q_proj", Axis::Width, Axis::Width},
    {"key", Part::Linear, "encoder.layers.{}.self_attn.k_proj", Axis::Width, Axis::Width},
    {"value", Part::Linear, "encoder.layers.{}.self_attn.v_proj", Axis::Width, Axis::Width},
    {"attention output", Part::Linear, "encoder.layers.{}.self_attn.out_proj", Axis::Width, Axis::Width},
    {"feed-forward norm", Part::Norm, "encoder.layers.{}.layer_norm2", Axis::Width},
    {"expand", Part::Linear, "encoder.layers.{}.mlp.fc1", Axis::FeedForward, Axis::Width},
    {"contract", Part::Linear, "encoder.layers.{}.mlp.fc2", Axis::Width, Axis::FeedForward},
};
constexpr TensorRow kText[] = {
    {"words", Part::NoBias, "embeddings.token_embedding", Axis::Vocabulary, Axis::Width},
    {"positions", Part::NoBias, "embeddings.position_embedding", Axis::Positions, Axis::Width},
    {"final norm", Part::Norm, "final_layer_norm", Axis::Width},
};
constexpr TensorRow kTextHead[] = {
    {"projection", Part::NoBias, "text_projection", Axis::Embedding, Axis::Width},
    {"scale", Part::Values, "logit_scale", Axis::One},
};
constexpr TensorRow kVision[] = {
    {"class token", Part::Values, "embeddings.class_embedding", Axis::Width},
    {"patch projection", Part::PatchesNoBias, "embeddings.patch_embedding", Axis::Width},
    {"image positions", Part::NoBias, "embeddings.position_embedding", Axis::ImagePositions, Axis::Width},
    {"embedding norm", Part::Norm, "pre_layrnorm", Axis::Width},
    {"final norm", Part::Norm, "post_layernorm", Axis::Width},
};
constexpr TensorRow kVisionHead[] = {{"projection", Part::NoBias, "visual_projection", Axis::Embedding, Axis::Width}};

// OpenAI and open_clip. The vision tower's stand after "visual.".
constexpr TensorRow kOpenLayer[] = {
    {"attention norm", Part::Norm, "transformer.resblocks.{}.ln_1", Axis::Width},
    {"query key value", Part::Fused, "transformer.resblocks.{}.attn.in_proj", Axis::ThreeWidths, Axis::Width},
    {"attention output", Part::Linear, "transformer.resblocks.{}.attn.out_proj", Axis::Width, Axis::Width},
    {"feed-forward norm", Part::Norm, "transformer.resblocks.{}.ln_2", Axis::Width},
    {"expand", Part::Linear, "transformer.resblocks.{}.mlp.c_fc", Axis::FeedForward, Axis::Width},
    {"contract", Part::Linear, "transformer.resblocks.{}.mlp.c_proj", Axis::Width, Axis::FeedForward},
};
constexpr TensorRow kOpenText[] = {
    {"words", Part::NoBias, "token_embedding", Axis::Vocabulary, Axis::Width},
    {"positions", Part::Matrix, "positional_embedding", Axis::Positions, Axis::Width},
    {"final norm", Part::Norm, "ln_final", Axis::Width},
    {"projection", Part::TurnedMatrix, "text_projection", Axis::Embedding, Axis::Width},
    {"scale", Part::Values, "logit_scale", Axis::One},
};
constexpr TensorRow kOpenVision[] = {
    {"class token", Part::Values, "class_embedding", Axis::Width},
    {"patch projection", Part::PatchesNoBias, "conv1", Axis::Width},
    {"image positions", Part::Matrix, "positional_embedding", Axis::ImagePositions, Axis::Width},
    {"embedding norm", Part::Norm, "ln_pre", Axis::Width},
    {"final norm", Part::Norm, "ln_post", Axis::Width},
    {"projection", Part::TurnedMatrix, "proj", Axis::Embedding, Axis::Width},
};

// What either configuration says.
struct Sizes {
    StackInfo text;
    StackInfo vision;
    ImageInfo image;
    std::size_t vocabulary = 0;
    std::size_t positions = 0;
    std::size_t embedding = 0;
    Activation textActivation = Activation::QuickGelu;
    Activation visionActivation = Activation::QuickGelu;
    double textEpsilon = 1e-5;
    double visionEpsilon = 1e-5;
    std::optional<std::int32_t> endOfText;
};

// Files of the first release hold a tower's values a second time, as *_dict, which then count.
Config towerOf(const Config& config, const std::string& name)
{
    const auto dictionary = config.member(name + "_dict");
    return dictionary ? *dictionary : config.section(name);
}

// transformers' configuration. The first release's says that texts end with token 2 and means the largest id.
Sizes readTransformers(const Config& config)
{
    constexpr std::int64_t kFirstRelease = 2;
    const Config text = towerOf(config, "text_config");
    const Config vision = towerOf(config, "vision_config");
    Sizes sizes;
    sizes.text = readEncoderSizes(text, {12, 8, 512, 2048});
    sizes.vision = readEncoderSizes(vision, {12, 12, 768, 3072});
    sizes.image = readImageInfo(vision, 224, 32);
    sizes.vocabulary = text.count("vocab_size", 49408, kMostRows);
    sizes.positions = text.count("max_position_embeddings", 77, kMostRows);
    sizes.embedding = config.count("projection_dim", 512, kMostWidth);
    sizes.textActivation = text.activation("hidden_act", "quick_gelu");
    sizes.visionActivation = vision.activation("hidden_act", "quick_gelu");
    sizes.textEpsilon = text.positive("layer_norm_eps", 1e-5);
    sizes.visionEpsilon = vision.positive("layer_norm_eps", 1e-5);
    if (const auto end = text.wholeNumber("eos_token_id", 49407); end != kFirstRelease)
        sizes.endOfText = static_cast<std::int32_t>(end);
    return sizes;
}

std::size_t feedForwardOf(const Config& config, std::size_t width)
{
    return static_cast<std::size_t>(std::floor(static_cast<double>(width) * config.positive("mlp_ratio", 4.0)));
}

void refuseOpenClipVariants(const Config& text, const Config& vision)
{
    for (const char* key : {"timm_model_name", "ls_init_value", "attentional_pool", "attn_pooler_queries"})
        if (vision.has(key) && !vision.isFalse(key))
            vision.refuseKey(key, "none", "a value", "Only CLIP's own vision transformer is supported.");
    for (const char* key : {"hf_model_name", "ls_init_value", "no_causal_mask", "embed_cls"})
        if (text.has(key) && !text.isFalse(key))
            text.refuseKey(key, "none", "a value", "Only CLIP's own text transformer is supported.");
    const std::string pool = text.text("pool_type", "argmax");
    if (pool != "argmax")
        text.refuseKey("pool_type", "\"argmax\"", "\"" + pool + "\"", "Other ends of the text are not supported.");
    const std::string visionPool = vision.text("pool_type", "tok");
    if (visionPool != "tok")
        vision.refuseKey("pool_type", "\"tok\"", "\"" + visionPool + "\"", "Only the class token is supported.");
}

// open_clip's configuration.
Sizes readOpenClip(const Config& config)
{
    const Config text = config.section("text_cfg");
    const Config vision = config.section("vision_cfg");
    refuseOpenClipVariants(text, vision);
    Sizes sizes;
    sizes.text.layers = text.count("layers", 12, kMostLayers);
    sizes.text.heads = text.count("heads", 8, kMostHeads);
    sizes.text.width = text.count("width", 512, kMostWidth);
    sizes.text.headSize = text.headSize("width", sizes.text.width, "heads", sizes.text.heads);
    sizes.text.feedForwardSize = feedForwardOf(text, sizes.text.width);
    sizes.vision.layers = vision.count("layers", 12, kMostLayers);
    sizes.vision.width = vision.count("width", 768, kMostWidth);
    sizes.vision.headSize = vision.count("head_width", 64, kMostWidth);
    sizes.vision.heads = vision.headSize("width", sizes.vision.width, "head_width", sizes.vision.headSize);
    sizes.vision.feedForwardSize = feedForwardOf(vision, sizes.vision.width);
    sizes.image = readImageInfo(vision, 224, 16);
    sizes.vocabulary = text.count("vocab_size", 49408, kMostRows);
    sizes.positions = text.count("context_length", 77, kMostRows);
    sizes.embedding = config.count("embed_dim", 512, kMostWidth);
    sizes.textActivation = sizes.visionActivation =
        config.flag("quick_gelu", false) ? Activation::QuickGelu : Activation::Gelu;
    return sizes;
}

ModelInfo infoOf(Sizes sizes, const std::filesystem::path& folder)
{
    sizes.text.name = "text";
    sizes.text.causal = true;
    sizes.vision.name = "vision";
    sizes.vision.queries = sizes.vision.keys = TokenAxis::Image;
    ModelInfo info;
    info.architecture = "clip";
    info.title = "CLIP";
    info.path = folder;
    info.stacks = {sizes.text, sizes.vision};
    info.vocabularySize = sizes.vocabulary;
    info.maximumPositions = sizes.positions;
    info.image = sizes.image;
    info.task = Task::ImageTextContrast;
    info.takesFurtherTexts = true;
    return info;
}

std::map<Axis, std::size_t> textAxes(const Sizes& sizes)
{
    return {{Axis::Vocabulary, sizes.vocabulary},
            {Axis::Positions, sizes.positions},
            {Axis::Width, sizes.text.width},
            {Axis::ThreeWidths, 3 * sizes.text.width},
            {Axis::FeedForward, sizes.text.feedForwardSize},
            {Axis::Embedding, sizes.embedding}};
}

std::map<Axis, std::size_t> visionAxes(const Sizes& sizes)
{
    std::map<Axis, std::size_t> axes = imageAxes(sizes.image);
    axes.insert({{Axis::Width, sizes.vision.width},
                 {Axis::ThreeWidths, 3 * sizes.vision.width},
                 {Axis::FeedForward, sizes.vision.feedForwardSize},
                 {Axis::Embedding, sizes.embedding}});
    return axes;
}

}  // namespace

ClipDescription describeClip(const ModelFiles& files)
{
    const Config config(files);
    const auto openClip = config.member("model_cfg");
    const Sizes sizes = openClip ? readOpenClip(*openClip) : readTransformers(config);
    const bool openNames = files.weights->find("token_embedding.weight") != nullptr;
    const std::string textTensors = openNames ? "" : "text_model.";
    const std::string visionTensors = openNames ? "visual." : "vision_model.";
    Weights text(files, textAxes(sizes), textTensors);
    Weights vision = text.tower(visionAxes(sizes), visionTensors);
    text.requireBody(openNames ? std::span<const TensorRow>(kOpenText) : kText);
    text.requireLayers(openNames ? std::span<const TensorRow>(kOpenLayer) : kLayer, sizes.text.layers);
    vision.requireBody(openNames ? std::span<const TensorRow>(kOpenVision) : kVision);
    vision.requireLayers(openNames ? std::span<const TensorRow>(kOpenLayer) : kLayer, sizes.vision.layers);
    if (!openNames) {
        text.requireHead(kTextHead);
        vision.requireHead(kVisionHead);
    }
    ModelInfo info = infoOf(sizes, files.folder);
    text.describe(info);
    return {std::move(info),   std::move(text),     std::move(vision), sizes.textActivation, sizes.visionActivation,
            sizes.textEpsilon, sizes.visionEpsilon, sizes.endOfText,   textTensors,          visionTensors};
}

}  // namespace ketscope
