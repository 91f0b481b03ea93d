// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/model.h"

#include <chrono>
#include <functional>

namespace ketscope {

// The bookkeeping of one forward pass through a model with a single stack: input checks, masks, progress, and the trace,
// including what is shared with the trace that is resumed from.
class ForwardPass {
public:
    // Throws Error (Input) for an input that the model cannot take: no tokens, too many, ids outside the vocabulary,
    // masks or token types of another length.
    ForwardPass(const ModelInfo& info, const ForwardRequest& request, Monitor& monitor);

    std::size_t tokens() const { return m_input.tokenIds.size(); }
    const ModelInput& input() const { return m_input; }
    // 0 for every token when the input has none.
    const std::vector<std::int32_t>& tokenTypes() const { return m_tokenTypes; }
    std::size_t layers() const { return m_info.stacks.front().layers; }
    // Throws Error (Input) for a token type that the model has no embedding for.
    void requireTokenTypesBelow(std::size_t limit) const;
    // The first layer to compute; layers() when only the outputs are.
    std::size_t firstLayer() const { return m_trace.firstComputedLayer; }

    // Sets hidden state 0 from embed(out (N, D)) unless it comes from the trace that is resumed from.
    void embeddings(const std::function<void(MutableMatrixView)>& embed);

    // Polls the monitor and tells it which layer is next.
    void beginLayer(std::size_t layer) const;
    // Hidden state `index` (N, D): the input of layer `index`.
    MatrixView hidden(std::size_t index) const;
    // Attention of one layer over all tokens: queries, keys and values side by side in `projected` (N, 3D); `input` is
    // what they were projected from. Fills `context` (N, D).
    void attend(std::size_t layer, const Tensor& projected, MatrixView input, float scale, Tensor& context);
    // Sets hidden state layer + 1.
    void endLayer(Tensor output);

    void output(const std::string& name, Tensor values);
    Trace finish();

private:
    void checkInput() const;
    void share(const Trace& before, std::size_t firstLayer);

    const ModelInfo& m_info;
    const ForwardRequest& m_request;
    const ModelInput& m_input;
    Monitor& m_monitor;
    std::vector<std::int32_t> m_tokenTypes;
    bool m_padded = false;
    Trace m_trace;
    std::chrono::steady_clock::time_point m_start;
};

// 1/√d of the first stack: what the logits of every head are scaled with unless a model says otherwise.
float headScale(const ModelInfo& info);

// A copy of a matrix, dense.
Tensor copyOf(MatrixView values);

}  // namespace ketscope
