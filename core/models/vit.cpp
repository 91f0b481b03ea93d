// SPDX-License-Identifier: GPL-3.0-or-later
// ViT: Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", ICLR 2021.
// Outputs: "logits" (labels) of a classifier, "pooled" (D) where the file has a pooler.
#include "core/models/config.h"
#include "core/models/forward_pass.h"
#include "core/models/heads.h"
#include "core/models/image_embedding.h"
#include "core/models/pre_norm_encoder.h"
#include "core/models/vit_layers.h"
#include "core/models/weights.h"

#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr TensorRow kBody[] = {
    {"class token", Part::Values, "embeddings.cls_token", Axis::Width},
    {"patch projection", Part::Patches, "embeddings.patch_embeddings.projection", Axis::Width},
    {"image positions", Part::Matrix, "embeddings.position_embeddings", Axis::ImagePositions, Axis::Width},
    {"final norm", Part::Norm, "layernorm", Axis::Width},
};
constexpr TensorRow kPooler[] = {{"pooler", Part::Linear, "pooler.dense", Axis::Width, Axis::Width}};
constexpr TensorRow kClassifier[] = {{"classifier", Part::Linear, "classifier", Axis::Labels, Axis::Width}};

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
    stack.name = "vision";
    stack.queries = stack.keys = TokenAxis::Image;
    ModelInfo info;
    info.architecture = "vit";
    info.title = "ViT";
    info.path = folder;
    info.stacks = {stack};
    info.image = readImageInfo(config, 224, 16);
    info.image->anySize = true;
    return info;
}

void requireHead(const Config& config, Weights& weights, ModelInfo& info)
{
    const std::string name = config.className();
    const bool classifier = weights.hasHead("classifier.weight");
    if (name.ends_with("ForImageClassification") || (name.empty() && classifier)) {
        info.task = Task::ImageClassification;
        readLabels(config, "classifier.weight", weights, info);
        weights.requireHead(kClassifier);
    } else if (!name.empty() && !name.ends_with("Model")) {
        info.warnings.push_back("the head of " + name + " is not run: attention and hidden states only");
    }
    weights.ignore("classifier.");
    if (weights.hasBody("pooler.dense.weight"))
        weights.requireBody(kPooler);
}

Description resolve(const ModelFiles& files)
{
    const Config config(files);
    ModelInfo info = readSizes(config, files.folder);
    const StackInfo& stack = info.stacks.front();
    std::map<Axis, std::size_t> axes = imageAxes(*info.image);
    axes[Axis::Width] = stack.width;
    axes[Axis::FeedForward] = stack.feedForwardSize;
    Weights weights(files, axes, "vit.", "embeddings.cls_token");
    weights.requireBody(kBody);
    requireVitLayers(weights, stack.layers, config.flag("qkv_bias", true));
    requireHead(config, weights, info);
    weights.describe(info);
    return {std::move(info), std::move(weights), config.activation("hidden_act", "gelu"),
            config.positive("layer_norm_eps", 1e-12)};
}

class Vit : public Model {
public:
    Vit(const Description& from, Monitor& monitor)
        : m_embedding(from.weights, *from.info.image, PositionResize::Bicubic),
          m_encoder(from.weights, from.info.stacks.front(), from.epsilon, from.activation, monitor),
          m_finalNorm(from.weights.norm("final norm", from.epsilon))
    {
        m_info = from.info;
        if (from.weights.has("pooler"))
            m_pooler = from.weights.linear("pooler", Activation::Tanh);
        if (from.weights.has("classifier"))
            m_classifier = from.weights.linear("classifier");
        std::ranges::copy(from.weights.warnings(), std::back_inserter(m_info.warnings));
    }

    Trace forward(const ForwardRequest& request, Monitor& monitor) const override
    {
        ForwardPass pass(m_info, request, monitor);
        StackPass vision = pass.stack(0);
        vision.embeddings(
            [&](MutableMatrixView out) { m_embedding.embed(pass.operations(), pass.input().image, out); });
        m_encoder.run(vision);
        Tensor normed = pass.operations().tensor({m_info.stacks.front().width});
        pass.operations().apply(m_finalNorm, vision.lastHidden().middleRows(0, 1), normed.matrix());
        if (m_classifier)
            pass.output("logits", applied(pass.operations(), *m_classifier, normed));
        if (m_pooler)
            pass.output("pooled", applied(pass.operations(), *m_pooler, normed));
        return pass.finish();
    }

private:
    ImageEmbedding m_embedding;
    PreNormEncoder m_encoder;
    LayerNorm m_finalNorm;
    std::optional<Linear> m_pooler;
    std::optional<Linear> m_classifier;
};

bool matches(const Json& config) { return modelTypeOf(config) == "vit"; }

}  // namespace

const Architecture& vitArchitecture()
{
    static const Architecture s_architecture = architectureFor<Vit, resolve>("vit", "ViT", matches);
    return s_architecture;
}

}  // namespace ketscope
