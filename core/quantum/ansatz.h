// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/circuit.h"

namespace ketscope {

// Building blocks that are appended to a circuit.

// `gate` (RX, RY or RZ) on every wire j, with parameter firstParameter + j.
void addRotations(Circuit& circuit, Gate gate, std::size_t firstParameter);
// CNOT j → j + 1 mod n for j = 0 … n − 1, in that order; nothing on one wire, and 0 → 1, 1 → 0 on two.
void addRing(Circuit& circuit);
// CNOT 0 → 1 → … → n − 1.
void addChain(Circuit& circuit);

// Whole circuits with free parameters.

// QISA (Nikait/QISA): a layer is RX(a_j) RY(b_j) on every wire, the CNOT ring, RY(c_j): 3n parameters a, b, c for each.
Circuit qisaAnsatz(std::size_t qubits, std::size_t layers = 1);
// As the source had it until February 2025: ring and RY(c) n times over with the same c. 3n parameters.
Circuit qisaHistoricAnsatz(std::size_t qubits);
// QSANN (Li, Zhao, Wang, arXiv 2205.05625): RX, RY on every wire, then `layers` times ring and RY: n(layers + 2)
// parameters.
Circuit qsannAnsatz(std::size_t qubits, std::size_t layers);
// QELM-style: `layers` times RY, RZ on every wire and the CNOT ring: 2n·layers parameters.
Circuit pqcAnsatz(std::size_t qubits, std::size_t layers);
// The circuit of QELM's first text: twice RY on every wire and the chain, then RY: 3n parameters. There qubit 0 is the
// LEAST significant bit; here wire w is QELM's qubit n − 1 − w, so that numbers of basis states agree, and parameters keep
// QELM's order.
Circuit qelmAnsatz(std::size_t qubits);

// Encodings of data: no free parameters.

// ⊗ RY(x_j)|0⟩, one qubit for each component.
Circuit angleEncoding(std::span<const double> data);
// QSANN's: H on every wire, then qsannAnsatz with the data as its angles; data past the last angle are left out, missing
// ones are 0.
Circuit qsannEncoding(std::size_t qubits, std::size_t layers, std::span<const double> data);
// IQP or ZZ feature map (Havlíček et al., Nature 567, 2019): `repetitions` times H on every wire, RZ(2x_j), and for every
// pair j < k CNOT, RZ(2(π − x_j)(π − x_k)), CNOT.
Circuit iqpFeatureMap(std::span<const double> data, std::size_t repetitions = 2);

// Gates that make the amplitudes data/‖data‖ from |0…0⟩ for real data, so that a token's state can be sent to hardware:
// uniformly controlled RY, taken apart into RY and CNOT (Möttönen, Vartiainen, Bergholm, Salomaa, QIC 5, 467, 2005). At
// most 2ⁿ − 1 rotations and 2ⁿ − 2 CNOTs on n qubits. Throws Error (Input) when data has no state.
Circuit amplitudeEncodingCircuit(std::span<const double> data);

// Tests of overlaps.

// Swap test on 1 + 2·qubits wires: H on wire 0, controlled swaps of wires 1 + j and 1 + qubits + j, H on wire 0.
// P(wire 0 = 0) = (1 + |⟨a|b⟩|²)/2.
Circuit swapTestCircuit(std::size_t qubits);

// Hadamard test on 1 + n wires of two preparations on n wires that differ in angles of RY and RZ alone: H on wire 0, the
// first preparation on the others where it is 0 and the second where it is 1, H on wire 0. P(wire 0 = 0) =
// (1 + Re⟨a|b⟩)/2. A rotation by a or b is R((a + b)/2), CNOT, R((a − b)/2), CNOT; gates without an angle are those of both
// and need no control. Throws Error (Failure) on other preparations and on free parameters.
Circuit hadamardTestCircuit(const Circuit& first, const Circuit& second);

}  // namespace ketscope
