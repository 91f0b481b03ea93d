// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/model.h"
#include "core/nn/operations.h"

#include <chrono>
#include <functional>

namespace ketscope {

class ForwardPass;

// Operands of one layer's attention: queries (n, H·d), keys and values (m, G·d) for G key–value heads, what the queries
// were projected from (n, D), and what keys and values were (m, D') where that is something else.
struct AttentionOperands {
    MatrixView queries;
    MatrixView keys;
    MatrixView values;
    MatrixView input;
    MatrixView keyInput = {};
    std::span<const NamedTensors> trained = {};  // of each head, for the mechanism that the stack's heads run unpatched
    const Operations::TrainedPlaces* trainedPlaces = nullptr;  // where those are in the file
};

// One stack's part of a forward pass: its masks, progress, and its trace, including what is shared with the trace that is
// resumed from. The layers of a model are written against it, with its operations().
class StackPass {
public:
    const StackInfo& info() const { return m_info; }
    const Operations& operations() const { return *m_operations; }
    std::size_t layers() const { return m_info.layers; }
    std::size_t queries() const { return m_queries; }  // tokens, rows of the hidden states
    std::size_t keys() const { return m_keys; }
    // The first layer to compute; layers() when none is.
    std::size_t firstLayer() const { return m_trace->firstComputedLayer; }

    // Sets hidden state 0 from embed(out (N, D)) unless it comes from the trace that is resumed from.
    void embeddings(const std::function<void(MutableMatrixView)>& embed);
    // Polls the monitor and tells it which layer is next.
    void beginLayer(std::size_t layer) const;
    // Hidden state `index` (N, D): the input of layer `index`.
    MatrixView hidden(std::size_t index) const;
    MatrixView lastHidden() const { return hidden(layers()); }
    // Attention of one layer. `projected` (N, (H + 2G)·d) holds queries, keys and values side by side; `input` is what
    // they were projected from. Fills `context` (n, H·d).
    void attend(std::size_t layer, const Tensor& projected, MatrixView input, float scale, Tensor& context);
    void attend(std::size_t layer, const AttentionOperands& operands, float scale, Tensor& context);
    // Adds the feed-forward part of one layer to `sum` (N, D): for tokens `in` (N, D) that of the first head whose mechanism
    // gives one, noted in that head's diagnostics, or else what `own` adds. After the layer's attention.
    void feedForward(std::size_t layer, MatrixView in, MutableMatrixView sum, const std::function<void()>& own);
    // Sets hidden state layer + 1.
    void endLayer(Tensor output);

private:
    friend class ForwardPass;
    StackPass(ForwardPass& pass, std::size_t index, std::size_t firstLayer);
    StackPass(ForwardPass& pass, std::size_t index, const TextInput& text);

    void share(const StackTrace& before, std::size_t firstLayer);
    bool keepsMaps(std::size_t layer) const;
    std::optional<std::size_t> feedForwardHead(std::size_t layer) const;

    ForwardPass& m_pass;
    const StackInfo& m_info;
    std::size_t m_index;
    std::size_t m_queries;
    std::size_t m_keys;
    std::vector<std::uint8_t> m_keyMask;     // empty when every key is real
    std::shared_ptr<StackTrace> m_untraced;  // in place of the trace's own when nothing is kept
    StackTrace* m_trace;
    const Operations* m_operations;
};

// The bookkeeping of one forward pass: input checks, the trace and what every stack shares.
class ForwardPass {
public:
    // Throws Error (Input) for an input that the model cannot take: no tokens, too many, ids outside the vocabulary,
    // masks or token types of another length, no image or one of a size that does not fit.
    ForwardPass(const ModelInfo& info, const ForwardRequest& request, Monitor& monitor);

    const ModelInfo& info() const { return m_info; }
    const ModelInput& input() const { return m_input; }
    const Operations& operations() const { return m_operations; }

    // The pass through one stack, from `firstLayer` on or, without it, from where the request says.
    StackPass stack(std::size_t index);
    StackPass stack(std::size_t index, std::size_t firstLayer);
    // The same of a stack whose tensors' names all begin so; where these are constants nothing of it is written down.
    StackPass stack(std::size_t index, std::string_view tensors);
    // The same heads on another text, from the embeddings; nothing of it goes into the trace.
    StackPass aside(std::size_t index, const TextInput& text);
    // The first layer of a stack that its own plan changes; 0 when nothing is resumed.
    std::size_t firstLayer(std::size_t index) const;
    // Whether the plan changes no layer of a stack, nor did the one of the trace that is resumed from.
    bool unchanged(std::size_t index) const { return firstLayer(index) == m_info.stacks.at(index).layers; }
    // Whether the request names an output, or names none.
    bool wants(const std::string& output) const { return m_request.outputs.empty() || names(output); }
    bool names(const std::string& output) const;
    // An output that only these stacks make, from the trace that is resumed from; null when it has to be made again.
    TensorPointer reusable(const std::string& name, std::initializer_list<std::size_t> stacks) const;

    void output(const std::string& name, Tensor values);
    void output(const std::string& name, TensorPointer values) { m_trace.outputs[name] = std::move(values); }
    Trace finish();

private:
    friend class StackPass;
    bool isConstant(std::size_t index, std::string_view tensors) const;
    void checkText(const TextInput& text) const;
    void checkImage() const;

    const ModelInfo& m_info;
    const ForwardRequest& m_request;
    const ModelInput& m_input;
    Monitor& m_monitor;
    Operations m_operations;
    Operations m_unwritten{nullptr};
    mutable std::size_t m_begunLayers = 0;
    std::size_t m_allLayers = 0;
    Trace m_trace;
    std::chrono::steady_clock::time_point m_start;
};

// Token types of a text: 0 for every token when it has none. Throws Error (Input) for a type not below `limit`.
std::vector<std::int32_t> tokenTypesOf(const TextInput& text, std::size_t limit);

// 1/√d: what the logits of every head are scaled with unless a model says otherwise.
float headScale(const StackInfo& stack);

}  // namespace ketscope
