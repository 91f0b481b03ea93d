// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"

#include <cstdint>
#include <span>
#include <vector>

namespace ketscope {

// Counts of `shots` draws from the distribution proportional to `probabilities` (≥ 0, some > 0). O(n) whatever the shots.
// Where quantiles are drawn, outcomes lie along the cumulative distribution in `order` (a permutation; empty = as they
// stand).

// Independent draws (multinomial): E‖counts/S − p‖² = (1 − ‖p‖²)/S.
std::vector<std::uint64_t> independentCounts(std::span<const double> probabilities, std::uint64_t shots,
                                             RandomStream& stream);

// One draw in each of the quantile ranges [s/S, (s + 1)/S): |counts/S − p| < 2/S.
std::vector<std::uint64_t> stratifiedCounts(std::span<const double> probabilities, std::uint64_t shots,
                                            RandomStream& stream, std::span<const std::uint32_t> order = {});

// Draws at the quantiles (s + offset)/S, s = 0 … S − 1, offset in [0, 1): every count is ⌊Sp⌋ or ⌈Sp⌉.
std::vector<std::uint64_t> systematicCounts(std::span<const double> probabilities, std::uint64_t shots, double offset,
                                            std::span<const std::uint32_t> order = {});

// Exact variances of counts/S of stratified and of systematic draws (offset uniform in [0, 1)). With a = S·F before and
// b = S·F after an outcome, g = b − a: g(1 − g)/S² when no whole number lies between a and b; otherwise
// [f₁(1 − f₁) + f₂(1 − f₂)]/S², f₁ = ⌈a⌉ − a, f₂ = b − ⌊b⌋. Systematic: f(1 − f)/S², f = Sp − ⌊Sp⌋.
std::vector<double> stratifiedVariances(std::span<const double> probabilities, std::uint64_t shots,
                                        std::span<const std::uint32_t> order = {});
std::vector<double> systematicVariances(std::span<const double> probabilities, std::uint64_t shots);

}  // namespace ketscope
