// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/dropout.h"

#include <cmath>

namespace ketscope {

std::vector<std::uint8_t> keptValues(double rate, const RandomKey& key, std::uint32_t mask, std::size_t count)
{
    constexpr std::uint16_t kPurpose = 0xD0;
    const auto least = static_cast<std::uint32_t>(std::lround(rate * 0x1p16));
    RandomStream stream(key, mask, kPurpose);
    std::vector<std::uint8_t> kept(count);
    for (std::size_t i = 0; i < count; i += 2) {
        const std::uint32_t both = stream.next();
        kept[i] = (both & 0xFFFFU) >= least ? 1 : 0;
        if (i + 1 < count)
            kept[i + 1] = (both >> 16) >= least ? 1 : 0;
    }
    return kept;
}

}  // namespace ketscope
