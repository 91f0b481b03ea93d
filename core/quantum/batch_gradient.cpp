// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/batch_gradient.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/quantum/gate_application.h"
#include "core/quantum/gradient.h"
#include "core/quantum/state_kernels.h"
#include "core/quantum/state_plan.h"

#include <algorithm>

namespace ketscope {

namespace {

// Operations [first, last) that are undone together: gates on single qubits, or others without parameters, or one other
// with a parameter.
struct Stage {
    std::size_t first;
    std::size_t last;
    bool single;  // gates on single qubits
    std::vector<StateLayer> undo;
    std::vector<std::size_t> wires;  // of single gates with parameters
    std::size_t sums;                // where its sums begin: one matrix for each of the wires, or one slope
};

// C_rc = Σ conj(λ_r) ψ_c of a qubit's two halves, row-major, as (re, im).
constexpr std::size_t kMatrixNumbers = 8;

bool isSingle(const Operation& operation) { return gateInfo(operation.gate).wires == 1; }

bool holds(const std::vector<std::size_t>& wires, std::size_t wire)
{
    return std::ranges::find(wires, wire) != wires.end();
}

std::vector<Stage> stagesOf(const Circuit& circuit, std::span<const double> parameters)
{
    const auto& operations = circuit.operations();
    std::vector<Stage> stages;
    std::size_t sums = 0;
    for (std::size_t first = 0, last = 0; first < operations.size(); first = last) {
        Stage stage{first, 0, isSingle(operations[first]), {}, {}, sums};
        const bool alone = !stage.single && operations[first].angle.index;
        for (last = first + 1; last < operations.size() && !alone; ++last) {
            const Operation& next = operations[last];
            if (isSingle(next) != stage.single || (!stage.single && next.angle.index))
                break;
        }
        stage.last = last;
        for (std::size_t i = first; i < last && stage.single; ++i)
            if (operations[i].angle.index && !holds(stage.wires, operations[i].wires[0]))
                stage.wires.push_back(operations[i].wires[0]);
        sums += stage.wires.size() * kMatrixNumbers + (alone ? 1 : 0);
        stage.undo = planLayers(circuit.slice(first, last).inverse(), parameters);
        stages.push_back(std::move(stage));
    }
    return stages;
}

// Im⟨λ|P|ψ⟩ for e^(−iθP/2), from the sums over a qubit's halves.
double rotationSlope(Gate gate, const QubitMatrix& c)
{
    switch (gate) {
    case Gate::RX: return c[1].imag() + c[2].imag();
    case Gate::RY: return c[2].real() - c[1].real();  // ⟨0|Y|1⟩ = −i, ⟨1|Y|0⟩ = i
    default: return c[0].imag() - c[3].imag();
    }
}

// Both states before a gate: C becomes Gᵀ C G*.
QubitMatrix before(const QubitMatrix& gate, const QubitMatrix& c)
{
    const QubitMatrix transposed = {gate[0], gate[2], gate[1], gate[3]};
    const QubitMatrix conjugate = {std::conj(gate[0]), std::conj(gate[1]), std::conj(gate[2]), std::conj(gate[3])};
    return product(product(transposed, c), conjugate);
}

class Sweep {
public:
    Sweep(const Circuit& circuit, std::span<const double> parameters, StateBatch& psi, StateBatch& lambda, bool slopes)
        : m_circuit(circuit), m_parameters(parameters), m_psi(psi), m_lambda(lambda),
          m_stages(stagesOf(circuit, parameters)), m_slopes(slopes)
    {
        if (!m_stages.empty())
            m_width = m_stages.back().sums + std::max<std::size_t>(m_stages.back().wires.size() * kMatrixNumbers, 1);
    }

    // The sums of all groups of states, added in their order.
    std::vector<double> run()
    {
        const std::size_t size = (std::size_t{2} << m_psi.qubits()) * StateBatch::kLanes;
        std::vector<double> parts(m_psi.groups() * m_width, 0.0);
        parallelFor(m_psi.groups(), 2 * size * m_stages.size(), [&](std::size_t group) {
            const std::shared_ptr<float> spare = allocateFloats(size * (sizeof(double) / sizeof(float)));
            for (std::size_t s = m_stages.size(); s-- > 0;)
                undo(s, group, {parts.data() + group * m_width, m_width}, reinterpret_cast<double*>(spare.get()));
        });
        std::vector<double> sums(m_width, 0.0);
        for (std::size_t i = 0; i < parts.size(); ++i)
            sums[i % m_width] += parts[i];
        return sums;
    }

