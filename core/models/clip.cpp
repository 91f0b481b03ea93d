// SPDX-License-Identifier: GPL-3.0-or-later
// CLIP: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", ICML 2021. Two towers
// that meet in their embeddings alone: there is no cross-attention.
// Outputs: "text_embeds" (texts, E), "image_embeds" (E), both of length 1, and "logits_per_image" (texts): exp(logit
// scale) · cosine. "text_token_embeds" (T, E) and "image_token_embeds" (1 + P, E) are the same of every token of the
// first text and of the image, of which the model itself uses the end of the text and the class token. A pass that is
// written down also leaves "log_scale" (1, 1).
#include "core/models/clip_files.h"
#include "core/models/forward_pass.h"
#include "core/models/heads.h"
#include "core/models/image_embedding.h"
#include "core/models/pre_norm_encoder.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr std::size_t kText = 0;  // stacks
constexpr std::size_t kVision = 1;

class Clip : public Model {
public:
    Clip(const ClipDescription& from, Monitor& monitor)
        : m_textTensors(from.textTensors), m_visionTensors(from.visionTensors), m_endOfText(from.endOfText),
          m_words(from.text.table("words")), m_positions(from.text.table("positions")),
          m_textEncoder(from.text, from.info.stacks[kText], from.textEpsilon, from.textActivation,
                        *partOf(monitor, 0, 2)),
          m_textNorm(from.text.norm("final norm", from.textEpsilon)), m_textProjection(from.text.linear("projection")),
          m_image(from.vision, *from.info.image, PositionResize::None),
          m_imageNorm(from.vision.norm("embedding norm", from.visionEpsilon)),
          m_visionEncoder(from.vision, from.info.stacks[kVision], from.visionEpsilon, from.visionActivation,
                          *partOf(monitor, 1, 2)),
          m_visionNorm(from.vision.norm("final norm", from.visionEpsilon)),
          m_visionProjection(from.vision.linear("projection")), m_logScale(from.text.row("scale"))
    {
        m_info = from.info;
        std::ranges::copy(from.text.warnings(), std::back_inserter(m_info.warnings));
    }

    Trace forward(const ForwardRequest& request, Monitor& monitor) const override
    {
        ForwardPass pass(m_info, request, monitor);
        const Operations& operations = pass.operations();
        StackPass text = pass.stack(kText, m_textTensors);
        run(text, pass.input());
        StackPass vision = pass.stack(kVision, m_visionTensors);
        vision.embeddings([&](MutableMatrixView out) {
            m_image.embed(vision.operations(), pass.input().image, out);
            vision.operations().apply(m_imageNorm, out, out);
        });
        m_visionEncoder.run(vision);
        const TensorPointer imageTokens =
            tokenEmbeddings(operations, m_visionNorm, m_visionProjection, vision.lastHidden());
        Tensor image = operations.tensor({m_visionProjection.outputs()});
        operations.copy(imageTokens->matrix().middleRows(0, 1), image.matrix());
        const TensorPointer texts = textEmbeddings(pass, text);
        Tensor logits = operations.tensor({texts->shape().front()});
        operations.scaledProducts(texts->matrix(), image.matrix(), m_logScale, logits.matrix());
        pass.output("logits_per_image", std::move(logits));
        if (operations.tape() != nullptr) {
            Tensor scale = operations.tensor({1, 1});
            constexpr std::int32_t kOnly = 0;
            operations.lookUp(m_logScale, {&kOnly, 1}, scale.matrix());
            pass.output("log_scale", std::move(scale));
        }
        pass.output("image_embeds", std::move(image));
        pass.output("text_embeds", texts);
        const TensorPointer same = pass.reusable("text_token_embeds", {kText});
        pass.output("text_token_embeds",
                    same ? same : tokenEmbeddings(operations, m_textNorm, m_textProjection, text.lastHidden()));
        pass.output("image_token_embeds", imageTokens);
        return pass.finish();
    }

private:
    void run(StackPass& text, const TextInput& input) const
    {
        text.embeddings([&](MutableMatrixView out) {
            text.operations().lookUp(m_words, input.tokenIds, out);
            text.operations().addPositions(m_positions, out);
        });
        m_textEncoder.run(text);
    }

    // Every token's last state as the model makes an embedding of one: (N, E), of length 1.
    static TensorPointer tokenEmbeddings(const Operations& operations, const LayerNorm& norm, const Linear& projection,
                                         MatrixView last)
    {
        Tensor normed = operations.tensor({last.rows, last.columns});
        operations.apply(norm, last, normed.matrix());
        Tensor embeddings = operations.tensor({last.rows, projection.outputs()});
        operations.apply(projection, normed.matrix(), embeddings.matrix());
        operations.makeUnit(embeddings.matrix());
        return std::make_shared<const Tensor>(std::move(embeddings));
    }

    // One row a text, the first one's from its pass `text`.
    TensorPointer textEmbeddings(ForwardPass& pass, const StackPass& text) const
    {
        if (TensorPointer same = pass.reusable("text_embeds", {kText}))
            return same;
        const std::vector<TextInput>& others = pass.input().furtherTexts;
        Tensor all = pass.operations().tensor({1 + others.size(), m_textProjection.outputs()});
        embedText(pass.operations(), text.lastHidden(), pass.input(), all.matrix().middleRows(0, 1));
        for (std::size_t i = 0; i < others.size(); ++i) {
            StackPass other = pass.aside(kText, others[i]);
            run(other, others[i]);
            embedText(pass.operations(), other.lastHidden(), others[i], all.matrix().middleRows(i + 1, 1));
        }
        return std::make_shared<const Tensor>(std::move(all));
    }

    void embedText(const Operations& operations, MatrixView last, const TextInput& text, MutableMatrixView out) const
    {
        Tensor pooled = operations.tensor({last.columns});
        operations.apply(m_textNorm, last.middleRows(endOf(text), 1), pooled.matrix());
        operations.apply(m_textProjection, pooled.matrix(), out);
        operations.makeUnit(out);
    }

    // Where the text ends: the first end-of-text token or, in files that follow the first release, the largest id.
    std::size_t endOf(const TextInput& text) const
    {
        const auto& ids = text.tokenIds;
        const auto found = m_endOfText ? std::ranges::find(ids, *m_endOfText) : std::ranges::max_element(ids);
        return found == ids.end() ? 0 : static_cast<std::size_t>(found - ids.begin());
    }

    std::string m_textTensors;
    std::string m_visionTensors;
    std::optional<std::int32_t> m_endOfText;
    WeightTable m_words;
    WeightTable m_positions;
    PreNormEncoder m_textEncoder;
    LayerNorm m_textNorm;
    Linear m_textProjection;
    ImageEmbedding m_image;
    LayerNorm m_imageNorm;
    PreNormEncoder m_visionEncoder;
    LayerNorm m_visionNorm;
    Linear m_visionProjection;
    WeightTable m_logScale;
};

bool matches(const Json& config)
{
    return modelTypeOf(config) == "clip"
           || (config.is_object() && config.contains("model_cfg") && config.at("model_cfg").is_object()
               && config.at("model_cfg").contains("vision_cfg"));
}

}  // namespace

const Architecture& clipArchitecture()
{
    static const Architecture s_architecture = architectureFor<Clip, describeClip>("clip", "CLIP", matches);
    return s_architecture;
}

}  // namespace ketscope
