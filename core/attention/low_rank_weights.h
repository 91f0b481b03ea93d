// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/gradients.h"
#include "core/attention/rows.h"

namespace ketscope {

// Approximations of low rank that need the exact weights P first: for comparison, not for speed. What is said of a key
// that a query may not see is dropped in all of them.

// P Rᵀ R with R (r, m) of independent N(0, 1/r): unbiased (Johnson and Lindenstrauss).
std::unique_ptr<PreparedHead> prepareRandomProjection(const HeadInput& input, TensorPointer projection);
void backwardRandomProjection(const HeadInput& input, const Tensor& projection, const OutputGradients& gradients,
                              const HeadGradients& into);

// S F of the (n, r) shares S of segments, with the F that makes ‖P − S F‖ least (ridge 1e-6 of the mean square of S). F
// is fitted on all rows: rows know of later ones.
Dense fittedWeights(const HeadInput& input, std::size_t rank);

// A head whose weights are known.
std::unique_ptr<PreparedHead> prepareFixedWeights(const HeadInput& input, const Dense& weights);

}  // namespace ketscope
