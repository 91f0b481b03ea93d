// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/heads.h"

namespace ketscope {

namespace {

constexpr TensorRow kDecoder[] = {{"decoder", Part::NoBias, "lm_head", Axis::Vocabulary, Axis::Width}};

}  // namespace

Task encoderTask(const Config& config, bool hasClassifier, bool hasPredictions, ModelInfo& info)
{
    const std::string name = config.className();
    if (name.ends_with("ForSequenceClassification"))
        return Task::SequenceClassification;
    if (name.ends_with("ForMaskedLM") || name.ends_with("ForPreTraining"))
        return Task::MaskedLanguageModelling;
    if (name.empty() && hasPredictions)
        return Task::MaskedLanguageModelling;
    if (name.empty() && hasClassifier)
        return Task::SequenceClassification;
    if (!name.empty() && !name.ends_with("Model"))
        info.warnings.push_back("the head of " + name + " is not run: attention and hidden states only");
    return Task::None;
}

void readLabels(const Config& config, std::string_view classifierWeight, Weights& weights, ModelInfo& info)
{
    info.labels = config.labels();
    const std::size_t rows = weights.rowsOfHead(classifierWeight);
    for (std::size_t label = 0; !config.has("id2label") && label < rows && rows <= kMostWidth; ++label)
        info.labels.push_back("LABEL_" + std::to_string(label));
    weights.setSize(Axis::Labels, info.labels.size());
}

bool tiesEmbeddings(const Config& config) { return config.flag("tie_word_embeddings", true); }

Task decoderTask(const Config& config, std::string_view bare, ModelInfo& info)
{
    const std::string name = config.className();
    if (name.empty() || name.ends_with("LMHeadModel") || name.ends_with("ForCausalLM"))
        return Task::CausalLanguageModelling;
    if (name != bare)
        info.warnings.push_back("the head of " + name + " is not run: attention and hidden states only");
    return Task::None;
}

void requireDecoder(Weights& weights, const ModelInfo& info, bool tied)
{
    if (info.task == Task::CausalLanguageModelling && !tied)
        weights.requireHead(kDecoder);
    weights.ignore("lm_head.");
}

LanguageHead::LanguageHead(const Weights& weights, const Tensor& words, Task task)
{
    if (task != Task::CausalLanguageModelling)
        return;
    if (weights.has("decoder"))
        m_decoder = weights.linear("decoder");
    else
        m_decoder = Linear(words.matrix(), {});
}

void LanguageHead::run(ForwardPass& pass, MatrixView lastHidden) const
{
    if (!m_decoder)
        return;
    Tensor logits({lastHidden.rows, m_decoder->outputs()});
    m_decoder->apply(lastHidden, logits.matrix());
    pass.output("logits", std::move(logits));
}

void beginReading(Monitor& monitor, std::size_t layer, std::size_t layers)
{
    monitor.check();
    monitor.progress(static_cast<double>(layer) / static_cast<double>(layers),
                     "Reading weights " + std::to_string(layer + 1) + " of " + std::to_string(layers));
}

}  // namespace ketscope
