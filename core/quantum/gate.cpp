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

QubitMatrix qubitMatrix(Gate gate, double angle)
{
    constexpr double kHalf = std::numbers::sqrt2 / 2.0;
    constexpr Complex i(0.0, 1.0);
    const double c = std::cos(0.5 * angle);
    const double s = std::sin(0.5 * angle);
    switch (gate) {
    case Gate::RX: return {c, Complex(0.0, -s), Complex(0.0, -s), c};
    case Gate::RY: return {c, -s, s, c};
    case Gate::RZ: return {Complex(c, -s), 0.0, 0.0, Complex(c, s)};
    case Gate::H: return {kHalf, kHalf, kHalf, -kHalf};
    case Gate::X: return {0.0, 1.0, 1.0, 0.0};
    case Gate::Y: return {0.0, -i, i, 0.0};
    case Gate::Z: return {1.0, 0.0, 0.0, -1.0};
    case Gate::S: return {1.0, 0.0, 0.0, i};
    case Gate::SInverse: return {1.0, 0.0, 0.0, -i};
    case Gate::T: return {1.0, 0.0, 0.0, Complex(kHalf, kHalf)};
    case Gate::TInverse: return {1.0, 0.0, 0.0, Complex(kHalf, -kHalf)};
    default: return {1.0, 0.0, 0.0, 1.0};
    }
}

QubitMatrix product(const QubitMatrix& a, const QubitMatrix& b)
{
    const auto entry = [&](std::size_t row, std::size_t column) {
        return product(a[2 * row], b[column]) + product(a[2 * row + 1], b[2 + column]);
    };
    return {entry(0, 0), entry(0, 1), entry(1, 0), entry(1, 1)};
}

std::vector<std::complex<double>> gateMatrix(Gate gate, double angle)
{
    switch (gate) {
    case Gate::CX: return exchange(4, 2, 3);
    case Gate::CZ: return {1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0};
    case Gate::CSwap: return exchange(8, 5, 6);
    case Gate::RBS: return partialSwap(angle);
    default: break;
    }
    const QubitMatrix matrix = qubitMatrix(gate, angle);
    return {matrix.begin(), matrix.end()};
}

}  // namespace ketscope
