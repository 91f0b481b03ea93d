// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace ketscope {

enum class QisaVersion { V1, V2, V3, Paper };

// Trained parameters of one head of size `headSize` in a layer of width `width`, n = ⌈log₂ width⌉ qubits, one layer of
// gates: 9n for v1 and v2, 2(width·headSize + headSize) + 3n for v3, 2(width·headSize + headSize) + width² for the paper's,
// whose table says O(log width). Classical attention without biases: 3·width·headSize.
std::size_t qisaParameterCount(QisaVersion version, std::size_t width, std::size_t headSize, std::size_t layers = 1);
std::size_t classicalParameterCount(std::size_t width, std::size_t headSize);

}  // namespace ketscope
