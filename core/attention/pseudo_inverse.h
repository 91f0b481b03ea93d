// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/gradients.h"

namespace ketscope {

// The Moore–Penrose inverse of a (p, q) matrix, (q, p). Singular values at or below `cutoff` times the largest count as 0.
Dense pseudoInverse(const Dense& matrix, double cutoff);

// The same by six steps of Z ← ¼ Z(13 I − AZ(15 I − AZ(7 I − AZ))) from Z = Aᵀ/(‖A‖₁ ‖A‖∞) (Razavi et al., 2014, as Nyströmformer
// uses it): close to it where the singular values are not far apart. A zero matrix stays zero.
Dense iteratedPseudoInverse(const Dense& matrix);

}  // namespace ketscope
