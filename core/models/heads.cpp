// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/heads.h"

namespace ketscope {

namespace {

constexpr TensorRow kSpans[] = {{"spans", Part::Linear, "qa_outputs", Axis::Labels, Axis::Width}};
constexpr TensorRow kDecoder[] = {{"decoder", Part::NoBias, "lm_head", Axis::Vocabulary, Axis::Width}};

}  // namespace

Task encoderTask(const Config& config, const Weights& weights, std::string_view predictions, ModelInfo& info)
{
    const std::string name = config.className();
    if (name.ends_with("ForSequenceClassification"))
        return Task::SequenceClassification;
    if (name.ends_with("ForMaskedLM") || name.ends_with("ForPreTraining"))
        return Task::MaskedLanguageModelling;
    if (name.ends_with("ForQuestionAnswering"))
        return Task::QuestionAnswering;
    if (name.empty() && weights.hasHead(predictions))
        return Task::MaskedLanguageModelling;
    if (name.empty() && weights.hasHead("classifier.weight"))
        return Task::SequenceClassification;
    if (name.empty() && weights.hasHead("qa_outputs.weight"))
        return Task::QuestionAnswering;
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

void requireSpans(Weights& weights, const ModelInfo& info)
{
    if (info.task == Task::QuestionAnswering) {
        weights.setSize(Axis::Labels, 2);
        weights.requireHead(kSpans);
    }
    weights.ignore("qa_outputs.");
}

SpanHead::SpanHead(const Weights& weights, Task task)
{
    if (task == Task::QuestionAnswering)
        m_spans = weights.linear("spans");
}

void SpanHead::run(ForwardPass& pass, MatrixView lastHidden) const
{
    if (!m_spans)
        return;
    const Operations& operations = pass.operations();
    const std::size_t tokens = lastHidden.rows;
    Tensor both = operations.tensor({tokens, 2});
    operations.apply(*m_spans, lastHidden, both.matrix());
    Tensor starts = operations.tensor({tokens});
    Tensor ends = operations.tensor({tokens});
    operations.copy(both.matrix().middleColumns(0, 1), {starts.data(), tokens, 1});
    operations.copy(both.matrix().middleColumns(1, 1), {ends.data(), tokens, 1});
    pass.output("start_logits", std::move(starts));
    pass.output("end_logits", std::move(ends));
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

LanguageHead::LanguageHead(const Weights& weights, Task task)
{
    if (task == Task::CausalLanguageModelling)
        m_decoder = weights.linear(weights.has("decoder") ? "decoder" : "words");
}

void LanguageHead::run(ForwardPass& pass, MatrixView lastHidden) const
{
    if (!m_decoder)
        return;
    Tensor logits = pass.operations().tensor({lastHidden.rows, m_decoder->outputs()});
    pass.operations().apply(*m_decoder, lastHidden, logits.matrix());
    pass.output("logits", std::move(logits));
}

Tensor applied(const Operations& operations, const Linear& layer, const Tensor& row)
{
    Tensor result = operations.tensor({layer.outputs()});
    operations.apply(layer, row.matrix(), result.matrix());
    return result;
}

Linear tiedDecoder(const WeightTable& words, const WeightTable& bias)
{
    Linear decoder(words.matrix(), bias.values.values());
    decoder.setParts({{decoder.outputs(), words.place, bias.place}});
    return decoder;
}

void WordGuesses::run(ForwardPass& pass, const WeightTable& words, MatrixView lastHidden) const
{
    const Operations& operations = pass.operations();
    if (operations.tape() == nullptr || operations.tape()->hidden().empty())
        return;
    const std::vector<std::size_t>& hidden = operations.tape()->hidden();
    std::call_once(m_once, [&] {
        m_decoder.emplace(words.matrix(), std::span<const float>());
        m_decoder->setParts({{m_decoder->outputs(), words.place, {}}});
    });
    Tensor rows = operations.tensor({hidden.size(), lastHidden.columns});
    for (std::size_t i = 0; i < hidden.size(); ++i)
        operations.copy(lastHidden.middleRows(hidden[i], 1), rows.matrix().middleRows(i, 1));
    Tensor logits = operations.tensor({hidden.size(), m_decoder->outputs()});
    operations.apply(*m_decoder, rows.matrix(), logits.matrix());
    pass.output("word_logits", std::move(logits));
}

namespace {

class PartMonitor : public Monitor {
public:
    PartMonitor(Monitor& whole, std::size_t index, std::size_t count)
        : m_whole(whole), m_index(static_cast<double>(index)), m_count(static_cast<double>(count))
    {
    }
    bool cancelled() const noexcept override { return m_whole.cancelled(); }
    void progress(double fraction, std::string_view what) override
    {
        m_whole.progress((m_index + fraction) / m_count, what);
    }

private:
    Monitor& m_whole;
    double m_index;
    double m_count;
};

}  // namespace

std::unique_ptr<Monitor> partOf(Monitor& whole, std::size_t index, std::size_t count)
{
    return std::make_unique<PartMonitor>(whole, index, count);
}

void beginReading(Monitor& monitor, std::size_t layer, std::size_t layers)
{
    monitor.check();
    monitor.progress(static_cast<double>(layer) / static_cast<double>(layers),
                     "Reading weights " + std::to_string(layer + 1) + " of " + std::to_string(layers));
}

}  // namespace ketscope
