// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"

#include <cstdint>

namespace ketscope {

// out[i] = table[ids[i]] for a (count, width) table. Ids are inside the table.
void lookUp(const Tensor& table, std::span<const std::int32_t> ids, MutableMatrixView out);

// out[i] += table[ids[i]].
void addLookUp(const Tensor& table, std::span<const std::int32_t> ids, MutableMatrixView out);

// out[i] += table[i]: learned absolute positions.
void addPositions(const Tensor& table, MutableMatrixView out);

}  // namespace ketscope
