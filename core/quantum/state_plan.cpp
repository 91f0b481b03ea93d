// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/state_plan.h"

#include "core/quantum/gate_application.h"

#include <algorithm>
#include <bit>

namespace ketscope {

namespace {

bool isReal(const QubitMatrix& m)
{
    return std::ranges::all_of(m, [](const std::complex<double>& x) { return x.imag() == 0.0; });
}

// Collects gates into the newest layer as long as they fit after what it already holds.
class Planner {
public:
    explicit Planner(std::size_t qubits) : m_qubits(qubits) { open(); }

    void add(const Operation& operation, double angle)
    {
        const GateInfo& info = gateInfo(operation.gate);
        if (operation.gate == Gate::CX)
            return move(bitNumber(operation.wires[0]), bitNumber(operation.wires[1]));
        if (info.wires > 1)
            return addOther(operation, angle);
        addMatrix(bitNumber(operation.wires[0]), qubitMatrix(operation.gate, angle), info.diagonal);
    }

    std::vector<StateLayer> take()
    {
        close();
        return std::move(m_layers);
    }

private:
    std::size_t bitNumber(std::size_t wire) const { return m_qubits - 1 - wire; }

    void open()
    {
        m_layers.emplace_back(m_qubits);
        m_matrices.assign(m_qubits, std::nullopt);
    }

    StateLayer& layer() { return m_layers.back(); }

    bool isOnlyMoves()
    {
        return !layer().turns && layer().others.empty()
               && std::ranges::none_of(m_matrices, [](const auto& matrix) { return matrix.has_value(); });
    }

    void close()
    {
        layer().gates.reserve(m_qubits);
        for (std::size_t bit = 0; bit < m_qubits; ++bit)
            if (m_matrices[bit])
                layer().gates.push_back(gateOf(*m_matrices[bit], bit));
    }

    static KetscopeQubitGate gateOf(const QubitMatrix& matrix, std::size_t bit)
    {
        KetscopeQubitGate gate{};
        for (std::size_t i = 0; i < 4; ++i) {
            gate.real[i] = matrix[i].real();
            gate.imaginary[i] = matrix[i].imag();
        }
        gate.bit = static_cast<unsigned>(bit);
        gate.isReal = isReal(matrix) ? 1 : 0;
        return gate;
    }

    // CNOT after what the layer does: source(b) becomes source(b with the target flipped where the control is set).
    void move(std::size_t control, std::size_t target)
    {
        if (!isOnlyMoves()) {
            close();
            open();
        }
        layer().moves = true;
        layer().sourceOfBit[control] ^= layer().sourceOfBit[target];
    }

    void addOther(const Operation& operation, double angle)
    {
        Operation bound = operation;
        bound.angle = Angle(angle);
        layer().others.push_back(bound);
    }

    // Diagonal gates wait among the phases, unless their qubit has a complex matrix that takes them up for nothing.
    void addMatrix(std::size_t bit, const QubitMatrix& matrix, bool diagonal)
    {
        if (!layer().others.empty()) {
            close();
            open();
        }
        auto& phases = layer().phases[bit];
        const bool hasPhase = phases[0] != 1.0 || phases[1] != 1.0;
        if (diagonal && (hasPhase || !m_matrices[bit] || isReal(*m_matrices[bit]))) {
            phases[0] = product(phases[0], matrix[0]);
            phases[1] = product(phases[1], matrix[3]);
            layer().turns = true;
            return;
        }
        QubitMatrix result = matrix;
        if (hasPhase)
            result = product(result, {phases[0], 0.0, 0.0, phases[1]});
        if (m_matrices[bit])
            result = product(result, *m_matrices[bit]);
        phases = {1.0, 1.0};
        m_matrices[bit] = result;
    }

    std::size_t m_qubits;
    std::vector<StateLayer> m_layers;
    std::vector<std::optional<QubitMatrix>> m_matrices;
};

}  // namespace

StateLayer::StateLayer(std::size_t qubits) : sourceOfBit(qubits), phases(qubits, {1.0, 1.0})
{
    for (std::size_t bit = 0; bit < qubits; ++bit)
        sourceOfBit[bit] = std::uint32_t{1} << bit;
}

std::vector<StateLayer> planLayers(const Circuit& circuit, std::span<const double> parameters)
{
    checkParameters(circuit, parameters);
    Planner planner(circuit.qubits());
    for (const Operation& operation : circuit.operations())
        planner.add(operation, operation.angle.at(parameters));
    return planner.take();
}

}  // namespace ketscope
