// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/gate.h"

#include <array>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>

namespace ketscope {

// The angle of a gate: a number, or factor · (parameter `index` of the circuit) + offset. Several gates may share one
// parameter.
struct Angle {
    Angle() = default;
    Angle(double value) : offset(value) {}  // implicit on purpose: circuit.ry(0, 0.5)
    Angle(std::size_t parameter, double scale, double shift) : offset(shift), factor(scale), index(parameter) {}

    double at(std::span<const double> parameters) const
    {
        return index ? factor * parameters[*index] + offset : offset;
    }
    Angle operator-() const;
    bool operator==(const Angle&) const = default;

    double offset = 0.0;
    double factor = 0.0;
    std::optional<std::size_t> index;
};

// Parameter `index` as the angle of a gate.
inline Angle parameter(std::size_t index) { return {index, 1.0, 0.0}; }

struct Operation {
    Gate gate = Gate::H;
    std::array<std::uint8_t, 3> wires{};  // the first gateInfo(gate).wires of them
    Angle angle;

    std::span<const std::uint8_t> usedWires() const { return {wires.data(), gateInfo(gate).wires}; }
    bool operator==(const Operation&) const = default;
};

// A quantum circuit as a plain value: gates in the order in which they act, from |0…0⟩ or from an encoded state. Qubit 0
// is the most significant bit of a basis state's number. Circuits of the field's building blocks are in ansatz.h.
class Circuit {
public:
    static constexpr std::size_t kMaximumQubits = 64;

    // Throws Error (Input) unless 1 ≤ qubits ≤ kMaximumQubits.
    explicit Circuit(std::size_t qubits);

    std::size_t qubits() const { return m_qubits; }
    std::size_t parameterCount() const { return m_parameters; }  // largest index used + 1
    const std::vector<Operation>& operations() const { return m_operations; }
    bool operator==(const Circuit&) const = default;

    // Appends one gate. Throws Error (Failure) on a wire that is not there or named twice, or a wrong number of wires.
    Circuit& add(Gate gate, std::initializer_list<std::size_t> wires, const Angle& angle = {});
    // The same operation with another angle.
    Circuit& add(const Operation& operation, const Angle& angle);
    Circuit& rx(std::size_t wire, const Angle& angle) { return add(Gate::RX, {wire}, angle); }
    Circuit& ry(std::size_t wire, const Angle& angle) { return add(Gate::RY, {wire}, angle); }
    Circuit& rz(std::size_t wire, const Angle& angle) { return add(Gate::RZ, {wire}, angle); }
    Circuit& h(std::size_t wire) { return add(Gate::H, {wire}); }
    Circuit& x(std::size_t wire) { return add(Gate::X, {wire}); }
    Circuit& cx(std::size_t control, std::size_t target) { return add(Gate::CX, {control, target}); }
    Circuit& cz(std::size_t control, std::size_t target) { return add(Gate::CZ, {control, target}); }
    Circuit& cswap(std::size_t control, std::size_t a, std::size_t b) { return add(Gate::CSwap, {control, a, b}); }
    Circuit& rbs(std::size_t a, std::size_t b, const Angle& angle) { return add(Gate::RBS, {a, b}, angle); }

    // Appends another circuit: its wire w becomes firstWire + w, its parameter p becomes firstParameter + p.
    Circuit& append(const Circuit& other, std::size_t firstParameter = 0, std::size_t firstWire = 0);

    Circuit inverse() const;
    // Operations [first, last) alone, with the same qubits and parameters.
    Circuit slice(std::size_t first, std::size_t last) const;
    // With the parameters' values in place of the parameters. Throws Error (Failure) unless there are parameterCount().
    Circuit bound(std::span<const double> parameters) const;

    // Moments: numbers of the operations that can act at once, each as early as its wires allow.
    std::vector<std::vector<std::size_t>> columns() const;
    // As columns(), but a gate on several wires keeps those between them free too, so that a column can be drawn.
    std::vector<std::vector<std::size_t>> drawnColumns() const;
    std::size_t depth() const { return columns().size(); }
    std::map<Gate, std::size_t> gateCounts() const;

private:
    std::vector<std::vector<std::size_t>> columnsOf(bool drawn) const;

    std::size_t m_qubits;
    std::size_t m_parameters = 0;
    std::vector<Operation> m_operations;
};

// Throws Error (Failure) unless there is one value for each parameter of the circuit.
void checkParameters(const Circuit& circuit, std::span<const double> parameters);

}  // namespace ketscope
