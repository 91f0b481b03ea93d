// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ketscope {

// The gates of a circuit. Matrices of the rotations: RX(θ) = e^(−iθX/2), RY(θ) = [[c, −s], [s, c]],
// RZ(θ) = diag(e^(−iθ/2), e^(iθ/2)) with c = cos θ/2, s = sin θ/2.
enum class Gate : std::uint8_t {
    RX,
    RY,
    RZ,
    H,
    X,
    Y,
    Z,
    S,
    SInverse,
    T,
    TInverse,
    CX,     // control, target
    CZ,     // control, target (symmetric)
    CSwap,  // control, a, b
    RBS,  // a, b: the Givens rotation (x_a, x_b) → (c·x_a − s·x_b, s·x_a + c·x_b), c = cos θ, s = sin θ, of the amplitudes
          // with one excitation, on a or on b; |00⟩ and |11⟩ stay (Kerenidis, Landman, Mathur, arXiv 2106.07198)
};

inline constexpr std::size_t kGateCount = 15;

struct GateInfo {
    std::string_view name;  // "RX", "CNOT": as drawn and listed
    std::string_view qasm;  // its name in OpenQASM 3's stdgates.inc; "rbs" is defined where it is used
    std::size_t wires;      // 1 … 3
    bool hasAngle;
    bool diagonal;            // in the Z basis
    std::size_t frequencies;  // of an expectation as a function of the angle: 1 … this; 0 without an angle
};

const GateInfo& gateInfo(Gate gate);

// The gate that undoes `gate`. A gate with an angle is undone by itself at the negative angle.
Gate inverseGate(Gate gate);

// a · b without the checks for infinities that operator* makes.
inline std::complex<double> product(std::complex<double> a, std::complex<double> b)
{
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

// The matrix of a gate on one wire, row-major.
using QubitMatrix = std::array<std::complex<double>, 4>;
QubitMatrix qubitMatrix(Gate gate, double angle);
QubitMatrix product(const QubitMatrix& a, const QubitMatrix& b);  // of matrices: b acts first

// (2^w, 2^w), row-major, w = gateInfo(gate).wires; the first wire is the most significant bit of a row's number.
// `angle` in radians; ignored by gates without one.
std::vector<std::complex<double>> gateMatrix(Gate gate, double angle);

}  // namespace ketscope
