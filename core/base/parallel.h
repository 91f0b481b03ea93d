// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>

namespace ketscope {

// Threads used by work started from the calling thread; 0 = one per core. Results never depend on it.
void setThreads(int count);
int threads();

// Calls body(0) … body(count − 1), on several threads when count · workPerItem (elements touched) is large enough to pay
// for it. Items are independent. The first exception thrown by a body is rethrown here after all have stopped.
// Never nested: called inside a body it runs serially.
void parallelFor(std::size_t count, std::size_t workPerItem, const std::function<void(std::size_t)>& body);

inline constexpr std::size_t kSerialWork = 16384;

}  // namespace ketscope
