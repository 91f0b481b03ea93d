// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/buffer.h"

#include "core/base/error.h"

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sys/mman.h>

namespace ketscope {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kCacheLine = 64;

std::atomic<std::size_t> s_liveBytes{0};

// Freed large blocks by size, kept for reuse.
class Recycler {
public:
    ~Recycler()
    {
        for (const auto& [bytes, block] : m_free)
            std::free(block);
    }

    void* take(std::size_t bytes)
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_free.find(bytes);
        if (found == m_free.end())
            return nullptr;
        void* block = found->second;
        m_free.erase(found);
        m_bytes -= bytes;
        return block;
    }

    void give(void* block, std::size_t bytes)
    {
        {
            const std::lock_guard lock(m_mutex);
            if (m_bytes + bytes <= kRecycledBytes) {
                m_free.emplace(bytes, block);
                m_bytes += bytes;
                return;
            }
        }
        std::free(block);
    }

private:
    std::mutex m_mutex;
    std::multimap<std::size_t, void*> m_free;
    std::size_t m_bytes = 0;
};

Recycler& recycler()
{
    static Recycler instance;
    return instance;
}

}  // namespace

std::shared_ptr<float> allocateFloats(std::size_t count)
{
    const std::size_t wanted = count * sizeof(float);
    const bool large = wanted >= kHugePage;
    const std::size_t unit = large ? kHugePage : kCacheLine;
    const std::size_t bytes = (wanted + unit - 1) / unit * unit;
    void* block = large ? recycler().take(bytes) : nullptr;
    if (block == nullptr) {
        block = std::aligned_alloc(unit, bytes == 0 ? unit : bytes);
        if (block == nullptr)
            fail({"memory", std::to_string(bytes >> 20) + " MiB", "less free", "Use a shorter input or fewer layers."});
        if (large)
            madvise(block, bytes, MADV_HUGEPAGE);
    }
    s_liveBytes += bytes;
    return {static_cast<float*>(block), [bytes, large](float* values) {
                s_liveBytes -= bytes;
                if (large)
                    recycler().give(values, bytes);
                else
                    std::free(values);
            }};
}

std::size_t liveBytes() { return s_liveBytes; }

}  // namespace ketscope
