// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/local_operator.h"

#include <algorithm>
#include <array>
#include <bit>

namespace ketscope {

namespace {

constexpr std::size_t kMostStates = 8;  // three wires

// `rest` with a zero put in at the bit of each stride; `strides` ascend.
std::size_t spread(std::size_t rest, std::span<const std::size_t> strides)
{
    for (const std::size_t stride : strides)
        rest = ((rest & ~(stride - 1)) << 1) | (rest & (stride - 1));
    return rest;
}

}  // namespace

void applyLocal(std::span<std::complex<double>> amplitudes, std::span<const std::complex<double>> matrix,
                std::span<const std::size_t> wires)
{
    const auto qubits = static_cast<std::size_t>(std::bit_width(amplitudes.size()) - 1);
    const std::size_t states = std::size_t{1} << wires.size();
    std::array<std::size_t, 3> strides{};
    std::array<std::size_t, kMostStates> offsets{};
    for (std::size_t w = 0; w < wires.size(); ++w) {
        strides[w] = std::size_t{1} << (qubits - 1 - wires[w]);
        for (std::size_t state = 0; state < states; ++state)
            if ((state >> (wires.size() - 1 - w)) & 1)
                offsets[state] += strides[w];
    }
    const std::span ascending(strides.data(), wires.size());
    std::ranges::sort(ascending);
    std::array<std::complex<double>, kMostStates> before;
    for (std::size_t rest = 0; rest < amplitudes.size() / states; ++rest) {
        const std::size_t base = spread(rest, ascending);
        for (std::size_t b = 0; b < states; ++b)
            before[b] = amplitudes[base + offsets[b]];
        for (std::size_t a = 0; a < states; ++a) {
            std::complex<double> sum = 0.0;
            for (std::size_t b = 0; b < states; ++b)
                sum += matrix[a * states + b] * before[b];
            amplitudes[base + offsets[a]] = sum;
        }
    }
}

}  // namespace ketscope
