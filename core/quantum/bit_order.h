// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace ketscope {

// Which end of a written bitstring stands for qubit 0. Qiskit writes c[0], here qubit 0, last.
enum class BitOrder { Qubit0First, Qubit0Last };

}  // namespace ketscope
