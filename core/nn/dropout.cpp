// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/dropout.h"

#include <cmath>

namespace ketscope {

void dropoutFactors(double rate, const RandomKey& key, std::uint32_t mask, std::span<float> factors)
{
    constexpr std::uint16_t kPurpose = 0xD0;
    constexpr std::uint32_t kHalf = 0xFFFFU;
    const auto least = static_cast<std::uint32_t>(std::lround(rate * 0x1p16));
    const auto kept = static_cast<float>(1.0 / (1.0 - rate));
    RandomStream stream(key, mask, kPurpose);
    for (std::size_t i = 0; i < factors.size(); i += 2) {
        const std::uint32_t both = stream.next();
        factors[i] = (both & kHalf) >= least ? kept : 0.0F;
        if (i + 1 < factors.size())
            factors[i + 1] = (both >> 16U) >= least ? kept : 0.0F;
    }
}

}  // namespace ketscope
