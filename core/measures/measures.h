// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mask.h"
#include "core/base/view.h"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace ketscope {

// Measures of attention rows, in double precision; nats; definitions in methods.md §24. A "row" is one query's weights
// over the keys. Weights may be slightly off one in sum; they are used as they are unless stated.

// −Σ a ln a, 0 ln 0 = 0. Nats. Undefined (NaN) for a row with a negative or non-finite weight.
double entropy(std::span<const float> row);

// entropy / ln n with n = number of allowed keys; 0 when n ≤ 1.
double normalizedEntropy(std::span<const float> row, std::size_t allowedKeys);

// Σ a |i − j| in tokens, query i = `query`.
double meanDistance(std::span<const float> row, std::size_t query);
// Σ a (j − i): above 0 where later keys have more.
double meanOffset(std::span<const float> row, std::size_t query);

// KL(a‖b) = Σ a ln(a / b), both floored at 1e-6 and renormalised. Nats; NaN where either is no distribution.
double klDivergence(std::span<const float> a, std::span<const float> b);

// Jensen–Shannon divergence with natural logarithm, in [0, ln 2]. Rows are renormalised; an empty row gives NaN.
double jensenShannon(std::span<const float> a, std::span<const float> b);

double maximumDifference(std::span<const float> a, std::span<const float> b);

// Whether the largest weight of both rows is on the same key.
bool sameTopKey(std::span<const float> a, std::span<const float> b);

// Keys that `mask` allows query `row` of an (n, m) map.
std::size_t allowedKeys(const AttentionMask& mask, std::size_t row, std::size_t queries, std::size_t keys);

// Means over the query rows marked in `rows` (empty = all) of one head's two maps; max |Δ| is a maximum. Every measure
// is over the rows that it is defined for: divergences over those that are distributions in both maps (no empty row, no
// negative or non-finite weight), each entropy over those of its own map, differences over all that are finite. NaN
// where there is no such row; with no row at all everything is 0.
struct MapComparison {
    double kl = 0.0;
    double jensenShannon = 0.0;
    double maximumDifference = 0.0;
    double meanDifference = 0.0;  // mean |Δ| over the rows' cells
    double entropyA = 0.0;
    double entropyB = 0.0;
    double topKeyAgreement = 0.0;
    std::size_t rows = 0;  // of the divergences
    std::size_t rowsA = 0;
    std::size_t rowsB = 0;
    std::size_t compared = 0;  // of the differences and the top key
};
MapComparison compareMaps(MatrixView a, MatrixView b, std::span<const std::uint8_t> rows = {});

// The same of one key's columns, each divided by its sum so that it is a distribution over the queries; the differences
// are those of the weights themselves. No rows where a column is no distribution.
MapComparison compareColumns(MatrixView a, MatrixView b, std::size_t key);

// The mean of the values whose row is marked (empty = all); NaN of none.
double meanOf(std::span<const float> values, std::span<const std::uint8_t> rows = {});

// The mean of several MapComparisons (the maximum for max |Δ|), each weighted by its rows.
MapComparison combine(std::span<const MapComparison> parts);

// KL (a‖b) and JS of the two-outcome distributions {this key, the rest}, and b − a. KL and JS are NaN outside [0, 1].
struct CellComparison {
    double kl = 0.0;
    double jensenShannon = 0.0;
    double difference = 0.0;
};
CellComparison compareCells(double a, double b);

}  // namespace ketscope
