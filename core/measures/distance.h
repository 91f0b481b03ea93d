// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mask.h"
#include "core/base/view.h"

#include <span>
#include <vector>

namespace ketscope {

// How much of a head's attention goes how far. Definitions: methods.md §24. `rows` marks the queries that count (0 =
// padding); empty = all.

// D(δ) = mean over queries i of Σ_{|i−j|=δ} a_ij, for δ = 0 … max(n, m) − 1. Sums to 1 for rows that do; Σ δ D(δ) is the
// mean distance. All zero when no query counts.
std::vector<double> distanceProfile(MatrixView map, std::span<const std::uint8_t> rows = {});

// The profile of rows that are uniform over the keys that `mask` allows.
std::vector<double> uniformDistanceProfile(const AttentionMask& mask, std::size_t queries, std::size_t keys,
                                           std::span<const std::uint8_t> rows = {});

// Σ_{δ' ≤ δ} D(δ').
std::vector<double> cumulative(std::span<const double> profile);

// Σ δ D(δ), in tokens.
double meanOfProfile(std::span<const double> profile);

}  // namespace ketscope
