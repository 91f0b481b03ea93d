// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/gradients.h"
#include "core/train/training_data.h"

#include <limits>

namespace ketscope {

// How well a model answers a set of examples.
struct Figures {
    std::string set;
    std::size_t examples = 0;
    std::size_t questions = 0;                             // tokens, texts, or pairs
    double loss = 0.0;                                     // mean over questions, nats
    double accuracy = 0.0;                                 // share of questions answered right
    double f1 = std::numeric_limits<double>::quiet_NaN();  // macro, of texts with labels
    std::vector<double> lossAt = {};                       // of language modelling: mean at each position of a block
};

Json toJson(const Figures& figures);
// Throws Error (Input).
Figures figuresFromJson(const Json& json, const std::string& where);

// What an objective asks of one example, apart from contrast, which asks of a batch; of both together the matching.
struct Question {
    const char* output;  // of the model: "logits", "itm_logits"
    bool rows;           // whether each row answers one target
};
Question questionOf(Objective objective);

// What a model answers, and nothing else of the pass. Throws Error as Model::forward().
Trace answer(const Model& model, const HeadPlan& plan, const ModelInput& input, std::vector<std::string> outputs,
             const Monitor& monitor);

// The first `most` examples of a set; those of contrast are taken `batch` at a time. Throws Error (Cancelled).
Figures evaluate(const Model& model, const HeadPlan& plan, Objective objective, const ExampleSet& set, std::size_t most,
                 std::size_t batch, const Monitor& monitor);

// The vectors of texts and images of some passes, one row each.
struct Embeddings {
    Tensor texts;
    Tensor images;
};
Embeddings gather(std::span<const Trace* const> traces);

}  // namespace ketscope
