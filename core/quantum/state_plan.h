// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/amplitudes.h"
#include "core/quantum/circuit.h"
#include "core/quantum/state_kernel.h"

namespace ketscope {

// Several gates that run together. First basis states move: amplitude b of the result comes from the basis state
// source(b) = sourceOfZero XOR sourceOfBit[p] over the bits p that are set in b (all that CNOT and X can do). Then one
// matrix for each bit that has one. Then phases: amplitude b gets the product over p of phases[p], one of two numbers. Last
// the gates that fit nowhere else, one by one.
struct StateLayer {
    explicit StateLayer(std::size_t qubits);

    bool moves = false;
    std::vector<std::uint32_t> sourceOfBit;
    std::uint32_t sourceOfZero = 0;
    std::vector<KetscopeQubitGate> gates;  // of bits in rising order
    bool turns = false;
    std::vector<std::array<std::complex<double>, 2>> phases;
    std::vector<Operation> others;  // their angles are numbers
};

// A circuit with its parameters put in, cut into layers.
std::vector<StateLayer> planLayers(const Circuit& circuit, std::span<const double> parameters);

// Runs the layers on 2ⁿ amplitudes, in double or single precision; large states in parallel. The same bits for any number
// of threads.
template <typename Real> void runLayers(const std::vector<StateLayer>& layers, BasicAmplitudes<Real>& state);

// Runs the layers on kStateLanesOf<Real> states at once: 2ⁿ amplitudes of a batch (state_kernel.h), of double or float;
// `spare` has the same size. The result is in `state` when this returns.
template <typename Real>
void runLayersOnBatch(const std::vector<StateLayer>& layers, std::size_t qubits, Real* state, Real* spare);

}  // namespace ketscope
