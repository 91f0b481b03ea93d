// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/gate.h"

#include <array>
#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

using Complex = std::complex<double>;
using Matrix = std::vector<Complex>;

constexpr std::array<GateInfo, kGateCount> kGates = {{
    {"RX", "rx", 1, true, false, 1},
    {"RY", "ry", 1, true, false, 1},
    {"RZ", "rz", 1, true, true, 1},
    {"H", "h", 1, false, false, 0},
    {"X", "x", 1, false, false, 0},
    {"Y", "y", 1, false, false, 0},
    {"Z", "z", 1, false, true, 0},
    {"S", "s", 1, false, true, 0},
    {"S†", "sdg", 1, false, true, 0},
    {"T", "t", 1, false, true, 0},
    {"T†", "tdg", 1, false, true, 0},
    {"CNOT", "cx", 2, false, false, 0},
    {"CZ", "cz", 2, false, true, 0},
    {"CSWAP", "cswap", 3, false, false, 0},
    {"RBS", "rbs", 2, true, false, 2},
}};

// A permutation of the basis states with two of them exchanged.
Matrix exchange(std::size_t size, std::size_t a, std::size_t b)
{
    Matrix matrix(size * size);
    for (std::size_t i = 0; i < size; ++i)
        matrix[i * size + (i == a ? b : i == b ? a : i)] = 1.0;
    return matrix;
}

Matrix phase(double angle) { return {1.0, 0.0, 0.0, std::polar(1.0, angle)}; }

Matrix rotation(Gate gate, double angle)
{
    const double c = std::cos(0.5 * angle);
    const double s = std::sin(0.5 * angle);
    if (gate == Gate::RX)
        return {c, Complex(0.0, -s), Complex(0.0, -s), c};
    if (gate == Gate::RY)
        return {c, -s, s, c};
    return {Complex(c, -s), 0.0, 0.0, Complex(c, s)};
}

Matrix partialSwap(double angle)
{
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    return {1.0, 0.0, 0.0, 0.0, 0.0, c, s, 0.0, 0.0, -s, c, 0.0, 0.0, 0.0, 0.0, 1.0};
}

}  // namespace

const GateInfo& gateInfo(Gate gate) { return kGates[static_cast<std::size_t>(gate)]; }

Gate inverseGate(Gate gate)
{
    switch (gate) {
    case Gate::S: return Gate::SInverse;
    case Gate::SInverse: return Gate::S;
    case Gate::T: return Gate::TInverse;
    case Gate::TInverse: return Gate::T;
    default: return gate;
    }
}

std::vector<std::complex<double>> gateMatrix(Gate gate, double angle)
{
    constexpr double kHalf = std::numbers::sqrt2 / 2.0;
    constexpr double kQuarterTurn = std::numbers::pi / 2.0;
    const Complex i(0.0, 1.0);
    switch (gate) {
    case Gate::RX:
    case Gate::RY:
    case Gate::RZ: return rotation(gate, angle);
    case Gate::H: return {kHalf, kHalf, kHalf, -kHalf};
    case Gate::X: return exchange(2, 0, 1);
    case Gate::Y: return {0.0, -i, i, 0.0};
    case Gate::Z: return {1.0, 0.0, 0.0, -1.0};
    case Gate::S: return {1.0, 0.0, 0.0, i};
    case Gate::SInverse: return {1.0, 0.0, 0.0, -i};
    case Gate::T: return phase(0.5 * kQuarterTurn);
    case Gate::TInverse: return phase(-0.5 * kQuarterTurn);
    case Gate::CX: return exchange(4, 2, 3);
    case Gate::CZ: return {1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0};
    case Gate::CSwap: return exchange(8, 5, 6);
    case Gate::RBS: return partialSwap(angle);
    }
    return {};
}

}  // namespace ketscope
