// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/dropout.h"

#include "core/nn/kernels.h"

#include <cmath>

namespace ketscope {

void dropoutFactors(double rate, const RandomKey& key, std::uint32_t mask, std::span<float> factors)
{
    constexpr std::uint16_t kPurpose = 0xD0;
    const RandomStream stream(key, mask, kPurpose);
    const auto& [low, high] = stream.key();
    const auto& [block, row, head, stack] = stream.counter();
    const KetscopeDropout which{{low, high},
                                {block, row, head, stack},
                                static_cast<std::uint32_t>(std::lround(rate * 0x1p16)),
                                static_cast<float>(1.0 / (1.0 - rate))};
    kernels().dropout(&which, factors.size(), factors.data());
}

}  // namespace ketscope
