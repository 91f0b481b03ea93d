// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/layer_input.h"

#include <algorithm>

namespace ketscope {

LayerInput::LayerInput(const LayerAttention& given)
    : m_attention(given), m_trained(given.trained.begin(), given.trained.end())
{
    for (MatrixView* each :
         {&m_attention.queries, &m_attention.keys, &m_attention.values, &m_attention.input, &m_attention.keyInput})
        *each = copy(*each);
    m_attention.mask = copy(given.mask);
    for (const AttentionMask& mask : given.headMasks)
        m_headMasks.push_back(copy(mask));
    m_attention.headMasks = m_headMasks;
    m_attention.trained = m_trained;
}

MatrixView LayerInput::copy(MatrixView matrix)
{
    if (matrix.empty())
        return {};
    Tensor& kept = m_tensors.emplace_back(Tensor({matrix.rows, matrix.columns}));
    for (std::size_t row = 0; row < matrix.rows; ++row)
        std::ranges::copy(matrix.row(row), kept.matrix().row(row).begin());
    return std::as_const(kept).matrix();
}

AttentionMask LayerInput::copy(const AttentionMask& mask)
{
    AttentionMask kept = mask;
    kept.additive = copy(mask.additive);
    if (!mask.keyAllowed.empty())
        kept.keyAllowed = m_allowed.emplace_back(mask.keyAllowed.begin(), mask.keyAllowed.end());
    return kept;
}

}  // namespace ketscope
