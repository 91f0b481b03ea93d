// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

namespace ketscope {

// The mechanism by which a trace's heads see later tokens in a causal stack, whatever its mask says
// (MechanismProperties::causalSafe); null when there is none, or the plan is not known.
const Mechanism* lookingAhead(const Comparison& comparison, std::size_t trace, std::size_t stack);

// A line for each such trace and stack: "trace B: Matrix product state looks ahead in the text stack: …".
std::vector<std::string> lookAheadNotices(const Comparison& comparison);

}  // namespace ketscope
