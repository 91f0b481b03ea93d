// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"
#include "core/base/parallel.h"
#include "core/measures/interval.h"

#include <functional>
#include <string>
#include <vector>

namespace ketscope {

// Processor time, which other programs on the machine change less than the clock on the wall.

// All work on the calling thread, as long as there is one of these; then on as many as before.
class OneThread {
public:
    OneThread() : m_before(threads()) { setThreads(1); }
    ~OneThread() { setThreads(m_before); }
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;

private:
    int m_before;
};

// Seconds that the calling thread has worked so far.
double threadSeconds();

// Seconds that `work` takes on this thread alone, one value for each of `repeats` runs after a first one that does not count.
std::vector<double> secondsOf(const std::function<void()>& work, std::size_t repeats, const Monitor& monitor);
// The same of one whole head, serially; without `weights` the output alone is asked for.
std::vector<double> secondsOf(const HeadInput& input, const std::string& spec, std::size_t repeats, bool weights,
                              const Monitor& monitor);

// first[i]/second[i].
std::vector<double> ratios(const std::vector<double>& first, const std::vector<double>& second);

// The median and its interval of at least 95 % from order statistics, whatever the distribution; of fewer than six values all
// of their range, which covers less. NaN of none.
Interval medianInterval(std::vector<double> values);

Interval scaled(const Interval& interval, double factor);

}  // namespace ketscope
