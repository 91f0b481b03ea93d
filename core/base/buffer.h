// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>

namespace ketscope {

// `count` floats, 64-byte aligned and uninitialised. Blocks of 2 MiB or more are aligned to huge pages, and a freed one
// waits (at most kRecycledBytes) for the next request of its size: touching fresh pages is four times slower than writing
// warm ones. Smaller ones wait in their thread, at most 32 MiB. Throws Error (Failure) without memory. Safe in any thread.
std::shared_ptr<float> allocateFloats(std::size_t count);

inline constexpr std::size_t kRecycledBytes = std::size_t{512} << 20;

// Bytes now held by live blocks, without the recycled ones. For the memory line of the status bar and for tests.
std::size_t liveBytes();
// Bytes of freed blocks that wait for the next request. For what the process has from the system and does not use.
std::size_t waitingBytes();

}  // namespace ketscope
