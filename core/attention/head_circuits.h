// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/projected_head.h"
#include "core/quantum/circuit_features.h"

namespace ketscope {

// The circuits of one head: of its queries, keys and values.
enum class HeadCircuit : std::uint32_t { Queries, Keys, Values };

// "angles_q", "angles_k", "angles_v": the names of the tensors of their angles.
std::string anglesName(HeadCircuit which);

// (count) angles from U(−π, π), from the head's seed.
TensorPointer initialAngles(const HeadInput& input, HeadCircuit which, std::size_t count);

// "pauli_strings" (count, qubits), letters I, X, Y, Z as 0 … 3: drawn once from the head's seed, the same for its queries,
// keys and values, and kept with trained tensors, without which trained angles mean nothing. Distinct ones as far as there
// are enough, then again from the start.
TensorPointer initialStrings(const HeadInput& input, std::size_t qubits, std::size_t count,
                             const PauliDrawing& drawing);
// Those that the head was trained with, as far as they fit; else the initial ones. Drawing takes long.
TensorPointer knownOrInitialStrings(const HeadInput& input, std::size_t qubits, std::size_t count,
                                    const PauliDrawing& drawing);
std::vector<PauliString> stringsOf(std::span<const double> letters, std::size_t qubits);

// "execution": how expectations are found.
Parameter executionParameter();
CircuitExecution executionOf(const Parameters& parameters);

// Operations of running a circuit and measuring strings on so many tokens: 14 for each gate and pair of amplitudes, 5 for
// each string and amplitude.
double circuitFlops(const Circuit& circuit, std::size_t strings, double tokens);

// Qubits, depth, gates and how expectations were found, for the trace.
std::vector<Diagnostic> circuitDiagnostics(const CircuitFeatures& features, std::size_t stateless);

// The gradient (tokens, f) of projections to a circuit's angles and the tokens it was given.
void addCircuitGradients(const CircuitFeatures& features, HeadCircuit which, MatrixView tokens, const Dense& gradients,
                         MutableMatrixView ofTokens, const HeadGradients& into);

// The circuit of a query or a key on the state that its token is loaded as, with that state and the one it ends in.
// `token` may be any length up to 2^qubits; nothing is added for a token without a state.
void addTokenCircuit(PairReading& reading, const CircuitFeatures& features, PairRole role,
                     std::span<const float> token);

// Values (m, dv) from expectations in double.
Tensor valueTensor(const Dense& values);

}  // namespace ketscope
