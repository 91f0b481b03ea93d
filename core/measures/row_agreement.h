// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

namespace ketscope {

// How far two rows of the same length agree.

// Spearman's rank correlation, equal values sharing their mean rank; −1 … 1. NaN where either row is constant or shorter than
// two.
double spearman(std::span<const float> a, std::span<const float> b);

// |A ∩ B| / |A ∪ B| of the k largest of each, of equal ones the first; 0 … 1. All of them when k exceeds the length; NaN of
// nothing.
double topJaccard(std::span<const float> a, std::span<const float> b, std::size_t k);

// a·b/(‖a‖‖b‖); NaN where either is zero.
double cosineOf(std::span<const float> a, std::span<const float> b);

}  // namespace ketscope
