// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/circuit.h"
#include "core/quantum/pauli.h"

#include <Eigen/Dense>
#include <memory>
#include <span>
#include <vector>

namespace ketscope {

// The matrix U of a circuit with its angles, as real and imaginary parts (2^n, 2^n), and Re U†P_lU of Pauli strings.
struct PrecomputedCircuit {
    using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

    Matrix real;
    Matrix imaginary;
    std::vector<Matrix> observables;  // one for each of the strings asked for
};

// Found once for as long as it is among the last that were asked for, up to kRememberedBytes: all examples of a training
// step have the same circuits. Safe from any thread.
std::shared_ptr<const PrecomputedCircuit> precomputedCircuit(const Circuit& circuit, std::span<const double> angles,
                                                             std::span<const PauliString> strings);

inline constexpr std::size_t kRememberedBytes = std::size_t{64} << 20;

}  // namespace ketscope
