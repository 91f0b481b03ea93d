// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/iqp_state.h"

#include <bit>
#include <cmath>
#include <numbers>
#include <vector>

namespace ketscope {

namespace {

using Complex = std::complex<double>;

// Of each basis state of the qubits that hold data; the first of them is the most significant bit.
std::vector<Complex> phasesOf(std::span<const double> data)
{
    const std::size_t count = data.size();
    std::vector<Complex> phases(std::size_t{1} << count);
    std::vector<double> z(count);
    for (std::size_t basis = 0; basis < phases.size(); ++basis) {
        for (std::size_t a = 0; a < count; ++a)
            z[a] = (basis >> (count - 1 - a) & 1) != 0 ? -1.0 : 1.0;
        double angle = 0.0;
        double before = 0.0;  // Σ (π − x_a) z_a of the qubits before this one
        for (std::size_t b = 0; b < count; ++b) {
            const double rest = (std::numbers::pi - data[b]) * z[b];
            angle += data[b] * z[b] + before * rest;
            before += rest;
        }
        phases[basis] = std::polar(1.0, -angle);
    }
    return phases;
}

void hadamard(std::span<Complex> state, std::size_t bit)
{
    constexpr double kRoot = 0.5 * std::numbers::sqrt2;
    for (std::size_t block = 0; block < state.size(); block += 2 * bit)
        for (std::size_t at = block; at < block + bit; ++at) {
            const Complex zero = state[at];
            const Complex one = state[at + bit];
            state[at] = kRoot * (zero + one);
            state[at + bit] = kRoot * (zero - one);
        }
}

}  // namespace

void applyIqpFeatureMap(std::span<const double> data, std::size_t repetitions, std::span<Complex> state)
{
    const std::vector<Complex> phases = phasesOf(data);
    const std::size_t rest = state.size() >> data.size();  // amplitudes for each basis state of those qubits
    const int shift = std::countr_zero(rest);
    for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
        for (std::size_t bit = rest; bit < state.size(); bit *= 2)
            hadamard(state, bit);
        for (std::size_t i = 0; i < state.size(); ++i) {
            const Complex phase = phases[i >> shift];
            const Complex a = state[i];
            state[i] = {a.real() * phase.real() - a.imag() * phase.imag(),
                        a.real() * phase.imag() + a.imag() * phase.real()};
        }
    }
}

}  // namespace ketscope
