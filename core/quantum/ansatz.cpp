// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/ansatz.h"

#include "core/base/error.h"

#include <numbers>

namespace ketscope {

void addRotations(Circuit& circuit, Gate gate, std::size_t firstParameter)
{
    for (std::size_t wire = 0; wire < circuit.qubits(); ++wire)
        circuit.add(gate, {wire}, parameter(firstParameter + wire));
}

void addRing(Circuit& circuit)
{
    const std::size_t n = circuit.qubits();
    for (std::size_t wire = 0; n > 1 && wire < n; ++wire)
        circuit.cx(wire, (wire + 1) % n);
}

void addChain(Circuit& circuit)
{
    for (std::size_t wire = 0; wire + 1 < circuit.qubits(); ++wire)
        circuit.cx(wire, wire + 1);
}

namespace {

// RX(a_j) RY(b_j) wire by wire, as the source does it.
void addRotationPairs(Circuit& circuit, std::size_t firstParameter)
{
    const std::size_t n = circuit.qubits();
    for (std::size_t wire = 0; wire < n; ++wire)
        circuit.rx(wire, parameter(firstParameter + wire)).ry(wire, parameter(firstParameter + n + wire));
}

}  // namespace

Circuit qisaAnsatz(std::size_t qubits, std::size_t layers)
{
    Circuit circuit(qubits);
    for (std::size_t layer = 0; layer < layers; ++layer) {
        addRotationPairs(circuit, 3 * qubits * layer);
        addRing(circuit);
        addRotations(circuit, Gate::RY, 3 * qubits * layer + 2 * qubits);
    }
    return circuit;
}

Circuit qisaHistoricAnsatz(std::size_t qubits)
{
    Circuit circuit(qubits);
    addRotationPairs(circuit, 0);
    for (std::size_t repetition = 0; repetition < qubits; ++repetition) {
        addRing(circuit);
        addRotations(circuit, Gate::RY, 2 * qubits);
    }
    return circuit;
}

Circuit qsannAnsatz(std::size_t qubits, std::size_t layers)
{
    Circuit circuit(qubits);
    addRotationPairs(circuit, 0);
    for (std::size_t layer = 0; layer < layers; ++layer) {
        addRing(circuit);
        addRotations(circuit, Gate::RY, (layer + 2) * qubits);
    }
    return circuit;
}

Circuit pqcAnsatz(std::size_t qubits, std::size_t layers)
{
    Circuit circuit(qubits);
    for (std::size_t layer = 0; layer < layers; ++layer) {
        addRotations(circuit, Gate::RY, 2 * qubits * layer);
        addRotations(circuit, Gate::RZ, 2 * qubits * layer + qubits);
        addRing(circuit);
    }
    return circuit;
}

Circuit qelmAnsatz(std::size_t qubits)
{
    Circuit circuit(qubits);
    const auto wireOf = [qubits](std::size_t qelmQubit) { return qubits - 1 - qelmQubit; };
    const auto rotate = [&](std::size_t firstParameter) {
        for (std::size_t qubit = 0; qubit < qubits; ++qubit)
            circuit.ry(wireOf(qubit), parameter(firstParameter + qubit));
    };
    for (std::size_t layer = 0; layer < 2; ++layer) {
        rotate(layer * qubits);
        for (std::size_t qubit = 0; qubit + 1 < qubits; ++qubit)
            circuit.cx(wireOf(qubit), wireOf(qubit + 1));
    }
    rotate(2 * qubits);
    return circuit;
}

Circuit angleEncoding(std::span<const double> data)
{
    Circuit circuit(data.size());
    for (std::size_t wire = 0; wire < data.size(); ++wire)
        circuit.ry(wire, data[wire]);
    return circuit;
}

Circuit qsannEncoding(std::size_t qubits, std::size_t layers, std::span<const double> data)
{
    const Circuit ansatz = qsannAnsatz(qubits, layers);
    std::vector<double> angles(data.begin(), data.end());
    angles.resize(ansatz.parameterCount(), 0.0);
    Circuit circuit(qubits);
    for (std::size_t wire = 0; wire < qubits; ++wire)
        circuit.h(wire);
    return circuit.append(ansatz.bound(angles));
}

Circuit iqpFeatureMap(std::span<const double> data, std::size_t repetitions)
{
    constexpr double kPi = std::numbers::pi;
    Circuit circuit(data.size());
    for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
        for (std::size_t wire = 0; wire < data.size(); ++wire)
            circuit.h(wire).rz(wire, 2.0 * data[wire]);
        for (std::size_t a = 0; a < data.size(); ++a)
            for (std::size_t b = a + 1; b < data.size(); ++b)
                circuit.cx(a, b).rz(b, 2.0 * (kPi - data[a]) * (kPi - data[b])).cx(a, b);
    }
    return circuit;
}

Circuit swapTestCircuit(std::size_t qubits)
{
    Circuit circuit(1 + 2 * qubits);
    circuit.h(0);
    for (std::size_t j = 0; j < qubits; ++j)
        circuit.cswap(0, 1 + j, 1 + qubits + j);
    return circuit.h(0);
}

Circuit hadamardTestCircuit(const Circuit& first, const Circuit& second)
{
    const auto& ofFirst = first.operations();
    const auto& ofSecond = second.operations();
    if (first.qubits() != second.qubits() || ofFirst.size() != ofSecond.size())
        fail({"Hadamard test", "two preparations of the same gates", "others", ""});
    Circuit circuit(1 + first.qubits());
    circuit.h(0);
    for (std::size_t i = 0; i < ofFirst.size(); ++i) {
        Operation operation = ofFirst[i];
        const Angle a = ofFirst[i].angle;
        const Angle b = ofSecond[i].angle;
        const bool rotation = operation.gate == Gate::RY || operation.gate == Gate::RZ;
        if (operation.gate != ofSecond[i].gate || operation.wires != ofSecond[i].wires || a.index || b.index
            || (!rotation && !(a == b)))
            fail({"Hadamard test", "preparations that differ in angles of RY and RZ alone", "others", ""});
        for (std::size_t wire = 0; wire < operation.usedWires().size(); ++wire)
            ++operation.wires[wire];
        if (a == b) {
            circuit.add(operation, a);
            continue;
        }
        circuit.add(operation, (a.offset + b.offset) / 2.0).cx(0, operation.wires[0]);
        circuit.add(operation, (a.offset - b.offset) / 2.0).cx(0, operation.wires[0]);
    }
    return circuit.h(0);
}

}  // namespace ketscope
