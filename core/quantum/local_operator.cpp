// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/local_operator.h"

#include <algorithm>
#include <array>
#include <bit>

namespace ketscope {

namespace {

using Complex = std::complex<double>;

constexpr std::size_t kMostStates = 8;  // three wires

// Which amplitudes an operator mixes: those at first(rest) + offsets[state] for every state of its wires.
struct Layout {
    Layout(std::size_t size, std::span<const std::size_t> wires)
    {
        const auto qubits = static_cast<std::size_t>(std::bit_width(size) - 1);
        const std::size_t states = std::size_t{1} << wires.size();
        groups = size / states;
        for (std::size_t w = 0; w < wires.size(); ++w) {
            strides[w] = std::size_t{1} << (qubits - 1 - wires[w]);
            for (std::size_t state = 0; state < states; ++state)
                if ((state >> (wires.size() - 1 - w)) & 1)
                    offsets[state] += strides[w];
        }
        count = wires.size();
        std::ranges::sort(std::span(strides.data(), count));
    }

    // `rest` with a zero put in at the bit of each stride.
    std::size_t first(std::size_t rest) const
    {
        for (std::size_t w = 0; w < count; ++w)
            rest = ((rest & ~(strides[w] - 1)) << 1) | (rest & (strides[w] - 1));
        return rest;
    }

