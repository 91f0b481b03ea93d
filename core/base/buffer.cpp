// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/buffer.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <vector>

namespace ketscope {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kCacheLine = 64;

#ifdef __SANITIZE_ADDRESS__
constexpr bool kReuses = false;  // so that a read of memory that was given back is seen
#else
constexpr bool kReuses = true;
#endif

std::atomic<std::size_t> s_liveBytes{0};
std::atomic<std::size_t> s_waitingBytes{0};

// Freed large blocks by size, kept for reuse.
class Recycler {
public:
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

    bool give(void* block, std::size_t bytes)
    {
        const std::lock_guard lock(m_mutex);
        if (!kReuses || m_bytes + bytes > kRecycledBytes)
            return false;
        m_free.emplace(bytes, block);
        m_bytes += bytes;
        return true;
    }

private:
    std::mutex m_mutex;
    std::multimap<std::size_t, void*> m_free;
    std::size_t m_bytes = 0;
};

// Never destroyed: threads of OpenMP teams end on their own time, some while the program's static objects are destroyed,
// and then give back what they had.
Recycler& recycler()
{
    static Recycler& s_instance = *new Recycler;
    return s_instance;
}

thread_local bool t_blocksGone = false;

// Freed small blocks of one thread, by size: what forward and backward passes ask for again and again. The system's
// allocator cuts aligned blocks out of larger ones and joins them again every time.
class SmallBlocks {
public:
    SmallBlocks() = default;
    SmallBlocks(const SmallBlocks&) = delete;
    SmallBlocks& operator=(const SmallBlocks&) = delete;
    ~SmallBlocks()
    {
        t_blocksGone = true;
        s_waitingBytes -= m_bytes;
        for (const std::vector<void*>& blocks : m_free)
            std::ranges::for_each(blocks, std::free);
    }

    // Four sizes for each power of two.
    static std::size_t rounded(std::size_t bytes)
    {
        const std::size_t step = std::max(kCacheLine, std::bit_floor(std::max<std::size_t>(bytes, 1)) / 4);
        return std::max(kCacheLine, (bytes + step - 1) / step * step);
    }

    void* take(std::size_t bytes)
    {
        std::vector<void*>& blocks = m_free[indexOf(bytes)];
        if (blocks.empty())
            return nullptr;
        void* const block = blocks.back();
        blocks.pop_back();
        m_bytes -= bytes;
        return block;
    }

    bool give(void* block, std::size_t bytes)
    {
        constexpr std::size_t kMost = std::size_t{32} << 20;
        if (!kReuses || m_bytes + bytes > kMost)
            return false;
        m_free[indexOf(bytes)].push_back(block);
        m_bytes += bytes;
        return true;
    }

private:
    static std::size_t indexOf(std::size_t bytes)  // of a rounded size
    {
        const auto power = static_cast<std::size_t>(std::bit_width(bytes)) - 1;
        return 4 * power + (bytes - (std::size_t{1} << power)) / (std::size_t{1} << (power - 2));
    }

    std::array<std::vector<void*>, 4 * std::bit_width(kHugePage)> m_free;
    std::size_t m_bytes = 0;
};

// Null while the thread ends.
SmallBlocks* blocksOfThread()
{
    if (t_blocksGone)
        return nullptr;
    thread_local SmallBlocks blocks;
    return &blocks;
}

void* take(std::size_t bytes, bool large)
{
    SmallBlocks* const own = large ? nullptr : blocksOfThread();
    void* const block = large ? recycler().take(bytes) : own == nullptr ? nullptr : own->take(bytes);
    if (block != nullptr)
        s_waitingBytes -= bytes;
    return block;
}

void giveBack(void* block, std::size_t bytes, bool large)
{
    SmallBlocks* const own = large ? nullptr : blocksOfThread();
    if (large ? recycler().give(block, bytes) : own != nullptr && own->give(block, bytes))
        s_waitingBytes += bytes;
    else
        std::free(block);
}

}  // namespace

std::shared_ptr<float> allocateFloats(std::size_t count)
{
    const std::size_t wanted = count * sizeof(float);
    const bool large = wanted >= kHugePage;
    const std::size_t bytes = large ? (wanted + kHugePage - 1) / kHugePage * kHugePage : SmallBlocks::rounded(wanted);
    void* block = take(bytes, large);
    if (block == nullptr) {
        block = std::aligned_alloc(large ? kHugePage : kCacheLine, bytes);
        if (block == nullptr)
            fail({"memory", std::to_string(bytes >> 20) + " MiB", "less free", "Use a shorter input or fewer layers."});
        if (large)
            madvise(block, bytes, MADV_HUGEPAGE);
    }
    s_liveBytes += bytes;
    return {static_cast<float*>(block), [bytes, large](float* values) {
                s_liveBytes -= bytes;
                giveBack(values, bytes, large);
            }};
}

std::size_t liveBytes() { return s_liveBytes; }
std::size_t waitingBytes() { return s_waitingBytes; }

}  // namespace ketscope
