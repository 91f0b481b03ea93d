// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/parallel.h"

#include <atomic>
#include <exception>
#include <omp.h>

namespace ketscope {

void setThreads(int count) { omp_set_num_threads(count > 0 ? count : omp_get_num_procs()); }

int threads() { return omp_get_max_threads(); }

void parallelFor(std::size_t count, std::size_t workPerItem, const std::function<void(std::size_t)>& body)
{
    const bool serial =
        count < 2 || omp_in_parallel() != 0 || omp_get_max_threads() == 1 || workPerItem < kSerialWork / count;
    if (serial) {
        for (std::size_t i = 0; i < count; ++i)
            body(i);
        return;
    }
    std::exception_ptr error;
    std::atomic<bool> stopped{false};
#pragma omp parallel for schedule(dynamic)
    for (std::size_t i = 0; i < count; ++i) {
        if (stopped)
            continue;
        try {
            body(i);
        } catch (...) {
#pragma omp critical
            if (!stopped.exchange(true))
                error = std::current_exception();
        }
    }
    if (error)
        std::rethrow_exception(error);
}

}  // namespace ketscope
