// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/heap.h"

#include "core/base/buffer.h"
#include "core/base/tensor.h"
#include "core/study/plan.h"

#include <algorithm>
#include <fstream>
#include <malloc.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
// Of the sanitizer's own allocator; declared here, because its header comes with another compiler's package.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace ketscope {

namespace {

// Sees how much memory is in use whenever the work looks at it.
class PeakMonitor final : public Monitor {
public:
    explicit PeakMonitor(const Monitor& whole) : m_whole(whole), m_peak(heapBytes()) {}

    bool cancelled() const noexcept override
    {
        m_peak = std::max(m_peak, heapBytes());
        return m_whole.cancelled();
    }
    std::uint64_t peak() const { return m_peak; }

private:
    const Monitor& m_whole;
    mutable std::uint64_t m_peak;
};

}  // namespace

std::uint64_t heapBytes()
{
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();  // with which no buffer waits to be used again
#else
    const auto info = mallinfo2();
    return static_cast<std::uint64_t>(info.uordblks) + info.hblkhd - waitingBytes();
#endif
}

std::uint64_t residentBytes()
{
    std::ifstream file("/proc/self/statm");
    std::uint64_t pages = 0;
    std::uint64_t resident = 0;
    file >> pages >> resident;
    return file ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

std::uint64_t heapPeakOf(const HeadInput& input, const std::string& spec, const Monitor& monitor)
{
    const PlanEntry entry = parseSpec(spec);
    const std::uint64_t before = heapBytes();
    Tensor weights({input.queries.rows, input.keys.rows});
    Tensor output({input.queries.rows, input.values.columns});
    const PeakMonitor peak(monitor);
    const auto prepared = entry.mechanism->prepare(input, entry.parameters, peak);
    constexpr std::size_t kBlock = 16;
    for (std::size_t row = 0; row < input.queries.rows; row += kBlock) {
        prepared->rows(row, std::min(row + kBlock, input.queries.rows), {weights.matrix(), output.matrix(), {}, {}});
        peak.check();
    }
    return peak.peak() - std::min(before, peak.peak());
}

}  // namespace ketscope
