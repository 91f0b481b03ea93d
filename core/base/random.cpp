// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"

#include <cmath>
#include <numbers>

namespace ketscope {

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key)
{
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
        const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
        counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
                   static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
    }
    return counter;
}

RandomStream::RandomStream(const RandomKey& key, std::uint32_t row, std::uint16_t purpose)
    : m_key{static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)},
      m_counter{0, row, (std::uint32_t{key.layer} << 16) | key.head, (std::uint32_t{key.stack} << 16) | purpose}
{
}

std::uint32_t RandomStream::next()
{
    if (m_used == 4) {
        m_block = philox(m_counter, m_key);
        ++m_counter[0];
        m_used = 0;
    }
    return m_block[m_used++];
}

double RandomStream::uniform()
{
    const std::uint64_t high = next() >> 5;
    const std::uint64_t low = next() >> 6;
    return static_cast<double>((high << 26) | low) * 0x1.0p-53;
}

double RandomStream::normal()
{
    if (m_hasSpare) {
        m_hasSpare = false;
        return m_spare;
    }
    const double radius = std::sqrt(-2.0 * std::log1p(-uniform()));
    const double angle = 2.0 * std::numbers::pi * uniform();
    m_spare = radius * std::sin(angle);
    m_hasSpare = true;
    return radius * std::cos(angle);
}

std::uint64_t RandomStream::binomial(std::uint64_t trials, double p)
{
    if (p > 0.5)
        return trials - binomial(trials, 1.0 - p);
    if (p <= 0.0 || trials == 0)
        return 0;
    // Geometric gaps between successes: each jump is the number of trials up to and including the next success.
    const double perTrial = std::log1p(-p);
    std::uint64_t successes = 0;
    double used = 0.0;
    for (;;) {
        used += std::floor(std::log1p(-uniform()) / perTrial) + 1.0;
        if (used > static_cast<double>(trials))
            return successes;
        ++successes;
    }
}

}  // namespace ketscope
