// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/circuit_features.h"

#include "core/base/error.h"
#include "core/quantum/gradient.h"

#include <Eigen/Dense>
#include <algorithm>

namespace ketscope {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Index index(std::size_t number) { return static_cast<Eigen::Index>(number); }

// ⟨P⟩ of the amplitude-encoded tokens, gate by gate in the precision of `Real`.
template <typename Real> std::vector<double> expectationsByGates(MatrixView tokens, const CircuitFeatures& features)
{
    BasicStateBatch<Real> batch(features.circuit().qubits(), tokens.rows);
    for (std::size_t token = 0; token < tokens.rows; ++token)
        batch.encode(token, tokens.row(token));
    batch.apply(features.circuit(), features.angles());
    return batch.expectations(features.strings());
}

// The amplitude-encoded tokens as rows (n, 2^qubits).
Matrix encodedRows(MatrixView tokens, std::size_t qubits)
{
    Matrix rows(index(tokens.rows), index(std::size_t{1} << qubits));
    for (std::size_t token = 0; token < tokens.rows; ++token)
        encodeAmplitudes(tokens.row(token), {rows.row(index(token)).data(), std::size_t{1} << qubits});
    return rows;
}

CircuitExecution chosen(CircuitExecution wanted, std::size_t qubits, std::size_t strings)
{
    if (wanted == CircuitExecution::Automatic)
        return qubits <= kUnitaryQubits ? CircuitExecution::Unitary : CircuitExecution::Gates;
    if (wanted == CircuitExecution::Unitary && qubits > kMaximumUnitaryQubits)
        refuse({"circuit as a matrix", "at most " + std::to_string(kMaximumUnitaryQubits) + " qubits",
                std::to_string(qubits), "Run it gate by gate."});
    const std::size_t fits = qubits < 16 ? kMaximumObservableEntries >> (2 * qubits) : 0;
    if (wanted == CircuitExecution::Observables && strings > fits)
        refuse({"precomputed observables",
                "at most " + std::to_string(fits) + " Pauli strings on " + std::to_string(qubits) + " qubits",
                std::to_string(strings), "Run the circuit gate by gate."});
    return wanted;
}

}  // namespace

// Either U, as its real and imaginary parts (2^n, 2^n), or Re U†P_lU of every string.
struct CircuitFeatures::Precomputed {
    Matrix real;
    Matrix imaginary;
    std::vector<Matrix> observables;
};

CircuitFeatures::CircuitFeatures(Circuit circuit, std::vector<double> angles, std::vector<PauliString> strings,
                                 CircuitExecution wanted)
    : m_circuit(std::move(circuit)), m_angles(std::move(angles)), m_strings(std::move(strings)),
      m_execution(chosen(wanted, m_circuit.qubits(), m_strings.size()))
{
    checkParameters(m_circuit, m_angles);
    if (m_execution == CircuitExecution::Gates || m_execution == CircuitExecution::SingleGates)
        return;
    const std::size_t size = std::size_t{1} << m_circuit.qubits();
    StateBatch columns(m_circuit.qubits(), size);
    std::vector<std::complex<double>> basis(size);
    for (std::size_t b = 0; b < size; ++b) {
        basis[b] = 1.0;
        columns.set(b, basis);
        basis[b] = 0.0;
    }
    columns.apply(m_circuit, m_angles);
    auto made = std::make_shared<Precomputed>();
    made->real.resize(index(size), index(size));
    made->imaginary.resize(index(size), index(size));
    for (std::size_t b = 0; b < size; ++b) {
        const auto column = columns.amplitudes(b);
        for (std::size_t row = 0; row < size; ++row) {
            made->real(index(row), index(b)) = column[row].real();
            made->imaginary(index(row), index(b)) = column[row].imag();
        }
    }
    for (std::size_t l = 0; m_execution == CircuitExecution::Observables && l < m_strings.size(); ++l) {
        // P·U moves and turns the rows of U: row b goes to b XOR x with the factor i^y (−1)^popcount(b AND z).
        Eigen::MatrixXcd turned = Eigen::MatrixXcd::Zero(index(size), index(size));
        for (std::size_t b = 0; b < size; ++b) {
            const auto column = columns.amplitudes(b);
            addPauli(1.0, m_strings[l], column, {turned.col(index(b)).data(), size});
        }
        made->observables.emplace_back(made->real.transpose() * turned.real()
                                       + made->imaginary.transpose() * turned.imag());
    }
    m_precomputed = made;
}

