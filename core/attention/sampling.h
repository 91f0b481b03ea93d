// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"

#include <cstdint>
#include <span>
#include <vector>

namespace ketscope {

// Counts of `shots` draws from the distribution proportional to `probabilities` (≥ 0, some > 0). O(n) whatever the shots.

// Independent draws (multinomial): E‖counts/S − p‖² = (1 − ‖p‖²)/S.
std::vector<std::uint64_t> independentCounts(std::span<const float> probabilities, std::uint64_t shots,
                                             RandomStream& stream);

// Draws at the quantiles (s + offset)/S, s = 0 … S − 1, offset in [0, 1): every count is ⌊Sp⌋ or ⌈Sp⌉.
std::vector<std::uint64_t> systematicCounts(std::span<const float> probabilities, std::uint64_t shots, double offset);

}  // namespace ketscope
