// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"
#include "core/nn/parameter_place.h"

#include <cstdint>

namespace ketscope {

// A learned matrix whose rows are looked up: embeddings of words, positions, a class token.
struct WeightTable {
    Tensor values = {};  // (count, width)
    ParameterPlace place = {};

    MatrixView matrix() const { return values.matrix(); }
};

// out[i] = table[ids[i]] for a (count, width) table. Ids are inside the table.
void lookUp(const Tensor& table, std::span<const std::int32_t> ids, MutableMatrixView out);

// out[i] += table[ids[i]].
void addLookUp(const Tensor& table, std::span<const std::int32_t> ids, MutableMatrixView out);

// out[i] += table[i]: learned absolute positions.
void addPositions(const Tensor& table, MutableMatrixView out);

// table[ids[i]] += gradients[i]: what the gradients of looked-up rows are for the table.
void addToRows(MatrixView gradients, std::span<const std::int32_t> ids, MutableMatrixView table);

}  // namespace ketscope