std::vector<double> CircuitFeatures::apply(const StateBatch& states) const
{
    StateBatch batch = states.clone();
    batch.apply(m_circuit, m_angles);
    return batch.expectations(m_strings);
}

std::vector<double> CircuitFeatures::applyUnitary(MatrixView tokens) const
{
    const Matrix rows = encodedRows(tokens, m_circuit.qubits());
    const Matrix real = rows * m_precomputed->real.transpose();
    const Matrix imaginary = rows * m_precomputed->imaginary.transpose();
    StateBatch batch(m_circuit.qubits(), tokens.rows);
    std::vector<std::complex<double>> amplitudes(std::size_t{1} << m_circuit.qubits());
    for (std::size_t token = 0; token < tokens.rows; ++token) {
        for (std::size_t b = 0; b < amplitudes.size(); ++b)
            amplitudes[b] = {real(index(token), index(b)), imaginary(index(token), index(b))};
        batch.set(token, amplitudes);
    }
    return batch.expectations(m_strings);
}

std::vector<double> CircuitFeatures::applyObservables(MatrixView tokens) const
{
    const Matrix rows = encodedRows(tokens, m_circuit.qubits());
    std::vector<double> result(tokens.rows * m_strings.size());
    for (std::size_t l = 0; l < m_strings.size(); ++l) {
        const Eigen::VectorXd values = (rows * m_precomputed->observables[l]).cwiseProduct(rows).rowwise().sum();
        for (std::size_t token = 0; token < tokens.rows; ++token)
            result[token * m_strings.size() + l] = values(index(token));
    }
    return result;
}

std::vector<double> CircuitFeatures::apply(MatrixView tokens) const
{
    if (tokens.columns > std::size_t{1} << m_circuit.qubits())
        refuse({"amplitude encoding", "at most " + std::to_string(std::size_t{1} << m_circuit.qubits()) + " numbers",
                std::to_string(tokens.columns), ""});
    switch (m_execution) {
    case CircuitExecution::Unitary: return applyUnitary(tokens);
    case CircuitExecution::Observables: return applyObservables(tokens);
    case CircuitExecution::SingleGates: return expectationsByGates<float>(tokens, *this);
    default: return expectationsByGates<double>(tokens, *this);
    }
}

void CircuitFeatures::backward(MatrixView tokens, std::span<const double> gradients, std::span<double> angles,
                               MutableMatrixView inputs) const
{
    std::vector<double> slopes(tokens.columns);
    for (std::size_t token = 0; token < tokens.rows; ++token) {
        const auto initial = StateVector::encode(tokens.row(token), m_circuit.qubits());
        if (!initial)
            continue;
        std::vector<PauliTerm> terms;
        for (std::size_t l = 0; l < m_strings.size(); ++l)
            if (const double weight = gradients[token * m_strings.size() + l]; weight != 0.0)
                terms.push_back({weight, m_strings[l]});
        if (terms.empty())
            continue;
        const ExpectationGradient found = adjointGradient(m_circuit, m_angles, *initial, terms);
        for (std::size_t p = 0; p < angles.size(); ++p)
            angles[p] += found.parameters[p];
        if (inputs.empty())
            continue;
        encodingGradient(tokens.row(token), found.initial, slopes);
        for (std::size_t i = 0; i < slopes.size(); ++i)
            inputs(token, i) += static_cast<float>(slopes[i]);
    }
}

std::size_t tokensWithoutState(MatrixView tokens)
{
    std::vector<double> unit(tokens.columns);
    std::size_t count = 0;
    for (std::size_t token = 0; token < tokens.rows; ++token)
        count += encodeAmplitudes(tokens.row(token), unit) ? 0 : 1;
    return count;
}

}  // namespace ketscope
