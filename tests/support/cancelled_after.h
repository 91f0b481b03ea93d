// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/monitor.h"

#include <atomic>
#include <cstddef>

namespace ketscope::test {

// Says that the work is cancelled from the poll on that comes after `polls` others, and counts them. Safe from any thread.
class CancelledAfter : public Monitor {
public:
    explicit CancelledAfter(std::size_t polls = 0) : m_after(polls) {}
    bool cancelled() const noexcept override { return m_polls++ >= m_after; }
    std::size_t polls() const { return m_polls; }

private:
    std::size_t m_after;
    mutable std::atomic<std::size_t> m_polls = 0;
};

}  // namespace ketscope::test
