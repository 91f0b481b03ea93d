// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/circuit.h"

namespace ketscope {

// The readable way to run a circuit: one gate after another, in place, on the 2ⁿ amplitudes of an n-qubit state (or on
// anything else that transforms as one, such as the columns of an operator).
void applyGate(const Operation& operation, double angle, std::span<std::complex<double>> state);
void applyGate(const Operation& operation, double angle, std::span<std::complex<float>> state);
void applyInverseGate(const Operation& operation, double angle, std::span<std::complex<double>> state);
void applyGates(const Circuit& circuit, std::span<const double> parameters, std::span<std::complex<double>> state);

// The bit of a basis state's number that stands for `wire` of `qubits`: qubit 0 is the most significant one.
constexpr std::size_t bitOf(std::size_t wire, std::size_t qubits) { return std::size_t{1} << (qubits - 1 - wire); }

}  // namespace ketscope
