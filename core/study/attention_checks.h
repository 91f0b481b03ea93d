// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/trace.h"

#include <string>
#include <vector>

namespace ketscope {

// Rows may miss a sum of one by this much: what half-precision attention loses.
inline constexpr double kRowSumTolerance = 5e-3;

// What is doubtful in maps, one line a kind with how many and the worst: weights that are not finite and, where rows have
// to be probabilities, negative weights and rows that do not sum to one. Rows of queries whose `real` is 0 (padding) are
// not looked at; an empty `real` means all are.
std::vector<std::string> attentionDoubts(const StackTrace& stack, const std::vector<std::uint8_t>& real,
                                         bool probabilities);

}  // namespace ketscope
