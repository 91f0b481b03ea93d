// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/pair_reading.h"

namespace ketscope {

// Adds the state Σ √p |j⟩ of a query's exact weights, from the logits in reading.scores, and what the mechanism's
// diagnostics say of the chain it is stored as: of that query's own, or of the whole head's.
void addChain(PairReading& reading, const HeadInput& input, const HeadRow& row, std::size_t query, bool wholeHead);

}  // namespace ketscope
