// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ketscope {

// Small closed forms in double precision, as definitions state them: for exhibits and their tests.

// exp(s) / Σ exp(s); a score of −∞ gives 0. All 0 where every score is −∞.
std::vector<double> softmaxOf(std::span<const double> scores);
// Eigenvalues, the larger first, of the mixture Σ a |k⟩⟨k| of real unit vectors in the plane at these angles (radians);
// weights sum to 1. Closed form of a 2 × 2 matrix: ½ (1 ± |Σ a e^{2iθ}|).
std::vector<double> mixtureEigenvalues(std::span<const double> weights, std::span<const double> angles);

std::size_t largestPlace(std::span<const double> values);
// A round end for an axis that has all finite |values|: 1, 2 or 5 times a power of ten, at least 1.
double axisFor(std::span<const double> values);
// The values divided by their sum; uniform where that is 0.
std::vector<double> shares(std::span<const double> values);

}  // namespace ketscope
