// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

namespace ketscope {

// Two words in a patched head whose weight differs most from B's and from what other queries
// give the same key, so that heads which only look at one key for every query come last.
Selection strikingSelection(const Comparison& comparison);

}  // namespace ketscope
