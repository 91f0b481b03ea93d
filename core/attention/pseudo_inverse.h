// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/gradients.h"
#include "core/base/tensor.h"

namespace ketscope {

// The Moore–Penrose inverse of a (p, q) matrix, (q, p). Singular values at or below `cutoff` times the largest count as 0.
Dense pseudoInverse(const Dense& matrix, double cutoff);

// Z · right, (q, c), for Z near the pseudo-inverse of `matrix` A (p, q): six steps of Z ← ¼ Z(13 I − AZ(15 I − AZ(7 I − AZ)))
// from Z = Aᵀ/(‖A‖₁ ‖A‖∞) (Razavi et al., 2014, as Nyströmformer uses it). A singular value below about a thirtieth of
// √(‖A‖₁ ‖A‖∞) is not inverted any more. `right` is (p, c). In single precision: Z enlarges no rounding error by more than
// about 1200. A zero matrix gives zero.
Tensor iteratedInverseTimes(MatrixView matrix, MatrixView right);

}  // namespace ketscope
