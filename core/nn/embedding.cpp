// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/embedding.h"

#include <algorithm>

namespace ketscope {

namespace {

void addRow(std::span<const float> from, std::span<float> to)
{
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i] += from[i];
}

}  // namespace

void lookUp(const Tensor& table, std::span<const std::int32_t> ids, MutableMatrixView out)
{
    for (std::size_t i = 0; i < ids.size(); ++i)
        std::ranges::copy(table.matrix().row(static_cast<std::size_t>(ids[i])), out.row(i).begin());
}

void addLookUp(const Tensor& table, std::span<const std::int32_t> ids, MutableMatrixView out)
{
    for (std::size_t i = 0; i < ids.size(); ++i)
        addRow(table.matrix().row(static_cast<std::size_t>(ids[i])), out.row(i));
}

void addPositions(const Tensor& table, MutableMatrixView out)
{
    for (std::size_t i = 0; i < out.rows; ++i)
        addRow(table.matrix().row(i), out.row(i));
}

void addToRows(MatrixView gradients, std::span<const std::int32_t> ids, MutableMatrixView table)
{
    for (std::size_t i = 0; i < ids.size(); ++i)
        addRow(gradients.row(i), table.row(static_cast<std::size_t>(ids[i])));
}

}  // namespace ketscope
