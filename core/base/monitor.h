// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <string_view>

namespace ketscope {

// The one way work is cancelled and says how far it is. cancelled() may be called from any thread; progress() only from
// the thread that started the work.
class Monitor {
public:
    virtual ~Monitor() = default;

    virtual bool cancelled() const noexcept { return false; }

    // `fraction` in [0, 1]; `what` names the step, for example "Layer 3 of 12".
    virtual void progress(double fraction, std::string_view what)
    {
        static_cast<void>(fraction);
        static_cast<void>(what);
    }

    // Throws Error of kind Cancelled when the work has been cancelled.
    void check() const
    {
        if (cancelled())
            throw Error::cancelled();
    }
};

// For a part of some work: is cancelled with the whole, and says nothing of its own.
class QuietMonitor final : public Monitor {
public:
    explicit QuietMonitor(const Monitor& whole) : m_whole(whole) {}
    bool cancelled() const noexcept override { return m_whole.cancelled(); }

private:
    const Monitor& m_whole;
};

}  // namespace ketscope
