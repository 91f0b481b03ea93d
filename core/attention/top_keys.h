// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ketscope {

// 1 for the `count` largest of `values` (all when there are no more), else 0. Equal values: the first ones win.
std::vector<std::uint8_t> largestOf(std::span<const double> values, std::size_t count);

}  // namespace ketscope