    std::size_t groups = 0;
    std::size_t count = 0;
    std::array<std::size_t, 3> strides{};  // ascending
    std::array<std::size_t, kMostStates> offsets{};
};

// An operator in real numbers: std::complex looks for infinities in every product.
template <std::size_t States> struct Parts {
    explicit Parts(std::span<const Complex> matrix)
    {
        for (std::size_t i = 0; i < States * States; ++i) {
            real[i] = matrix[i].real();
            imaginary[i] = matrix[i].imag();
            isReal = isReal && imaginary[i] == 0.0;
        }
    }

    std::array<double, States * States> real;
    std::array<double, States * States> imaginary;
    bool isReal = true;
};

using TwoNumbers __attribute__((vector_size(2 * sizeof(double)), aligned(sizeof(double)), may_alias)) = double;

// Neighbouring amplitudes two at a time, where no wire lies between them.
template <std::size_t States> void multiplyRealRuns(double* values, const Parts<States>& parts, const Layout& layout)
{
    const std::array<double, States* States> matrix = parts.real;
    const std::size_t run = layout.strides[0];
    TwoNumbers x[States];
    for (std::size_t rest = 0; rest < layout.groups; rest += run) {
        double* const first = values + layout.first(rest);
        for (double* base = first; base < first + run; base += 2) {
#pragma GCC unroll 8
            for (std::size_t b = 0; b < States; ++b)
                x[b] = *reinterpret_cast<const TwoNumbers*>(base + layout.offsets[b]);
#pragma GCC unroll 8
            for (std::size_t a = 0; a < States; ++a) {
                TwoNumbers sum = matrix[a * States] * x[0];
#pragma GCC unroll 8
                for (std::size_t b = 1; b < States; ++b)
                    sum += matrix[a * States + b] * x[b];
                *reinterpret_cast<TwoNumbers*>(base + layout.offsets[a]) = sum;
            }
        }
    }
}

// Loops over states are unrolled, which -O2 does not do by itself.
template <std::size_t States> void multiplyReal(double* values, const Parts<States>& parts, const Layout& layout)
{
    if (layout.strides[0] > 1)
        return multiplyRealRuns<States>(values, parts, layout);
    const std::array<double, States* States> matrix = parts.real;
    std::array<double, States> x;
    for (std::size_t rest = 0; rest < layout.groups; ++rest) {
        double* const base = values + layout.first(rest);
#pragma GCC unroll 8
        for (std::size_t b = 0; b < States; ++b)
            x[b] = base[layout.offsets[b]];
#pragma GCC unroll 8
        for (std::size_t a = 0; a < States; ++a) {
            double sum = 0.0;
#pragma GCC unroll 8
            for (std::size_t b = 0; b < States; ++b)
                sum += matrix[a * States + b] * x[b];
            base[layout.offsets[a]] = sum;
        }
    }
}

template <std::size_t States>
void multiplyComplexRuns(double* real, double* imaginary, const Parts<States>& parts, const Layout& layout)
{
    const Parts<States> m = parts;
    const std::size_t run = layout.strides[0];
    TwoNumbers x[States];
    TwoNumbers y[States];
    for (std::size_t rest = 0; rest < layout.groups; rest += run) {
        const std::size_t first = layout.first(rest);
        for (std::size_t base = first; base < first + run; base += 2) {
#pragma GCC unroll 8
            for (std::size_t b = 0; b < States; ++b) {
                x[b] = *reinterpret_cast<const TwoNumbers*>(real + base + layout.offsets[b]);
                y[b] = *reinterpret_cast<const TwoNumbers*>(imaginary + base + layout.offsets[b]);
            }
#pragma GCC unroll 8
            for (std::size_t a = 0; a < States; ++a) {
                TwoNumbers u{};
                TwoNumbers v{};
#pragma GCC unroll 8
                for (std::size_t b = 0; b < States; ++b) {
                    u += m.real[a * States + b] * x[b] - m.imaginary[a * States + b] * y[b];
                    v += m.real[a * States + b] * y[b] + m.imaginary[a * States + b] * x[b];
                }
                *reinterpret_cast<TwoNumbers*>(real + base + layout.offsets[a]) = u;
                *reinterpret_cast<TwoNumbers*>(imaginary + base + layout.offsets[a]) = v;
            }
        }
    }
}

// `step` from one amplitude to the next in either array: 2 where parts alternate, else 1.
template <std::size_t States>
void multiplyComplex(double* real, double* imaginary, std::size_t step, const Parts<States>& parts,
                     const Layout& layout)
{
    std::array<double, States> x;
    std::array<double, States> y;
    for (std::size_t rest = 0; rest < layout.groups; ++rest) {
        const std::size_t base = layout.first(rest);
#pragma GCC unroll 8
        for (std::size_t b = 0; b < States; ++b) {
            x[b] = real[step * (base + layout.offsets[b])];
            y[b] = imaginary[step * (base + layout.offsets[b])];
        }
#pragma GCC unroll 8
        for (std::size_t a = 0; a < States; ++a) {
            double u = 0.0;
            double v = 0.0;
#pragma GCC unroll 8
            for (std::size_t b = 0; b < States; ++b) {
                u += parts.real[a * States + b] * x[b] - parts.imaginary[a * States + b] * y[b];
                v += parts.real[a * States + b] * y[b] + parts.imaginary[a * States + b] * x[b];
            }
            real[step * (base + layout.offsets[a])] = u;
            imaginary[step * (base + layout.offsets[a])] = v;
        }
    }
}

template <std::size_t States>
void multiplySplit(std::span<double> real, std::span<double> imaginary, std::span<const Complex> matrix,
                   const Layout& layout)
{
    const Parts<States> parts(matrix);
    if (!imaginary.empty() && !parts.isReal && layout.strides[0] > 1)
        return multiplyComplexRuns<States>(real.data(), imaginary.data(), parts, layout);
    if (!imaginary.empty() && !parts.isReal)
        return multiplyComplex<States>(real.data(), imaginary.data(), 1, parts, layout);
    multiplyReal<States>(real.data(), parts, layout);
    if (!imaginary.empty())
        multiplyReal<States>(imaginary.data(), parts, layout);
}

}  // namespace

void applyLocal(std::span<std::complex<double>> amplitudes, std::span<const std::complex<double>> matrix,
                std::span<const std::size_t> wires)
{
    const Layout layout(amplitudes.size(), wires);
    auto* const parts = reinterpret_cast<double*>(amplitudes.data());  // (re, im), (re, im), … by the standard
    switch (wires.size()) {
    case 1: return multiplyComplex<2>(parts, parts + 1, 2, Parts<2>(matrix), layout);
    case 2: return multiplyComplex<4>(parts, parts + 1, 2, Parts<4>(matrix), layout);
    default: return multiplyComplex<8>(parts, parts + 1, 2, Parts<8>(matrix), layout);
    }
}

void applyLocal(std::span<double> real, std::span<double> imaginary, std::span<const std::complex<double>> matrix,
                std::span<const std::size_t> wires)
{
    const Layout layout(real.size(), wires);
    switch (wires.size()) {
    case 1: return multiplySplit<2>(real, imaginary, matrix, layout);
    case 2: return multiplySplit<4>(real, imaginary, matrix, layout);
    default: return multiplySplit<8>(real, imaginary, matrix, layout);
    }
}

}  // namespace ketscope
