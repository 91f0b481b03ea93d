// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/monitor.h"

#include <string>

namespace ketscope {

// Shows work as a part of more, [begin, end) of its progress.
class PartMonitor : public Monitor {
public:
    // What is said is what the work says after `before`, or `instead` of it.
    PartMonitor(Monitor& whole, double begin, double end, std::string before, std::string instead = {})
        : m_whole(whole), m_begin(begin), m_end(end), m_before(std::move(before)), m_instead(std::move(instead))
    {
    }
    bool cancelled() const noexcept override { return m_whole.cancelled(); }
    void progress(double fraction, std::string_view what) override
    {
        m_whole.progress(m_begin + (m_end - m_begin) * fraction,
                         m_instead.empty() ? m_before + std::string(what) : m_instead);
    }

private:
    Monitor& m_whole;
    double m_begin;
    double m_end;
    std::string m_before;
    std::string m_instead;
};

}  // namespace ketscope
