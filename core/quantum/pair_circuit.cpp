// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/pair_circuit.h"

#include <algorithm>
#include <array>

namespace ketscope {

namespace {

KrausOperators adjointOf(KrausOperators operators)
{
    for (KrausOperator& k : operators)
        k = {std::conj(k[0]), std::conj(k[2]), std::conj(k[1]), std::conj(k[3])};
    return operators;
}

void applyChannel(DensityMatrix& state, const PairCircuit& circuit, const ChannelPoint& point)
{
    if (point.wires.empty()) {
        Noise mixing;
        mixing.registerMixing = circuit.noise.registerMixing;
        state.apply(mixing);
        return;
    }
    const KrausOperators kraus = point.adjoint ? adjointOf(circuit.noise.kraus) : circuit.noise.kraus;
    for (const std::size_t wire : point.wires)
        state.apply(kraus, wire);
}

// Numbers of the operations in the first columns, in the order in which they act.
std::vector<std::size_t> operationsOf(const Circuit& circuit, std::size_t columns)
{
    std::vector<std::size_t> numbers;
    const auto all = circuit.drawnColumns();
    for (std::size_t column = 0; column < std::min(columns, all.size()); ++column)
        numbers.insert(numbers.end(), all[column].begin(), all[column].end());
    std::ranges::sort(numbers);
    return numbers;
}

// Whether the channels before operation `next` have acted when `acted` operations on their wires have: all those whose
// earlier neighbours are among the first columns.
bool hasActed(const PairCircuit& circuit, const ChannelPoint& point, std::span<const std::size_t> acted)
{
    const auto& operations = circuit.circuit.operations();
    for (std::size_t number = 0; number < point.before; ++number) {
        const auto wires = operations[number].usedWires();
        const bool concerns = point.wires.empty() || std::ranges::any_of(wires, [&](std::size_t wire) {
                                  return std::ranges::find(point.wires, wire) != point.wires.end();
                              });
        if (concerns && !std::ranges::binary_search(acted, number))
            return false;
    }
    return true;
}

DensityMatrix densityAfter(const PairCircuit& circuit, std::size_t columns)
{
    DensityMatrix state =
        circuit.initial.empty() ? DensityMatrix(circuit.circuit.qubits()) : DensityMatrix::pure(circuit.initial);
    const std::vector<std::size_t> acted = operationsOf(circuit.circuit, columns);
    auto point = circuit.channels.begin();
    const auto& operations = circuit.circuit.operations();
    for (std::size_t number = 0; number <= operations.size(); ++number) {
        for (; point != circuit.channels.end() && point->before == number; ++point)
            if (hasActed(circuit, *point, acted))
                applyChannel(state, circuit, *point);
        if (number < operations.size() && std::ranges::binary_search(acted, number))
            state.apply(operations[number]);
    }
    return state;
}

StateVector vectorAfter(const PairCircuit& circuit, std::size_t columns)
{
    StateVector state = circuit.initial.empty() ? StateVector(circuit.circuit.qubits()) : StateVector(circuit.initial);
    Circuit part(circuit.circuit.qubits());
    for (const std::size_t number : operationsOf(circuit.circuit, columns))
        part.add(circuit.circuit.operations()[number], circuit.circuit.operations()[number].angle);
    return state.apply(part);
}

bool keepsQubitsApart(const PairCircuit& circuit)
{
    return circuit.initial.empty() && circuit.noise.registerMixing == 0.0
           && std::ranges::all_of(circuit.circuit.operations(),
                                  [](const Operation& operation) { return operation.usedWires().size() == 1; });
}

// What happens to one wire alone, with all its gates.
PairCircuit wireOf(const PairCircuit& circuit, std::size_t wire, std::span<const std::size_t> acted)
{
    PairCircuit single{Circuit(1)};
    single.noise = circuit.noise;
    auto point = circuit.channels.begin();
    const auto& operations = circuit.circuit.operations();
    for (std::size_t number = 0; number <= operations.size(); ++number) {
        for (; point != circuit.channels.end() && point->before == number; ++point)
            if (std::ranges::find(point->wires, wire) != point->wires.end() && hasActed(circuit, *point, acted))
                single.channels.push_back({single.circuit.operations().size(), {0}, point->adjoint});
        if (number < operations.size() && operations[number].wires[0] == wire
            && std::ranges::binary_search(acted, number))
            single.circuit.add(operations[number].gate, {0}, operations[number].angle);
    }
    return single;
}

}  // namespace

std::size_t PairCircuit::columnsOf(const CircuitBlock& block) const
{
    const auto all = circuit.drawnColumns();
    std::size_t last = 0;
    for (std::size_t column = 0; column < all.size(); ++column)
        for (const std::size_t number : all[column])
            if (number < block.last)
                last = column + 1;
    return last;
}

CircuitState stateAfter(const PairCircuit& circuit, std::size_t columns)
{
    CircuitState result;
    const std::size_t qubits = circuit.circuit.qubits();
    if (qubits <= kShownQubits) {
        const StateVector state = vectorAfter(circuit, columns);
        result.amplitudes.assign(state.amplitudes().begin(), state.amplitudes().end());
    }
    if (circuit.hasNoise() && qubits <= DensityMatrix::kMaximumQubits)
        result.density = densityAfter(circuit, columns);
    return result;
}

QubitState qubitOf(const DensityMatrix& state, std::size_t qubit)
{
    const std::array<std::size_t, 1> kept = {qubit};
    const DensityMatrix one = state.reduced(kept);
    return {{2.0 * one(0, 1).real(), -2.0 * one(0, 1).imag(), (one(0, 0) - one(1, 1)).real()}, one.purity()};
}

std::vector<QubitReading> qubitsAfter(const PairCircuit& circuit, std::size_t columns)
{
    const std::size_t qubits = circuit.circuit.qubits();
    std::vector<QubitReading> result(qubits);
    if (keepsQubitsApart(circuit)) {
        const std::vector<std::size_t> acted = operationsOf(circuit.circuit, columns);
        for (std::size_t qubit = 0; qubit < qubits; ++qubit) {
            const PairCircuit wire = wireOf(circuit, qubit, acted);
            result[qubit].pure = vectorAfter(wire, wire.columns()).qubit(0);
            if (circuit.hasNoise())
                result[qubit].noisy = qubitOf(densityAfter(wire, wire.columns()), 0);
        }
        return result;
    }
    const CircuitState state = stateAfter(circuit, columns);
    if (!state.amplitudes.empty()) {
        const StateVector vector(state.amplitudes);
        for (std::size_t qubit = 0; qubit < qubits; ++qubit)
            result[qubit].pure = vector.qubit(qubit);
    }
    for (std::size_t qubit = 0; qubit < qubits && state.density; ++qubit)
        result[qubit].noisy = qubitOf(*state.density, qubit);
    return result;
}

}  // namespace ketscope
