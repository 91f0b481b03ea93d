// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/view.h"
#include "core/measures/measures.h"

#include <span>

namespace ketscope {

// One standard error of the measures of MapComparison, where those of B's weights are known and A is exact; NaN where a
// measure has none. Nats as there.
struct MapErrors {
    double kl = 0.0;
    double jensenShannon = 0.0;
    double maximumDifference = 0.0;  // of the cell where it is reached
    double entropyB = 0.0;
    std::size_t rows = 0;
};

// To first order in B's errors. Only the variance of every weight is known, so a row of B is taken to vary as a
// multinomial sample of the same total variance, N = Σ bⱼ(1 − bⱼ) / Σ SEⱼ²; for a measure with the gradient g,
// Var = Σ bⱼ (gⱼ − ḡ)² / N with ḡ = Σ bⱼ gⱼ (the delta method). Exact for shots on a multinomial. Rows are independent.
// `errors` has B's shape; `rows` as for compareMaps, and the same rows are left out.
MapErrors compareErrors(MatrixView a, MatrixView b, MatrixView errors, std::span<const std::uint8_t> rows = {});

// Of combine(): the parts are independent.
MapErrors combineErrors(std::span<const MapErrors> parts);

}  // namespace ketscope
