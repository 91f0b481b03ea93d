// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/density_matrix.h"

#include "core/base/error.h"
#include "core/quantum/gate_application.h"
#include "core/quantum/local_operator.h"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <optional>

namespace ketscope {

namespace {

using Complex = DensityMatrix::Complex;
using Matrix = Eigen::Matrix<Complex, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void checkQubits(std::size_t qubits)
{
    if (qubits > DensityMatrix::kMaximumQubits)
        refuse({"density matrix", "at most " + std::to_string(DensityMatrix::kMaximumQubits) + " qubits",
                std::to_string(qubits), "Use fewer qubits, or trajectories."});
}

Matrix matrixOf(const DensityMatrix& state)
{
    const auto size = static_cast<Eigen::Index>(state.dimension());
    Matrix matrix(size, size);
    for (std::size_t row = 0; row < state.dimension(); ++row)
        for (std::size_t column = 0; column < state.dimension(); ++column)
            matrix(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(column)) = state(row, column);
    return matrix;
}

// Diagonal of ρ^M = ρ^a · ρ^b with a + b = M, found without forming that product.
template <typename AnyMatrix> std::vector<double> diagonalOfPower(const AnyMatrix& rho, int power)
{
    AnyMatrix half = AnyMatrix::Identity(rho.rows(), rho.cols());
    for (int factor = 0; factor < power / 2; ++factor)
        half = factor == 0 ? AnyMatrix(rho) : AnyMatrix(half * rho);
    const AnyMatrix other = power % 2 == 0 ? half : AnyMatrix(half * rho);
    const Eigen::VectorXd diagonal = half.cwiseProduct(other.conjugate()).rowwise().sum().real();
    return {diagonal.data(), diagonal.data() + diagonal.size()};
}

double entropyOf(std::span<const double> probabilities)
{
    double entropy = 0.0;
    for (const double p : probabilities)
        entropy -= p > 0.0 ? p * std::log(p) : 0.0;
    return entropy;
}

}  // namespace

DensityMatrix::DensityMatrix(std::size_t qubits) : m_qubits(qubits)
{
    checkQubits(qubits);
    m_real.assign(dimension() * dimension(), 0.0);
    m_real.front() = 1.0;
}

DensityMatrix DensityMatrix::pure(std::span<const Complex> amplitudes)
{
    if (!std::has_single_bit(amplitudes.size()))
        fail({"density matrix", "1, 2, 4, … amplitudes", std::to_string(amplitudes.size()), "Report this."});
    DensityMatrix state(static_cast<std::size_t>(std::bit_width(amplitudes.size()) - 1));
    if (std::ranges::any_of(amplitudes, [](Complex a) { return a.imag() != 0.0; }))
        state.m_imaginary.resize(state.m_real.size());
    for (std::size_t row = 0; row < amplitudes.size(); ++row)
        for (std::size_t column = 0; column < amplitudes.size(); ++column) {
            const Complex entry = amplitudes[row] * std::conj(amplitudes[column]);
            state.m_real[row * amplitudes.size() + column] = entry.real();
            if (!state.m_imaginary.empty())
                state.m_imaginary[row * amplitudes.size() + column] = entry.imag();
        }
    return state;
}

DensityMatrix DensityMatrix::pure(std::span<const double> amplitudes)
{
    return pure(std::vector<Complex>(amplitudes.begin(), amplitudes.end()));
}

DensityMatrix DensityMatrix::observable(std::span<const Complex> entries)
{
    const auto bits = static_cast<std::size_t>(std::bit_width(entries.size()) - 1);
    if (!std::has_single_bit(entries.size()) || bits % 2 != 0)
        fail({"observable", "4^m numbers", std::to_string(entries.size()), "Report this."});
    DensityMatrix result(bits / 2);
    if (std::ranges::any_of(entries, [](Complex entry) { return entry.imag() != 0.0; }))
        result.m_imaginary.resize(result.m_real.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        result.m_real[i] = entries[i].real();
        if (!result.m_imaginary.empty())
            result.m_imaginary[i] = entries[i].imag();
    }
    return result;
}

namespace {

// A channel on one qubit as an operator (4, 4) on that qubit's bits of ρ's row and column.
using ChannelMatrix = std::array<Complex, 16>;

// Σ K ⊗ K*.
ChannelMatrix channelMatrix(const KrausOperators& operators)
{
    ChannelMatrix sum{};
    for (const KrausOperator& k : operators)
        for (std::size_t row = 0; row < 4; ++row)
            for (std::size_t column = 0; column < 4; ++column)
                sum[4 * row + column] += k[2 * (row / 2) + column / 2] * std::conj(k[2 * (row % 2) + column % 2]);
    return sum;
}

ChannelMatrix channelMatrix(const Operation& operation, std::span<const double> parameters)
{
    return channelMatrix(KrausOperators{qubitMatrix(operation.gate, operation.angle.at(parameters))});
}

ChannelMatrix after(const ChannelMatrix& second, const ChannelMatrix& first)
{
    ChannelMatrix result{};
    for (std::size_t row = 0; row < 4; ++row)
        for (std::size_t k = 0; k < 4; ++k)
            for (std::size_t column = 0; column < 4; ++column)
                result[4 * row + column] += product(second[4 * row + k], first[4 * k + column]);
    return result;
}

}  // namespace

// ρ is an array of 2m qubits: those of the row, then those of the column. UρU† is U on the former, U* on the latter.
DensityMatrix& DensityMatrix::apply(const Operation& operation, std::span<const double> parameters)
{
    const auto used = operation.usedWires();
    if (used.size() == 1) {
        act(channelMatrix(operation, parameters), std::array{std::size_t{used[0]}, used[0] + m_qubits});
        return *this;
    }
    if (operation.gate == Gate::CX) {
        exchange(used[0], used[1]);
        return *this;
    }
    std::vector<Complex> matrix = gateMatrix(operation.gate, operation.angle.at(parameters));
    std::vector<std::size_t> wires(used.begin(), used.end());
    act(matrix, wires);
    for (Complex& entry : matrix)
        entry = std::conj(entry);
    for (std::size_t& wire : wires)
        wire += m_qubits;
    act(matrix, wires);
    return *this;
}

// Rows and columns change places.
void DensityMatrix::exchange(std::size_t control, std::size_t target)
{
    const std::size_t size = dimension();
    const std::size_t flip = bitOf(target, m_qubits);
    std::vector<std::size_t> moved;  // of each pair, the one without the target's bit
    for (std::size_t b = 0; b < size; ++b)
        if ((b & bitOf(control, m_qubits)) != 0 && (b & flip) == 0)
            moved.push_back(b);
    for (std::vector<double>* part : {&m_real, &m_imaginary}) {
        if (part->empty())
            continue;
        double* entries = part->data();
        for (const std::size_t row : moved)
            std::swap_ranges(entries + row * size, entries + (row + 1) * size, entries + (row | flip) * size);
        for (double* row = entries; row < entries + size * size; row += size)
            for (const std::size_t column : moved)
                std::swap(row[column], row[column | flip]);
    }
}

void DensityMatrix::act(std::span<const Complex> matrix, std::span<const std::size_t> wires)
{
    if (m_imaginary.empty() && std::ranges::any_of(matrix, [](Complex entry) { return entry.imag() != 0.0; }))
        m_imaginary.resize(m_real.size());
    applyLocal(m_real, m_imaginary, matrix, wires);
}

DensityMatrix& DensityMatrix::apply(const KrausOperators& operators, std::size_t qubit)
{
    if (!operators.empty())
        act(channelMatrix(operators), std::array{qubit, qubit + m_qubits});
    return *this;
}

void DensityMatrix::mix(double lambda)
{
    const double uniform = lambda * trace() / static_cast<double>(dimension());
    for (std::vector<double>* part : {&m_real, &m_imaginary})
        for (double& entry : *part)
            entry *= 1.0 - lambda;
    for (std::size_t i = 0; i < dimension(); ++i)
        m_real[i * dimension() + i] += uniform;
}

DensityMatrix& DensityMatrix::apply(const Noise& noise)
{
    for (std::size_t qubit = 0; qubit < m_qubits; ++qubit)
        apply(noise.kraus, qubit);
    if (noise.registerMixing != 0.0)
        mix(noise.registerMixing);
    return *this;
}

// Gates and channels on one qubit wait, put together as one, until a gate on several qubits needs it.
DensityMatrix& DensityMatrix::apply(const Circuit& circuit, std::span<const double> parameters, const Noise& noise,
                                    NoisePlace place)
{
    checkParameters(circuit, parameters);
    if (circuit.qubits() != m_qubits)
        fail({"density matrix", "a circuit on " + std::to_string(m_qubits) + " qubits",
              std::to_string(circuit.qubits()), "Report this."});
    std::vector<std::optional<ChannelMatrix>> waiting(m_qubits);
    const auto add = [&](std::size_t qubit, const ChannelMatrix& next) {
        waiting[qubit] = waiting[qubit] ? after(next, *waiting[qubit]) : next;
    };
    const auto finish = [&](std::size_t qubit) {
        if (waiting[qubit])
            act(*waiting[qubit], std::array{qubit, qubit + m_qubits});
        waiting[qubit].reset();
    };
    const auto finishAll = [&] {
        for (std::size_t qubit = 0; qubit < m_qubits; ++qubit)
            finish(qubit);
    };
    const ChannelMatrix channel = channelMatrix(noise.kraus);
    for (const Operation& operation : circuit.operations()) {
        if (operation.usedWires().size() == 1) {
            add(operation.wires[0], channelMatrix(operation, parameters));
        } else {
            std::ranges::for_each(operation.usedWires(), finish);
            apply(operation, parameters);
        }
        if (place == NoisePlace::AtEnd)
            continue;
        for (const std::size_t wire : operation.usedWires())
            if (!noise.kraus.empty())
                add(wire, channel);
        if (noise.registerMixing == 0.0)
            continue;
        finishAll();
        mix(noise.registerMixing);
    }
    finishAll();
    return place == NoisePlace::AtEnd ? apply(noise) : *this;
}

double DensityMatrix::trace() const
{
    double sum = 0.0;
    for (std::size_t i = 0; i < dimension(); ++i)
        sum += (*this)(i, i).real();
    return sum;
}

double DensityMatrix::purity() const { return overlap(*this); }

std::vector<double> DensityMatrix::probabilities() const
{
    std::vector<double> result;
    for (std::size_t i = 0; i < dimension(); ++i)
        result.push_back((*this)(i, i).real());
    return result;
}

double DensityMatrix::expectation(const PauliString& string) const
{
    Complex sum = 0.0;
    for (std::size_t b = 0; b < dimension(); ++b) {
        const bool odd = (std::popcount(b & string.z) & 1) != 0;
        const Complex entry = (*this)(b, b ^ string.x);
        sum += odd ? -entry : entry;
    }
    constexpr std::array<Complex, 4> powers = {Complex(1, 0), Complex(0, 1), Complex(-1, 0), Complex(0, -1)};
    return (powers[string.yCount() % 4] * sum).real();
}

// Both are Hermitian: Tr(ρσ) = Σ ρ_ij σ_ij*.
double DensityMatrix::overlap(const DensityMatrix& other) const
{
    double sum = std::inner_product(m_real.begin(), m_real.end(), other.m_real.begin(), 0.0);
    if (!m_imaginary.empty() && !other.m_imaginary.empty())
        sum = std::inner_product(m_imaginary.begin(), m_imaginary.end(), other.m_imaginary.begin(), sum);
    return sum;
}

std::vector<double> DensityMatrix::eigenvalues() const
{
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(matrixOf(*this), Eigen::EigenvaluesOnly);
    const auto& values = solver.eigenvalues();
    return {values.data(), values.data() + values.size()};
}

double DensityMatrix::entropy() const { return entropyOf(eigenvalues()); }

DensityMatrix DensityMatrix::reduced(std::span<const std::size_t> kept) const
{
    std::vector<std::size_t> strides;  // of the kept qubits, then of the others
    std::vector<std::size_t> others;
    for (const std::size_t qubit : kept) {
        if (qubit >= m_qubits || std::ranges::count(kept, qubit) > 1)
            fail({"reduced state", "different qubits below " + std::to_string(m_qubits), std::to_string(qubit),
                  "Report this."});
        strides.push_back(std::size_t{1} << (m_qubits - 1 - qubit));
    }
    for (std::size_t qubit = 0; qubit < m_qubits; ++qubit)
        if (std::ranges::find(kept, qubit) == kept.end())
            others.push_back(std::size_t{1} << (m_qubits - 1 - qubit));
    const auto index = [](std::size_t number, std::span<const std::size_t> places) {
        std::size_t result = 0;
        for (std::size_t i = 0; i < places.size(); ++i)
            result += ((number >> (places.size() - 1 - i)) & 1) * places[i];
        return result;
    };
    DensityMatrix result(kept.size());
    if (!m_imaginary.empty())
        result.m_imaginary.resize(result.m_real.size());
    for (std::size_t row = 0; row < result.dimension(); ++row)
        for (std::size_t column = 0; column < result.dimension(); ++column) {
            Complex sum = 0.0;
            for (std::size_t rest = 0; rest < (std::size_t{1} << others.size()); ++rest)
                sum += (*this)(index(row, strides) + index(rest, others), index(column, strides) + index(rest, others));
            result.m_real[row * result.dimension() + column] = sum.real();
            if (!m_imaginary.empty())
                result.m_imaginary[row * result.dimension() + column] = sum.imag();
        }
    return result;
}

double DensityMatrix::coherenceL1() const
{
    double sum = 0.0;
    for (std::size_t row = 0; row < dimension(); ++row)
        for (std::size_t column = 0; column < dimension(); ++column)
            sum += row == column ? 0.0 : std::abs((*this)(row, column));
    return sum;
}

double DensityMatrix::coherenceRelativeEntropy() const { return entropyOf(probabilities()) - entropy(); }

std::vector<double> DensityMatrix::distilled(int copies, double* powerTrace) const
{
    const Matrix rho = matrixOf(*this);
    std::vector<double> result = m_imaginary.empty() ? diagonalOfPower<Eigen::MatrixXd>(rho.real(), copies)
                                                     : diagonalOfPower<Matrix>(rho, copies);
    const double trace = std::accumulate(result.begin(), result.end(), 0.0);
    if (powerTrace != nullptr)
        *powerTrace = trace;
    for (double& p : result)
        p /= trace;
    return result;
}

}  // namespace ketscope
