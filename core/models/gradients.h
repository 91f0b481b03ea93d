// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/model.h"
#include "core/nn/tape.h"

namespace ketscope {

// One number that a model gives: an element of one of its outputs, a vector being one row.
struct GradientTarget {
    std::string output;  // "logits", "itm_logits", "logits_per_image", see the models
    std::size_t row = 0;
    std::size_t column = 0;

    bool operator==(const GradientTarget&) const = default;
};

// The gradients of a number with respect to whole outputs of a model, by their names and shaped as they are.
using OutputSlopes = std::map<std::string, Tensor, std::less<>>;

struct PassRequest {
    const ModelInput* input = nullptr;
    const HeadPlan* plan = nullptr;  // outlives the pass, as the model does
    bool weights = false;            // gradients with respect to the model's weights are wanted
    bool maps = true;                // and with respect to the weights of attention
    Dropout dropout = {};
    std::vector<std::size_t> hidden = {};     // Tape::hidden()
    std::vector<std::string> outputs = {};    // ForwardRequest::outputs
    std::vector<std::string> constants = {};  // Tape::setConstants()
};

// A forward pass, written down so that it can be run backwards once from gradients of any of its outputs.
class WrittenPass {
public:
    // Throws Error (Input) where a head's mechanism has no gradient, Error (Cancelled) when the monitor says so.
    WrittenPass(const Model& model, const PassRequest& request, Monitor& monitor);

    const Trace& trace() const { return m_trace; }
    Tape& tape() { return m_tape; }
    // Adds to the tape's gradients. Throws Error (Input) for an output that the model has not.
    void backward(const OutputSlopes& slopes, Monitor& monitor);
    Trace takeTrace() { return std::move(m_trace); }

private:
    std::string m_title;
    Tape m_tape;
    Trace m_trace;
};

struct GradientRequest {
    const ModelInput* input = nullptr;
    const HeadPlan* plan = nullptr;
    // Chooses what is differentiated when the outputs are known.
    std::function<GradientTarget(const Trace&)> target = {};
    bool weights = false;  // also with respect to the model's weights
};

struct ModelGradients {
    Trace trace;  // of the forward pass, with the maps of all layers
    GradientTarget target;
    double value = 0.0;  // of the target
    // d target / d weight used, for every stack and layer (H, Nq, Nk), as if each weight were free; all zero where the
    // target does not depend on the layer.
    std::vector<std::vector<TensorPointer>> attention;
    // d target / d weight by the names of the file, shaped as there; without those that do not matter.
    NamedTensors weights;
};

// A forward pass and then the same backwards. Throws Error (Input) where a head's mechanism has no gradient or the
// target is no output of the model, Error (Cancelled) when the monitor says so.
ModelGradients gradientsOf(const Model& model, const GradientRequest& request, Monitor& monitor);

// What a model answers: its most probable class, the next token that it finds most probable after the last real one,
// the start of its answer, or how well image and first text fit. Throws Error (Input) for a model that answers nothing.
GradientTarget answerOf(const ModelInfo& model, const ModelInput& input, const Trace& trace);

// Why gradients do not come through a model with this plan, with the mechanism's own reason where it gives one; empty =
// they do.
std::string gradientObstacle(const ModelInfo& model, const HeadPlan& plan);

}  // namespace ketscope
