// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace ketscope {

// Bytes that this process may still take: what the system has free or can free at once, less when its control group
// allows less, and less when the environment variable KETSCOPE_MEMORY (bytes) says so.
std::uint64_t availableMemory();

// "14.2 GB"; powers of 1000, as system monitors show them.
std::string bytesText(std::uint64_t bytes);

}  // namespace ketscope
