// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/gradients.h"
#include "core/attention/segments.h"

namespace ketscope {

// Attention to the means of at most `most` segments of keys: a key's weight is its segment's share, divided among the
// visible keys of the segment. A segment counts as often as it has visible keys; an additive mask weighs keys inside
// their segment by e^M. Linear in time and memory without weights and additive mask.
std::unique_ptr<PreparedHead> prepareSegmentAttention(const HeadInput& input, std::size_t most);

void backwardSegmentAttention(const HeadInput& input, std::size_t most, const OutputGradients& gradients,
                              const HeadGradients& into);

// The share of every segment for every query, (n, segments), by the definition above.
Dense segmentShares(const HeadInput& input, const KeySegments& segments);

}  // namespace ketscope
