// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/feed_forward_part.h"
#include "core/attention/head_circuits.h"

namespace ketscope {

// A feed-forward part made of a circuit, y = tanh(R⟨Z⟩), see core/quantum/pqc_feed_forward.h. Its tensors, for width D, n
// qubits and L layers: "feed_forward_angles" (2nL) and "feed_forward_readout" (D, n).
NamedTensors initialFeedForward(const HeadInput& input, std::size_t layers);

// Throws Error (Input) when trained tensors have other sizes. `bits` rounds the angles; 0 = as they are.
std::unique_ptr<FeedForwardPart> circuitFeedForward(const HeadInput& input, std::size_t layers, int bits);

}  // namespace ketscope
