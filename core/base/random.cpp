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

namespace {

// ln k! less Stirling's (k + ½) ln(k + 1) − (k + 1) + ½ ln 2π.
double stirlingRemainder(double k)
{
    static const std::array<double, 10> exact = {
        0.08106146679532726, 0.04134069595540929, 0.02767792568499834, 0.02079067210376509,  0.01664469118982119,
        0.01387612882307075, 0.01189670994589177, 0.01041126526197209, 0.009255462182712733, 0.008330563433362871};
    if (k < static_cast<double>(exact.size()))
        return exact[static_cast<std::size_t>(k)];
    const double square = (k + 1.0) * (k + 1.0);
    return (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / (k + 1.0);
}

// Geometric gaps between successes: each jump is the number of trials up to and including the next success. p ≤ ½.
std::uint64_t binomialByGaps(RandomStream& stream, double trials, double p)
{
    const double perTrial = std::log1p(-p);
    std::uint64_t successes = 0;
    double used = 0.0;
    for (;;) {
        used += std::floor(std::log1p(-stream.uniform()) / perTrial) + 1.0;
        if (used > trials)
            return successes;
        ++successes;
    }
}

// Transformed rejection with squeeze (W. Hörmann, "The generation of binomial random variates", J. Stat. Comput. Simul.
// 46, 1993, algorithm BTRS). np ≥ 10, p ≤ ½.
std::uint64_t binomialByRejection(RandomStream& stream, double trials, double p)
{
    const double odds = p / (1.0 - p);
    const double deviation = std::sqrt(trials * p * (1.0 - p));
    const double b = 1.15 + 2.53 * deviation;
    const double a = -0.0873 + 0.0248 * b + 0.01 * p;
    const double center = trials * p + 0.5;
    const double squeeze = 0.92 - 4.2 / b;
    const double alpha = (2.83 + 5.1 / b) * deviation;
    const double mode = std::floor((trials + 1.0) * p);
    for (;;) {
        const double u = stream.uniform() - 0.5;
        const double v = stream.uniform();
        const double us = 0.5 - std::abs(u);
        const double k = std::floor((2.0 * a / us + b) * u + center);
        if (us >= 0.07 && v <= squeeze)
            return static_cast<std::uint64_t>(k);
        if (!(k >= 0.0 && k <= trials))
            continue;
        const double logRatio = (mode + 0.5) * std::log((mode + 1.0) / (odds * (trials - mode + 1.0)))
                                + (trials + 1.0) * std::log((trials - mode + 1.0) / (trials - k + 1.0))
                                + (k + 0.5) * std::log(odds * (trials - k + 1.0) / (k + 1.0)) + stirlingRemainder(mode)
                                + stirlingRemainder(trials - mode) - stirlingRemainder(k)
                                - stirlingRemainder(trials - k);
        if (std::log(v * alpha / (a / (us * us) + b)) <= logRatio)
            return static_cast<std::uint64_t>(k);
    }
}

}  // namespace

std::uint64_t RandomStream::binomial(std::uint64_t trials, double p)
{
    if (p > 0.5)
        return trials - binomial(trials, 1.0 - p);
    if (p <= 0.0 || trials == 0)
        return 0;
    const auto count = static_cast<double>(trials);
    return count * p < 10.0 ? binomialByGaps(*this, count, p) : binomialByRejection(*this, count, p);
}

}  // namespace ketscope
