// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/quantum/circuit.h"
#include "core/quantum/pauli.h"

#include <Eigen/Dense>
#include <numbers>
#include <numeric>
#include <vector>

namespace ketscope::test {

// `count` gates of all kinds on random wires; about half of the angles are parameters, some shared.
inline Circuit randomCircuit(std::size_t qubits, std::size_t count, std::uint64_t seed)
{
    RandomStream random({seed}, 0, 17);
    Circuit circuit(qubits);
    while (circuit.operations().size() < count) {
        const auto gate = static_cast<Gate>(random.next() % kGateCount);
        std::vector<std::size_t> wires(qubits);
        std::iota(wires.begin(), wires.end(), 0);
        for (std::size_t i = 0; i + 1 < qubits; ++i)
            std::swap(wires[i], wires[i + random.next() % (qubits - i)]);
        const double value = 6.0 * random.uniform() - 3.0;
        const Angle angle = random.next() % 2 == 0 ? Angle(value) : Angle(random.next() % 4, 0.5 + value, value);
        const std::size_t needed = gateInfo(gate).wires;
        if (needed == 1)
            circuit.add(gate, {wires[0]}, angle);
        else if (needed == 2 && qubits > 1)
            circuit.add(gate, {wires[0], wires[1]}, angle);
        else if (needed == 3 && qubits > 2)
            circuit.add(gate, {wires[0], wires[1], wires[2]}, angle);
    }
    return circuit;
}

inline std::vector<double> randomNumbers(std::size_t count, std::uint64_t seed)
{
    RandomStream random({seed}, 1, 18);
    std::vector<double> numbers(count);
    for (double& x : numbers)
        x = random.normal();
    return numbers;
}

// The matrix of a gate on all qubits, entry by entry from its definition: qubit 0 is the most significant bit.
inline Eigen::MatrixXcd wholeMatrix(const Operation& operation, double angle, std::size_t qubits)
{
    const auto wires = operation.usedWires();
    const auto matrix = gateMatrix(operation.gate, angle);
    const std::size_t size = std::size_t{1} << qubits;
    const auto local = [&](std::size_t number) {
        std::size_t bits = 0;
        for (const std::uint8_t wire : wires)
            bits = 2 * bits + (number >> (qubits - 1 - wire) & 1);
        return bits;
    };
    std::size_t touched = 0;
    for (const std::uint8_t wire : wires)
        touched |= std::size_t{1} << (qubits - 1 - wire);
    Eigen::MatrixXcd whole = Eigen::MatrixXcd::Zero(static_cast<Eigen::Index>(size), static_cast<Eigen::Index>(size));
    for (std::size_t row = 0; row < size; ++row)
        for (std::size_t column = 0; column < size; ++column)
            if ((row & ~touched) == (column & ~touched))
                whole(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(column)) =
                    matrix[(local(row) << wires.size()) + local(column)];
    return whole;
}

// The matrix of a whole circuit, as the product of its gates' matrices.
inline Eigen::MatrixXcd unitaryOf(const Circuit& circuit, std::span<const double> parameters)
{
    const auto size = static_cast<Eigen::Index>(std::size_t{1} << circuit.qubits());
    Eigen::MatrixXcd result = Eigen::MatrixXcd::Identity(size, size);
    for (const Operation& operation : circuit.operations())
        result = wholeMatrix(operation, operation.angle.at(parameters), circuit.qubits()) * result;
    return result;
}

// The matrix of a Pauli string as a Kronecker product.
inline Eigen::MatrixXcd pauliMatrix(const PauliString& string)
{
    const std::complex<double> i(0.0, 1.0);
    Eigen::MatrixXcd result = Eigen::MatrixXcd::Identity(1, 1);
    for (const char letter : string.text()) {
        Eigen::Matrix2cd factor = Eigen::Matrix2cd::Identity();
        if (letter == 'X')
            factor << 0, 1, 1, 0;
        else if (letter == 'Y')
            factor << 0, -i, i, 0;
        else if (letter == 'Z')
            factor << 1, 0, 0, -1;
        Eigen::MatrixXcd next(2 * result.rows(), 2 * result.cols());
        for (Eigen::Index r = 0; r < result.rows(); ++r)
            for (Eigen::Index c = 0; c < result.cols(); ++c)
                next.block<2, 2>(2 * r, 2 * c) = result(r, c) * factor;
        result = next;
    }
    return result;
}

inline Eigen::VectorXcd vectorOf(std::span<const std::complex<double>> amplitudes)
{
    return Eigen::Map<const Eigen::VectorXcd>(amplitudes.data(), static_cast<Eigen::Index>(amplitudes.size()));
}

}  // namespace ketscope::test
