// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/view.h"

#include <cstdint>
#include <span>
#include <vector>

namespace ketscope {

// ⟨x − mean, u⟩ for every row x of `points` (n, d), with u the first principal component of the rows marked in `used` (n),
// found by power iteration (its sign is that of its largest component). Rows that are not used have no say in u or the
// mean; all 0 when the used rows do not differ.
std::vector<float> principalProjections(MatrixView points, std::span<const std::uint8_t> used);

}  // namespace ketscope
