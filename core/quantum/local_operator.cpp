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

// Spelled out in real numbers: std::complex looks for infinities in every product.
template <std::size_t States>
void multiply(std::span<std::complex<double>> amplitudes, std::span<const std::complex<double>> matrix,
              std::span<const std::size_t> offsets, std::span<const std::size_t> strides)
{
    std::array<double, States> re{};
    std::array<double, States> im{};
    for (std::size_t rest = 0; rest < amplitudes.size() / States; ++rest) {
        const std::size_t base = spread(rest, strides);
        for (std::size_t b = 0; b < States; ++b) {
            re[b] = amplitudes[base + offsets[b]].real();
            im[b] = amplitudes[base + offsets[b]].imag();
        }
        for (std::size_t a = 0; a < States; ++a) {
            double x = 0.0;
            double y = 0.0;
            for (std::size_t b = 0; b < States; ++b) {
                const std::complex<double> entry = matrix[a * States + b];
                x += entry.real() * re[b] - entry.imag() * im[b];
                y += entry.real() * im[b] + entry.imag() * re[b];
            }
            amplitudes[base + offsets[a]] = {x, y};
        }
    }
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
    switch (wires.size()) {
    case 1: return multiply<2>(amplitudes, matrix, offsets, ascending);
    case 2: return multiply<4>(amplitudes, matrix, offsets, ascending);
    default: return multiply<8>(amplitudes, matrix, offsets, ascending);
    }
}

}  // namespace ketscope
