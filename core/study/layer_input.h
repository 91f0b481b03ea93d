// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nn/attention.h"

#include <deque>
#include <vector>

namespace ketscope {

// A copy of what the heads of one layer are given in a forward pass, so that they can run again without it. The model
// must live as long.
class LayerInput {
public:
    explicit LayerInput(const LayerAttention& given);
    LayerInput(const LayerInput&) = delete;
    LayerInput& operator=(const LayerInput&) = delete;

    const LayerAttention& attention() const { return m_attention; }

private:
    MatrixView copy(MatrixView matrix);
    AttentionMask copy(const AttentionMask& mask);

    LayerAttention m_attention;
    std::deque<Tensor> m_tensors;
    std::deque<std::vector<std::uint8_t>> m_allowed;
    std::vector<AttentionMask> m_headMasks;
    std::vector<NamedTensors> m_trained;
};

}  // namespace ketscope
