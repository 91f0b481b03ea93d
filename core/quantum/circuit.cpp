// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/circuit.h"

#include "core/base/error.h"

#include <algorithm>
#include <string>

namespace ketscope {

Angle Angle::operator-() const
{
    Angle negative = *this;
    negative.offset = -offset;
    negative.factor = -factor;
    return negative;
}

Circuit::Circuit(std::size_t qubits) : m_qubits(qubits)
{
    if (qubits == 0 || qubits > kMaximumQubits)
        refuse({"circuit", "1 to " + std::to_string(kMaximumQubits) + " qubits", std::to_string(qubits), ""});
}

Circuit& Circuit::add(Gate gate, std::initializer_list<std::size_t> wires, const Angle& angle)
{
    const GateInfo& info = gateInfo(gate);
    if (wires.size() != info.wires)
        fail({"gate " + std::string(info.name), std::to_string(info.wires) + " wires", std::to_string(wires.size()),
              ""});
    Operation operation{gate, {}, info.hasAngle ? angle : Angle()};
    std::size_t used = 0;
    for (const std::size_t wire : wires) {
        if (wire >= m_qubits || std::ranges::count(wires, wire) > 1)
            fail({"gate " + std::string(info.name), "different wires below " + std::to_string(m_qubits),
                  "wire " + std::to_string(wire), ""});
        operation.wires[used++] = static_cast<std::uint8_t>(wire);
    }
    if (operation.angle.index)
        m_parameters = std::max(m_parameters, *operation.angle.index + 1);
    m_operations.push_back(operation);
    return *this;
}

Circuit& Circuit::add(const Operation& operation, const Angle& angle)
{
    const auto& [a, b, c] = operation.wires;
    switch (gateInfo(operation.gate).wires) {
    case 1: return add(operation.gate, {a}, angle);
    case 2: return add(operation.gate, {a, b}, angle);
    default: return add(operation.gate, {a, b, c}, angle);
    }
}

Circuit& Circuit::append(const Circuit& other, std::size_t firstParameter, std::size_t firstWire)
{
    if (firstWire + other.m_qubits > m_qubits)
        fail({"appended circuit", "at most " + std::to_string(m_qubits) + " qubits",
              std::to_string(firstWire + other.m_qubits), ""});
    const std::vector<Operation> added = other.m_operations;  // a copy: `other` may be this circuit
    for (Operation operation : added) {
        for (std::size_t i = 0; i < gateInfo(operation.gate).wires; ++i)
            operation.wires[i] = static_cast<std::uint8_t>(operation.wires[i] + firstWire);
        if (operation.angle.index) {
            *operation.angle.index += firstParameter;
            m_parameters = std::max(m_parameters, *operation.angle.index + 1);
        }
        m_operations.push_back(operation);
    }
    return *this;
}

Circuit Circuit::inverse() const
{
    Circuit result = *this;
    std::ranges::reverse(result.m_operations);
    for (Operation& operation : result.m_operations) {
        operation.gate = inverseGate(operation.gate);
        if (gateInfo(operation.gate).hasAngle)
            operation.angle = -operation.angle;
    }
    return result;
}

Circuit Circuit::slice(std::size_t first, std::size_t last) const
{
    if (first > last || last > m_operations.size())
        fail(
            {"slice of a circuit", "positions up to " + std::to_string(m_operations.size()), std::to_string(last), ""});
    Circuit result = *this;
    result.m_operations.assign(m_operations.begin() + static_cast<std::ptrdiff_t>(first),
                               m_operations.begin() + static_cast<std::ptrdiff_t>(last));
    return result;
}

Circuit Circuit::bound(std::span<const double> parameters) const
{
    checkParameters(*this, parameters);
    Circuit result = *this;
    result.m_parameters = 0;
    for (Operation& operation : result.m_operations)
        operation.angle = Angle(operation.angle.at(parameters));
    return result;
}

std::vector<std::vector<std::size_t>> Circuit::columnsOf(bool drawn) const
{
    std::vector<std::vector<std::size_t>> columns;
    std::vector<std::size_t> next(m_qubits, 0);  // the first column in which a wire is free
    for (std::size_t number = 0; number < m_operations.size(); ++number) {
        const auto used = m_operations[number].usedWires();
        std::vector<std::size_t> wires(used.begin(), used.end());
        if (drawn) {
            const auto [low, high] = std::ranges::minmax(used);
            wires.clear();
            for (std::size_t wire = low; wire <= high; ++wire)
                wires.push_back(wire);
        }
        std::size_t column = 0;
        for (const std::size_t wire : wires)
            column = std::max(column, next[wire]);
        for (const std::size_t wire : wires)
            next[wire] = column + 1;
        if (column == columns.size())
            columns.emplace_back();
        columns[column].push_back(number);
    }
    return columns;
}

std::vector<std::vector<std::size_t>> Circuit::columns() const { return columnsOf(false); }

std::vector<std::vector<std::size_t>> Circuit::drawnColumns() const { return columnsOf(true); }

std::map<Gate, std::size_t> Circuit::gateCounts() const
{
    std::map<Gate, std::size_t> counts;
    for (const Operation& operation : m_operations)
        ++counts[operation.gate];
    return counts;
}

void checkParameters(const Circuit& circuit, std::span<const double> parameters)
{
    if (parameters.size() != circuit.parameterCount())
        fail({"circuit", std::to_string(circuit.parameterCount()) + " parameters", std::to_string(parameters.size()),
              ""});
}

}  // namespace ketscope
