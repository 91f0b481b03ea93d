// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/rows.h"

namespace ketscope {

// softmax(s·Q̃Kᵀ)·V of a few queries Q̃ (r, d) over many keys, (r, dv): query a sees the first ends[a] of `keys`, which are
// rows of input.keys; `ends` does not fall. One chunk of keys after the other with a running maximum, so that no r × m
// matrix is formed. A query that sees no key gives zero.
Tensor landmarkOutput(const HeadInput& input, MatrixView queries, std::span<const std::size_t> keys,
                      std::span<const std::size_t> ends, const Monitor& monitor);

}  // namespace ketscope
