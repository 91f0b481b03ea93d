// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/state_vector.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

using Columns = std::vector<std::vector<std::size_t>>;

TEST(Circuit, GateMatricesAreUnitaryAndUndoneByTheirInverse)
{
    for (std::size_t number = 0; number < kGateCount; ++number) {
        const auto gate = static_cast<Gate>(number);
        const GateInfo& info = gateInfo(gate);
        const auto matrix = gateMatrix(gate, 0.7);
        const auto inverse = gateMatrix(inverseGate(gate), info.hasAngle ? -0.7 : 0.0);
        const std::size_t size = std::size_t{1} << info.wires;
        ASSERT_EQ(matrix.size(), size * size) << info.name;
        for (std::size_t i = 0; i < size; ++i)
            for (std::size_t j = 0; j < size; ++j) {
                EXPECT_NEAR(std::abs(inverse[i * size + j] - std::conj(matrix[j * size + i])), 0.0, 1e-15) << info.name;
                std::complex<double> product = 0.0;
                for (std::size_t k = 0; k < size; ++k)
                    product += matrix[i * size + k] * inverse[k * size + j];
                EXPECT_NEAR(std::abs(product - (i == j ? 1.0 : 0.0)), 0.0, 1e-15) << info.name;
                EXPECT_TRUE(!info.diagonal || i == j || matrix[i * size + j] == 0.0) << info.name;
            }
    }
}

TEST(Circuit, ColumnsAreMoments)
{
    Circuit circuit(4);
    circuit.h(0).h(1).cx(0, 3).ry(1, 0.5).x(3).h(2);
    EXPECT_EQ(circuit.columns(), (Columns{{0, 1, 5}, {2, 3}, {4}}));
    EXPECT_EQ(circuit.drawnColumns(), (Columns{{0, 1}, {2}, {3, 4, 5}}));
    EXPECT_EQ(circuit.depth(), 3U);
    EXPECT_EQ(circuit.gateCounts(),
              (std::map<Gate, std::size_t>{{Gate::H, 3}, {Gate::RY, 1}, {Gate::X, 1}, {Gate::CX, 1}}));
    EXPECT_EQ(Circuit(2).depth(), 0U);
}

TEST(Circuit, InverseUndoesAnglesAndOrder)
{
    Circuit circuit(3);
    circuit.add(Gate::S, {0}).ry(1, parameter(4)).rbs(0, 2, 0.25).cswap(0, 1, 2);
    Circuit expected(3);
    expected.cswap(0, 1, 2).rbs(0, 2, -0.25).ry(1, -parameter(4)).add(Gate::SInverse, {0});
    EXPECT_EQ(circuit.inverse(), expected);
    EXPECT_EQ(circuit.inverse().inverse(), circuit);
    EXPECT_EQ(circuit.parameterCount(), 5U);
}

TEST(Circuit, AppendMovesWiresAndParameters)
{
    Circuit part(2);
    part.ry(0, parameter(0)).cx(0, 1).rz(1, parameter(1));
    Circuit whole(3);
    whole.append(part, 3, 1).append(whole);
    EXPECT_EQ(whole.operations().size(), 6U);
    EXPECT_EQ(whole.parameterCount(), 5U);
    EXPECT_EQ(whole.operations()[4].wires[1], 2);
    EXPECT_EQ(whole.operations()[5].angle, parameter(4));
    EXPECT_EQ(whole.slice(0, 3).append(whole.slice(3, 6)), whole);
    const std::vector<double> values = {0, 0, 0, 0.5, -1.5};
    const Circuit bound = whole.bound(values);
    EXPECT_EQ(bound.parameterCount(), 0U);
    EXPECT_EQ(bound.operations()[2].angle, Angle(-1.5));
}

// methods.md §9: q = (1, 2, 3, 0), k = (2, −1, 1, 0).
TEST(Circuit, HadamardTestReadsTheRealPartOfTheOverlap)
{
    const std::vector<double> q = {1, 2, 3, 0};
    const std::vector<double> k = {2, -1, 1, 0};
    const Circuit test = hadamardTestCircuit(amplitudeEncodingCircuit(q), amplitudeEncodingCircuit(k));
    EXPECT_EQ(test.qubits(), 3U);
    StateVector state(3);
    state.apply(test);
    double zero = 0.0;
    for (std::size_t i = 0; i < 4; ++i)
        zero += std::norm(state.amplitudes()[i]);
    EXPECT_NEAR(zero, 0.66366341768, 1e-11);
    EXPECT_THROW(hadamardTestCircuit(Circuit(1).rx(0, 0.1), Circuit(1).rx(0, 0.2)), Error);
    EXPECT_THROW(hadamardTestCircuit(Circuit(1).h(0), Circuit(1).x(0)), Error);
    EXPECT_THROW(hadamardTestCircuit(Circuit(1).ry(0, parameter(0)), Circuit(1).ry(0, 0.2)), Error);
    EXPECT_THROW(hadamardTestCircuit(Circuit(1), Circuit(2)), Error);
}

TEST(Circuit, RefusesWhatIsNoGate)
{
    EXPECT_THROW(Circuit(0), Error);
    EXPECT_THROW(Circuit(65), Error);
    Circuit circuit(2);
    EXPECT_THROW(circuit.h(2), Error);
    EXPECT_THROW(circuit.cx(1, 1), Error);
    EXPECT_THROW(circuit.add(Gate::CX, {0}), Error);
    EXPECT_THROW(circuit.append(Circuit(2), 0, 1), Error);
    EXPECT_THROW(circuit.slice(0, 1), Error);
    circuit.ry(0, parameter(1));
    EXPECT_THROW(circuit.bound(std::vector<double>{1.0}), Error);
}

TEST(Ansatz, HasThePublishedNumbersOfParametersAndGates)
{
    EXPECT_EQ(qisaAnsatz(4).parameterCount(), 12U);
    EXPECT_EQ(qisaAnsatz(4, 3).parameterCount(), 36U);
    EXPECT_EQ(qisaAnsatz(4).gateCounts().at(Gate::CX), 4U);
    EXPECT_EQ(qisaAnsatz(1).gateCounts().count(Gate::CX), 0U);
    EXPECT_EQ(qisaAnsatz(2).gateCounts().at(Gate::CX), 2U);
    EXPECT_EQ(qisaHistoricAnsatz(4).parameterCount(), 12U);
    EXPECT_EQ(qisaHistoricAnsatz(4).gateCounts().at(Gate::CX), 16U);
    EXPECT_EQ(qsannAnsatz(4, 2).parameterCount(), 16U);
    EXPECT_EQ(pqcAnsatz(4, 2).parameterCount(), 16U);
    EXPECT_EQ(qelmAnsatz(5).parameterCount(), 15U);
    EXPECT_EQ(qelmAnsatz(5).gateCounts().at(Gate::CX), 8U);
    EXPECT_EQ(iqpFeatureMap(std::vector<double>{0.1, 0.2, 0.3}).gateCounts().at(Gate::CX), 12U);
    EXPECT_EQ(swapTestCircuit(3).qubits(), 7U);
    EXPECT_EQ(qsannEncoding(3, 1, std::vector<double>(20, 0.1)).parameterCount(), 0U);
}

}  // namespace
}  // namespace ketscope
