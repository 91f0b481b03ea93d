// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>

namespace ketscope {

// Names one head's random numbers. The same key gives the same numbers on any schedule and thread count.
struct RandomKey {
    std::uint64_t seed = 0;
    std::uint16_t stack = 0;
    std::uint16_t layer = 0;
    std::uint16_t head = 0;

    bool operator==(const RandomKey&) const = default;
};

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

// The numbers of one (key, row, purpose): draw 0, 1, 2, … A mechanism uses one row per query and a different `purpose`
// for each independent use (frequencies, phases, shots).
class RandomStream {
public:
    RandomStream(const RandomKey& key, std::uint32_t row, std::uint16_t purpose = 0);

    // What philox() gives the next four words from; counter[0] counts on.
    const std::array<std::uint32_t, 2>& key() const { return m_key; }
    const std::array<std::uint32_t, 4>& counter() const { return m_counter; }

    std::uint32_t next();
    double uniform();  // [0, 1), 53 bits
    double normal();   // mean 0, variance 1, Box–Muller
    // Successes among `trials` independent trials of probability p in [0, 1]; exact, O(1) expected.
    std::uint64_t binomial(std::uint64_t trials, double p);

private:
    std::array<std::uint32_t, 2> m_key;
    std::array<std::uint32_t, 4> m_counter;
    std::array<std::uint32_t, 4> m_block{};
    unsigned m_used = 4;
    double m_spare = 0.0;
    bool m_hasSpare = false;
};

}  // namespace ketscope
