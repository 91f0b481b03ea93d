// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nn/kernels.h"

namespace ketscope {

// In place: softmax of one row of logits. −∞ entries (forbidden keys) become exactly 0; a row with nothing else becomes
// all zero.
inline void softmaxRow(float* row, std::size_t count) { kernels().softmax(row, count); }

// In place: eˣ, at most 2 units in the last place off; 0 below −87.3365, +∞ from 88.7229 on.
inline void exponentials(float* values, std::size_t count) { kernels().exponentials(values, count); }

}  // namespace ketscope