    void addSlopes(std::span<const double> sums, std::span<double> slopes) const
    {
        for (const Stage& stage : m_stages) {
            const Operation& first = m_circuit.operations()[stage.first];
            if (!stage.single && first.angle.index)
                slopes[*first.angle.index] += first.angle.factor * sums[stage.sums];
            for (std::size_t w = 0; w < stage.wires.size(); ++w)
                addWire(stage, w, sums, slopes);
        }
    }

private:
    void undo(std::size_t number, std::size_t group, std::span<double> sums, double* spare)
    {
        const Stage& stage = m_stages[number];
        const std::size_t qubits = m_psi.qubits();
        const Operation& first = m_circuit.operations()[stage.first];
        if (m_slopes && !stage.single && first.angle.index)
            sums[stage.sums] = slopeOfStates(first, group);
        for (std::size_t w = 0; m_slopes && w < stage.wires.size(); ++w)
            stateKernels().crossBatch(m_lambda.group(group), m_psi.group(group), std::size_t{1} << qubits,
                                      static_cast<unsigned>(qubits - 1 - stage.wires[w]),
                                      sums.data() + stage.sums + w * kMatrixNumbers);
        runLayersOnBatch(stage.undo, qubits, m_lambda.group(group), spare);
        if (m_slopes && number > 0)
            runLayersOnBatch(stage.undo, qubits, m_psi.group(group), spare);
    }

    // State by state, for the few gates on several qubits that have a parameter.
    double slopeOfStates(const Operation& operation, std::size_t group) const
    {
        double sum = 0.0;
        const std::size_t first = group * StateBatch::kLanes;
        for (std::size_t i = first; i < std::min(first + StateBatch::kLanes, m_psi.count()); ++i)
            sum += operationSlope(operation, m_psi.qubits(), m_lambda.amplitudes(i), m_psi.amplitudes(i));
        return sum;
    }

    void addWire(const Stage& stage, std::size_t w, std::span<const double> sums, std::span<double> slopes) const
    {
        QubitMatrix c;
        for (std::size_t k = 0; k < c.size(); ++k) {
            const std::size_t at = stage.sums + w * kMatrixNumbers + 2 * k;
            c[k] = {sums[at], sums[at + 1]};
        }
        for (std::size_t i = stage.last; i-- > stage.first;) {
            const Operation& operation = m_circuit.operations()[i];
            if (operation.wires[0] != stage.wires[w])
                continue;
            const Angle& angle = operation.angle;
            if (angle.index)
                slopes[*angle.index] += angle.factor * rotationSlope(operation.gate, c);
            c = before(qubitMatrix(operation.gate, angle.at(m_parameters)), c);
        }
    }

    const Circuit& m_circuit;
    std::span<const double> m_parameters;
    StateBatch& m_psi;
    StateBatch& m_lambda;
    std::vector<Stage> m_stages;
    bool m_slopes;
    std::size_t m_width = 0;
};

}  // namespace

void sweepBack(const Circuit& circuit, std::span<const double> parameters, StateBatch& psi, StateBatch& lambda,
               std::span<double> slopes)
{
    checkParameters(circuit, parameters);
    if (psi.qubits() != circuit.qubits() || lambda.qubits() != circuit.qubits() || psi.count() != lambda.count())
        fail({"states to differentiate", std::to_string(circuit.qubits()) + " qubits, as many of both",
              std::to_string(psi.qubits()) + " and " + std::to_string(lambda.qubits()), ""});
    Sweep sweep(circuit, parameters, psi, lambda, !slopes.empty());
    const std::vector<double> sums = sweep.run();
    if (!slopes.empty())
        sweep.addSlopes(sums, slopes);
}

}  // namespace ketscope
