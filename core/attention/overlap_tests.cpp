// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/overlap_tests.h"

#include <algorithm>

namespace ketscope {

namespace {

double frequency(double probability, std::uint64_t shots, RandomStream& stream)
{
    const auto successes = stream.binomial(shots, std::clamp(probability, 0.0, 1.0));
    return static_cast<double>(successes) / static_cast<double>(shots);
}

}  // namespace

double inversionTest(double fidelity, std::uint64_t shots, RandomStream& stream)
{
    return frequency(fidelity, shots, stream);
}

double swapTest(double fidelity, std::uint64_t shots, RandomStream& stream)
{
    return std::max(2.0 * frequency((1.0 + fidelity) / 2.0, shots, stream) - 1.0, 0.0);
}

double hadamardTest(double overlap, std::uint64_t shots, RandomStream& stream)
{
    return 2.0 * frequency((1.0 + overlap) / 2.0, shots, stream) - 1.0;
}

}  // namespace ketscope
