// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"

#include <span>

namespace ketscope {

struct TransportOptions {
    double regularisation = 0.02;  // ε, as a share of the scores' range
    std::size_t mostIterations = 2000;
    double tolerance = 1e-6;  // of the marginal error
};

// How a mass on the rows is brought to the columns.
struct TransportPlan {
    Tensor plan;  // (n, m), sums to 1
    std::size_t iterations = 0;
    double marginalError = 0.0;  // Σ |row sum − wanted|; columns hold exactly
    bool converged = false;
};

// Entropic optimal transport (Cuturi, "Sinkhorn Distances", NeurIPS 2013): the plan that maximises ⟨plan, scores⟩ + ε ·
// entropy with equal masses on the `rows` marked (0 = left out, its plan is 0; empty = all) and equal masses on all
// columns, by Sinkhorn iterations on logarithms in double precision. Stops when the marginal error is below the
// tolerance. `scores` (n, m) must be finite. Throws Error (Input) when they are not, or no row is marked.
TransportPlan entropicTransport(MatrixView scores, std::span<const std::uint8_t> rows = {},
                                const TransportOptions& options = {});

}  // namespace ketscope
