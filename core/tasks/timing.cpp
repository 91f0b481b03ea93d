// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/timing.h"

#include "core/measures/classification.h"
#include "core/study/plan.h"

#include <algorithm>
#include <ctime>
#include <limits>

namespace ketscope {

double threadSeconds()
{
    timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::vector<double> secondsOf(const std::function<void()>& work, std::size_t repeats, const Monitor& monitor)
{
    const OneThread serial;
    std::vector<double> seconds;
    for (std::size_t i = 0; i < repeats + 1; ++i) {
        monitor.check();
        const double start = threadSeconds();
        work();
        if (i > 0)
            seconds.push_back(threadSeconds() - start);
    }
    return seconds;
}

std::vector<double> secondsOf(const HeadInput& input, const std::string& spec, std::size_t repeats, bool weights,
                              const Monitor& monitor)
{
    const PlanEntry entry = parseSpec(spec);
    Tensor map = weights ? Tensor({input.queries.rows, input.keys.rows}) : Tensor();
    Tensor output({input.queries.rows, input.values.columns});
    const HeadOutput into{weights ? map.matrix() : MutableMatrixView(), output.matrix(), {}, {}};
    return secondsOf([&] { attendHead(*entry.mechanism, input, entry.parameters, into, monitor); }, repeats, monitor);
}

std::vector<double> ratios(const std::vector<double>& first, const std::vector<double>& second)
{
    std::vector<double> result;
    for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i)
        result.push_back(first[i] / second[i]);
    return result;
}

Interval medianInterval(std::vector<double> values)
{
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    if (values.empty())
        return {kNone, kNone, kNone};
    std::ranges::sort(values);
    const std::size_t n = values.size();
    // The k-th smallest exceeds the median with P(Bin(n, ½) < k) = I_½(n − k + 1, k).
    std::size_t k = 1;
    while (2 * (k + 1) <= n && regularizedBeta(0.5, static_cast<double>(n - k), static_cast<double>(k + 1)) <= 0.025)
        ++k;
    return {0.5 * (values[(n - 1) / 2] + values[n / 2]), values[k - 1], values[n - k]};
}

Interval scaled(const Interval& interval, double factor)
{
    const Interval result{interval.mean * factor, interval.low * factor, interval.high * factor};
    return factor < 0.0 ? Interval{result.mean, result.high, result.low} : result;
}

}  // namespace ketscope
