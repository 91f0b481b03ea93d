// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/config.h"
#include "core/models/forward_pass.h"
#include "core/models/weights.h"

#include <mutex>

namespace ketscope {

// What the head of a BERT-like model does, from the class that wrote the file; without one, from the tensors that are
// there: `predictions` is one of the masked language model's. A class with another head leaves the model bare, with a
// warning.
Task encoderTask(const Config& config, const Weights& weights, std::string_view predictions, ModelInfo& info);

// Fills info.labels from id2label, or counts them in the classifier's weight, and sets the size of Axis::Labels.
void readLabels(const Config& config, std::string_view classifierWeight, Weights& weights, ModelInfo& info);

// Requires the output layer of question answering where that is the task.
void requireSpans(Weights& weights, const ModelInfo& info);

// Where an answer starts and ends: "qa_outputs", read at every token. Leaves "start_logits" (N) and "end_logits" (N). Does
// nothing for another task.
class SpanHead {
public:
    SpanHead(const Weights& weights, Task task);
    void run(ForwardPass& pass, MatrixView lastHidden) const;

private:
    std::optional<Linear> m_spans;
};

// Whether the output layer of a language model is its word embedding.
bool tiesEmbeddings(const Config& config);

// What the head of a decoder does, from the class that wrote the file: language modelling when nothing is said, because
// the head may be the embedding itself; another class than `bare` leaves the model bare, with a warning.
Task decoderTask(const Config& config, std::string_view bare, ModelInfo& info);

// Requires the output layer of a causal language model, unless it is `tied` to the word embedding.
void requireDecoder(Weights& weights, const ModelInfo& info, bool tied);

// The output layer of a causal language model: "lm_head.weight" where it was required, else the word embedding, which
// the architecture's table calls "words". Leaves
// "logits" (N, V). Does nothing for another task.
class LanguageHead {
public:
    LanguageHead(const Weights& weights, Task task);
    void run(ForwardPass& pass, MatrixView lastHidden) const;

private:
    std::optional<Linear> m_decoder;
};

// The layer's outputs (outputs) for one row of inputs.
Tensor applied(const Operations& operations, const Linear& layer, const Tensor& row);

// The word embedding as an output layer with a bias of its own (1, V).
Linear tiedDecoder(const WeightTable& words, const WeightTable& bias);

// Guesses the words of tokens that were hidden from the pass, when training asks for it, with the word embedding as the
// output layer. Leaves "word_logits" (hidden tokens, V).
class WordGuesses {
public:
    void run(ForwardPass& pass, const WeightTable& words, MatrixView lastHidden) const;

private:
    mutable std::once_flag m_once;
    mutable std::optional<Linear> m_decoder;  // packed when somebody asks
};

// A monitor for part `index` of `count` equal parts of the work that `whole` watches.
std::unique_ptr<Monitor> partOf(Monitor& whole, std::size_t index, std::size_t count);

// Monitor calls while weights are read: polled and told before each layer.
void beginReading(Monitor& monitor, std::size_t layer, std::size_t layers);

}  // namespace ketscope
