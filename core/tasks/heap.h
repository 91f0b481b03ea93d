// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"

#include <cstdint>
#include <string>

namespace ketscope {

// Bytes that the allocator of this process has given out and not taken back, without those that wait for reuse.
std::uint64_t heapBytes();
// Bytes of this process that lie in memory, as the system counts them; 0 when it does not say.
std::uint64_t residentBytes();

// The most heap that computing one head has in use, weights and output included, beyond what was in use before: looked at
// whenever the work asks whether it is cancelled, which is in every block of rows. Serial.
std::uint64_t heapPeakOf(const HeadInput& input, const std::string& spec, const Monitor& monitor);

}  // namespace ketscope
