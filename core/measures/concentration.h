// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mask.h"
#include "core/base/view.h"

#include <cstdint>
#include <span>

namespace ketscope {

// Gini coefficient of one row over the `allowedKeys` keys that it may see (methods.md §24): Σ (2k − n − 1) x₍ₖ₎ / n of the
// weights in rising order, scaled to sum 1. 0 for equal weights, (n − 1)/n for one key alone. The keys it may not see have
// weight 0 and are left out. NaN for a row that is no distribution.
double giniCoefficient(std::span<const float> row, std::size_t allowedKeys);

// Of the column of a key, over the queries that may see it.
double columnGini(MatrixView map, std::size_t key, const AttentionMask& mask);

// Its means over the rows of two maps of one head that are marked in `rows` (empty = all), each over those that are
// distributions in its own map; NaN where there is none.
struct GiniMeans {
    double a = 0.0;
    double b = 0.0;
    std::size_t rowsA = 0;
    std::size_t rowsB = 0;

    bool operator==(const GiniMeans&) const = default;
};
GiniMeans meanGini(MatrixView a, MatrixView b, const AttentionMask& mask, std::span<const std::uint8_t> rows = {});
// The means of several, each weighted by its rows; 0 of none.
GiniMeans combine(std::span<const GiniMeans> parts);

}  // namespace ketscope
