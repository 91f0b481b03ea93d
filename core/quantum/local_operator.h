// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <span>

namespace ketscope {

// A linear operator (2^w, 2^w), row-major, w = 1 … 3, on some of the qubits of an array of 2^n amplitudes, in place. It need
// not be unitary. Qubit 0 is the most significant bit of an amplitude's number, wires[0] that of the operator's rows.
void applyLocal(std::span<std::complex<double>> amplitudes, std::span<const std::complex<double>> matrix,
                std::span<const std::size_t> wires);

// The same of amplitudes kept as real and imaginary parts. Without imaginary parts (an empty span, all zero) the operator's
// are not looked at: it must be real.
void applyLocal(std::span<double> real, std::span<double> imaginary, std::span<const std::complex<double>> matrix,
                std::span<const std::size_t> wires);

}  // namespace ketscope
