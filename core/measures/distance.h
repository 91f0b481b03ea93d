// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mask.h"
#include "core/base/view.h"

#include <span>
#include <vector>

namespace ketscope {

// How much of a head's attention goes how far. Definitions: methods.md §24. `rows` marks the queries that count (0 =
// padding); empty = all.

// D(δ) = mean over queries i of Σ_{|i−j|=δ} a_ij, for δ = 0 … max(n, m) − 1. Sums to 1 for rows that do; Σ δ D(δ) is
// the mean distance. All zero when no query counts.
std::vector<double> distanceProfile(MatrixView map, std::span<const std::uint8_t> rows = {});

// The profile of rows that are uniform over the keys that `mask` allows.
std::vector<double> uniformDistanceProfile(const AttentionMask& mask, std::size_t queries, std::size_t keys,
                                           std::span<const std::uint8_t> rows = {});

// The same for δ = j − i = −(n − 1) … m − 1, at δ + n − 1.
std::vector<double> signedDistanceProfile(MatrixView map, std::span<const std::uint8_t> rows = {});
std::vector<double> uniformSignedDistanceProfile(const AttentionMask& mask, std::size_t queries, std::size_t keys,
                                                 std::span<const std::uint8_t> rows = {});

// Patches of a picture on their grid, row by row, as queries and keys of a map of which they are only a part.
struct PatchPlaces {
    std::size_t columns = 1;  // of the grid; at least 1
    std::size_t patches = 0;  // whole rows of it
    std::size_t first = 0;    // the first patch's place among the map's queries and keys
};
// How far two patches are apart, in patches: √(Δrow² + Δcolumn²) to the nearest whole one, |Δrow| or |Δcolumn|.
enum class PatchDistance { Euclidean, Rows, Columns };
// Of two patches by their number; `Euclidean` not rounded.
double patchDistance(const PatchPlaces& places, PatchDistance distance, std::size_t a, std::size_t b);

// D(δ) over patches alone: mean over queries that are patches of Σ a_ij / Σ_j a_ij over the keys that are patches δ
// apart, so that what goes to the class token is left out and the sum is 1. Queries that give patches nothing do not
// count. δ = 0 … the largest there is on the grid.
std::vector<double> patchDistanceProfile(MatrixView map, const PatchPlaces& places, PatchDistance distance,
                                         std::span<const std::uint8_t> rows = {});
// The same of rows that are uniform over all patches; without any mask, as image towers have none.
std::vector<double> uniformPatchDistanceProfile(const PatchPlaces& places, PatchDistance distance);
// The mean distance by the same weights, not rounded. NaN when no query counts.
double meanPatchDistance(MatrixView map, const PatchPlaces& places, PatchDistance distance,
                         std::span<const std::uint8_t> rows = {});

// Σ_{δ' ≤ δ} D(δ').
std::vector<double> cumulative(std::span<const double> profile);

// Σ δ D(δ), in tokens.
double meanOfProfile(std::span<const double> profile);

}  // namespace ketscope
