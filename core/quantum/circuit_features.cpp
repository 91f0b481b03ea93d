// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/circuit_features.h"

#include "core/base/error.h"
#include "core/quantum/batch_gradient.h"
#include "core/quantum/gradient.h"
#include "core/quantum/precomputed_circuit.h"

#include <algorithm>

namespace ketscope {

namespace {

using Matrix = PrecomputedCircuit::Matrix;

Eigen::Index index(std::size_t number) { return static_cast<Eigen::Index>(number); }

template <typename Data> auto rowOf(Data& matrix, std::size_t row)
{
    return std::span(matrix.row(index(row)).data(), static_cast<std::size_t>(matrix.cols()));
}

template <typename Real> BasicStateBatch<Real> encodedBatch(MatrixView tokens, std::size_t qubits)
{
    BasicStateBatch<Real> batch(qubits, tokens.rows);
    for (std::size_t token = 0; token < tokens.rows; ++token)
        batch.encode(token, tokens.row(token));
    return batch;
}

// Few tokens leave the lanes of a batch empty, and above kMaximumBatchQubits there are none.
template <typename Real> bool runsOneByOne(std::size_t qubits, std::size_t tokens)
{
    constexpr std::size_t kWorthwhile = 6;  // qubits from which a single state fills registers by itself
    return qubits > kMaximumBatchQubits || (qubits >= kWorthwhile && 4 * tokens <= BasicStateBatch<Real>::kLanes);
}

template <typename Real> std::vector<double> expectationsOneByOne(MatrixView tokens, const CircuitFeatures& features)
{
    const std::size_t strings = features.strings().size();
    std::vector<double> result(tokens.rows * strings, 0.0);
    for (std::size_t token = 0; token < tokens.rows; ++token) {
        std::optional<StateVector> state = StateVector::encode(tokens.row(token), features.circuit().qubits());
        if (!state)
            continue;
        if constexpr (sizeof(Real) == sizeof(float))
            state = SingleStateVector(*state).apply(features.circuit(), features.angles()).whole();
        else
            state->apply(features.circuit(), features.angles());
        for (std::size_t l = 0; l < strings; ++l)
            result[token * strings + l] = state->expectation(features.strings()[l]);
    }
    return result;
}

// ⟨P⟩ of the amplitude-encoded tokens, gate by gate in the precision of `Real`.
template <typename Real> std::vector<double> expectationsByGates(MatrixView tokens, const CircuitFeatures& features)
{
    if (runsOneByOne<Real>(features.circuit().qubits(), tokens.rows))
        return expectationsOneByOne<Real>(tokens, features);
    BasicStateBatch<Real> batch = encodedBatch<Real>(tokens, features.circuit().qubits());
    batch.apply(features.circuit(), features.angles());
    return batch.expectations(features.strings());
}

// The amplitude-encoded tokens as rows (n, 2^qubits).
Matrix encodedRows(MatrixView tokens, std::size_t qubits)
{
    Matrix rows(index(tokens.rows), index(std::size_t{1} << qubits));
    for (std::size_t token = 0; token < tokens.rows; ++token)
        encodeAmplitudes(tokens.row(token), rowOf(rows, token));
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

CircuitFeatures::CircuitFeatures(Circuit circuit, std::vector<double> angles, std::vector<PauliString> strings,
                                 CircuitExecution wanted)
    : m_circuit(std::move(circuit)), m_angles(std::move(angles)), m_strings(std::move(strings)),
      m_execution(chosen(wanted, m_circuit.qubits(), m_strings.size()))
{
    checkParameters(m_circuit, m_angles);
    if (m_execution == CircuitExecution::Unitary)
        m_precomputed = precomputedCircuit(m_circuit, m_angles, {});
    else if (m_execution == CircuitExecution::Observables)
        m_precomputed = precomputedCircuit(m_circuit, m_angles, m_strings);
}

std::vector<double> CircuitFeatures::apply(const StateBatch& states) const
{
    StateBatch batch = states.clone();
    batch.apply(m_circuit, m_angles);
    return batch.expectations(m_strings);
}

StateBatch CircuitFeatures::statesByMatrix(MatrixView tokens) const
{
    const Matrix rows = encodedRows(tokens, m_circuit.qubits());
    const Matrix real = rows * m_precomputed->real.transpose();
    const Matrix imaginary = rows * m_precomputed->imaginary.transpose();
    StateBatch batch(m_circuit.qubits(), tokens.rows);
    for (std::size_t token = 0; token < tokens.rows; ++token)
        batch.write(token, rowOf(real, token), rowOf(imaginary, token));
    return batch;
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
    case CircuitExecution::Unitary: return statesByMatrix(tokens).expectations(m_strings);
    case CircuitExecution::Observables: return applyObservables(tokens);
    case CircuitExecution::SingleGates: return expectationsByGates<float>(tokens, *this);
    default: return expectationsByGates<double>(tokens, *this);
    }
}

// From U†OU|x̂⟩, whose real part is half the slope by x̂, to the tokens.
void CircuitFeatures::addInputs(MatrixView tokens, const StateBatch& lambda, MutableMatrixView inputs)
{
    std::vector<double> ofAmplitudes(std::size_t{1} << lambda.qubits());
    std::vector<double> slopes(tokens.columns);
    for (std::size_t token = 0; token < tokens.rows; ++token) {
        lambda.read(token, ofAmplitudes, {});
        encodingGradient(tokens.row(token), ofAmplitudes, slopes);
        for (std::size_t i = 0; i < slopes.size(); ++i)
            inputs(token, i) += static_cast<float>(2.0 * slopes[i]);
    }
}

// Σ_t ⟨x̂_t|U†O_tU|x̂_t⟩ = Σ_b ⟨b|U† Σ_t x̂_tb O_tU|x̂_t⟩ has one state for each basis state b in place of the tokens.
void CircuitFeatures::backwardByMatrix(MatrixView tokens, const StateBatch& lambda, std::span<double> angles,
                                       MutableMatrixView inputs) const
{
    const std::size_t size = std::size_t{1} << m_circuit.qubits();
    Matrix real(index(tokens.rows), index(size));
    Matrix imaginary(index(tokens.rows), index(size));
    for (std::size_t token = 0; token < tokens.rows; ++token)
        lambda.read(token, rowOf(real, token), rowOf(imaginary, token));
    if (!inputs.empty()) {
        const Matrix back = real * m_precomputed->real + imaginary * m_precomputed->imaginary;
        StateBatch initial(m_circuit.qubits(), tokens.rows);
        for (std::size_t token = 0; token < tokens.rows; ++token)
            initial.write(token, rowOf(back, token), {});
        addInputs(tokens, initial, inputs);
    }
    if (angles.empty())
        return;
    const Matrix rows = encodedRows(tokens, m_circuit.qubits());
    const Matrix sumReal = rows.transpose() * real;
    const Matrix sumImaginary = rows.transpose() * imaginary;
    const Matrix columnsReal = m_precomputed->real.transpose();
    const Matrix columnsImaginary = m_precomputed->imaginary.transpose();
    StateBatch sums(m_circuit.qubits(), size);
    StateBatch columns(m_circuit.qubits(), size);
    for (std::size_t b = 0; b < size; ++b) {
        sums.write(b, rowOf(sumReal, b), rowOf(sumImaginary, b));
        columns.write(b, rowOf(columnsReal, b), rowOf(columnsImaginary, b));
    }
    sweepBack(m_circuit, m_angles, columns, sums, angles);
}

// Of circuits that no batch holds.
void CircuitFeatures::backwardOneByOne(MatrixView tokens, std::span<const double> gradients, std::span<double> angles,
                                       MutableMatrixView inputs) const
{
    std::vector<double> slopes(tokens.columns);
    for (std::size_t token = 0; token < tokens.rows; ++token) {
        const auto initial = StateVector::encode(tokens.row(token), m_circuit.qubits());
        if (!initial)
            continue;
        std::vector<PauliTerm> terms;
        for (std::size_t l = 0; l < m_strings.size(); ++l)
            terms.push_back({gradients[token * m_strings.size() + l], m_strings[l]});
        const ExpectationGradient found = adjointGradient(m_circuit, m_angles, *initial, terms);
        for (std::size_t p = 0; p < angles.size(); ++p)
            angles[p] += found.parameters[p];
        encodingGradient(tokens.row(token), found.initial, slopes);
        for (std::size_t i = 0; i < inputs.columns; ++i)
            inputs(token, i) += static_cast<float>(slopes[i]);
    }
}

void CircuitFeatures::backward(MatrixView tokens, std::span<const double> gradients, std::span<double> angles,
                               MutableMatrixView inputs) const
{
    if (m_circuit.qubits() > kMaximumBatchQubits)
        return backwardOneByOne(tokens, gradients, angles, inputs);
    StateBatch psi = m_precomputed ? statesByMatrix(tokens) : encodedBatch<double>(tokens, m_circuit.qubits());
    if (!m_precomputed)
        psi.apply(m_circuit, m_angles);
    StateBatch lambda = psi.observed(m_strings, gradients);
    if (m_precomputed && tokens.rows > std::size_t{1} << m_circuit.qubits())
        return backwardByMatrix(tokens, lambda, angles, inputs);
    sweepBack(m_circuit, m_angles, psi, lambda, angles);
    if (!inputs.empty())
        addInputs(tokens, lambda, inputs);
}

std::size_t tokensWithoutState(MatrixView tokens)
{
    std::vector<double> unit(tokens.columns);
    std::size_t count = 0;
    for (std::size_t token = 0; token < tokens.rows; ++token)
        count += encodeAmplitudes(tokens.row(token), unit) == 0.0 ? 1 : 0;
    return count;
}

}  // namespace ketscope
