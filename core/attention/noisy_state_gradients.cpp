// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/noisy_state_gradients.h"

#include "core/attention/state_pairs.h"
#include "core/quantum/noisy_gradient.h"

#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

using Complex = std::complex<double>;
using Eigen::Index;

// Σ K X K† on every qubit of X (D, D); for the adjoint of a channel Σ K = its K†.
ComplexDense onEveryQubit(ComplexDense matrix, const KrausOperators& operators)
{
    const Index dimension = matrix.rows();
    for (Index bit = 1; bit < dimension && !operators.empty(); bit *= 2) {
        ComplexDense sum = ComplexDense::Zero(dimension, dimension);
        for (const KrausOperator& k : operators)
            for (Index row = 0; row < dimension; ++row)
                for (Index column = 0; column < dimension; ++column) {
                    const std::size_t a = (row & bit) != 0 ? 2 : 0;
                    const std::size_t b = (column & bit) != 0 ? 2 : 0;
                    const Index row0 = row & ~bit;
                    const Index column0 = column & ~bit;
                    const Complex left0 = k[a] * matrix(row0, column0) + k[a + 1] * matrix(row0 | bit, column0);
                    const Complex left1 =
                        k[a] * matrix(row0, column0 | bit) + k[a + 1] * matrix(row0 | bit, column0 | bit);
                    sum(row, column) += left0 * std::conj(k[b]) + left1 * std::conj(k[b + 1]);
                }
        matrix = std::move(sum);
    }
    return matrix;
}

// Σ_a weights(a) |a⟩⟨a| of the rows of `states`.
ComplexDense weightedDensity(const ComplexDense& states, const Eigen::VectorXd& weights)
{
    return states.transpose() * weights.cast<Complex>().asDiagonal() * states.conjugate();
}

}  // namespace

NoisyStates::NoisyStates(const HeadInput& input, const FidelitySettings& settings)
    : m_input(input), m_settings(settings), m_queries(encodedStates(input.queries, settings)),
      m_keys(encodedStates(input.keys, settings))
{
    checkDensityQubits(settings, input.queries.columns);
}

ComplexDense NoisyStates::seenByQueries(ComplexDense matrix) const
{
    if (m_settings.bothStates)
        matrix = onEveryQubit(std::move(matrix), m_settings.noise.kraus);
    return onEveryQubit(std::move(matrix), adjointOf(m_settings.noise.kraus));
}

ComplexDense NoisyStates::seenByKeys(ComplexDense matrix) const
{
    matrix = onEveryQubit(std::move(matrix), m_settings.noise.kraus);
    return m_settings.bothStates ? onEveryQubit(std::move(matrix), adjointOf(m_settings.noise.kraus)) : matrix;
}

Dense NoisyStates::fidelities() const
{
    Dense result(m_queries.rows(), m_keys.rows());
    for (Index j = 0; j < m_keys.rows(); ++j) {
        const ComplexDense seen = seenByQueries(m_keys.row(j).transpose() * m_keys.row(j).conjugate());
        result.col(j) = m_queries.conjugate().cwiseProduct(m_queries * seen.transpose()).rowwise().sum().real();
    }
    return result;
}

// dF = 2 Re⟨dq|M|q⟩, so that λ of a query is Σ g M |q⟩; likewise of a key.
IqpGradients NoisyStates::backward(const Dense& ofFidelities) const
{
    IqpGradients result;
    ComplexDense lambdas(m_queries.rows(), m_queries.cols());
    for (Index i = 0; i < m_queries.rows(); ++i)
        lambdas.row(i) =
            m_queries.row(i) * seenByQueries(weightedDensity(m_keys, ofFidelities.row(i).transpose())).transpose();
    result.queries = throughEncoding(m_input.queries, lambdas, &result.bandwidth);
    lambdas.resize(m_keys.rows(), m_keys.cols());
    for (Index j = 0; j < m_keys.rows(); ++j)
        lambdas.row(j) = m_keys.row(j) * seenByKeys(weightedDensity(m_queries, ofFidelities.col(j))).transpose();
    result.keys = throughEncoding(m_input.keys, lambdas, &result.bandwidth);
    return result;
}

Dense NoisyStates::throughEncoding(MatrixView vectors, const ComplexDense& lambdas, double* bandwidth) const
{
    if (m_settings.map == StateEncoding::Iqp)
        return iqpBackwards(vectors, m_settings, lambdas, bandwidth);
    Dense result = dense(vectors);  // x, then dL/dx of x/‖x‖
    for (Index i = 0; i < result.rows(); ++i) {
        const double norm = result.row(i).norm();
        const Eigen::RowVectorXd unit = result.row(i) / (norm > 0.0 ? norm : 1.0);
        const Eigen::RowVectorXd slope = 2.0 * lambdas.row(i).head(result.cols()).real();
        if (norm > 0.0)
            result.row(i) = (slope - slope.dot(unit) * unit) / norm;
        else
            result.row(i).setZero();
    }
    return result;
}

// Bloch vectors (d) of every vector's qubits; r is affine in sin and cos, so that its slope is ½(r(θ + π/2) − r(θ − π/2)).
struct NoisyAngles::Points {
    Points(const Dense& vectors, double scale, const KrausOperators& kraus)
    {
        constexpr double kQuarter = 0.5 * std::numbers::pi;
        for (Index i = 0; i < vectors.rows(); ++i)
            for (Index l = 0; l < vectors.cols(); ++l) {
                const double angle = scale * vectors(i, l);
                at.push_back(noisyBloch(angle, kraus));
                const Bloch above = noisyBloch(angle + kQuarter, kraus);
                const Bloch below = noisyBloch(angle - kQuarter, kraus);
                slopes.push_back(
                    {0.5 * (above[0] - below[0]), 0.5 * (above[1] - below[1]), 0.5 * (above[2] - below[2])});
            }
    }

    std::vector<Bloch> at;
    std::vector<Bloch> slopes;
};

namespace {

double dot(const Bloch& a, const Bloch& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

}  // namespace

NoisyAngles::NoisyAngles(const HeadInput& input, const FidelitySettings& settings)
    : m_queries(dense(input.queries)), m_keys(dense(input.keys)), m_scale(settings.bandwidth),
      m_ofQueries(settings.noise.kraus), m_ofKeys(settings.bothStates ? settings.noise.kraus : KrausOperators())
{
}

Dense NoisyAngles::fidelities() const
{
    const Points queries(m_queries, m_scale, m_ofQueries);
    const Points keys(m_keys, m_scale, m_ofKeys);
    const auto d = static_cast<std::size_t>(m_queries.cols());
    Dense result = Dense::Ones(m_queries.rows(), m_keys.rows());
    for (std::size_t i = 0; i < static_cast<std::size_t>(result.rows()); ++i)
        for (std::size_t j = 0; j < static_cast<std::size_t>(result.cols()); ++j)
            for (std::size_t l = 0; l < d; ++l)
                result(static_cast<Index>(i), static_cast<Index>(j)) *=
                    0.5 * (1.0 + dot(queries.at[i * d + l], keys.at[j * d + l]));
    return result;
}

// The factors before and after each one give its slope without a division.
IqpGradients NoisyAngles::backward(const Dense& ofFidelities) const
{
    const Points queries(m_queries, m_scale, m_ofQueries);
    const Points keys(m_keys, m_scale, m_ofKeys);
    const auto d = static_cast<std::size_t>(m_queries.cols());
    IqpGradients result{Dense::Zero(m_queries.rows(), m_queries.cols()), Dense::Zero(m_keys.rows(), m_keys.cols()),
                        0.0};
    std::vector<double> before(d + 1);
    for (Index i = 0; i < m_queries.rows(); ++i)
        for (Index j = 0; j < m_keys.rows(); ++j) {
            const std::size_t firstQuery = static_cast<std::size_t>(i) * d;
            const std::size_t firstKey = static_cast<std::size_t>(j) * d;
            before[0] = ofFidelities(i, j);
            for (std::size_t l = 0; l < d; ++l)
                before[l + 1] = before[l] * 0.5 * (1.0 + dot(queries.at[firstQuery + l], keys.at[firstKey + l]));
            double after = 1.0;
            for (std::size_t l = d; l-- > 0;) {
                const double others = 0.5 * before[l] * after;
                const double ofQuery = others * dot(queries.slopes[firstQuery + l], keys.at[firstKey + l]);
                const double ofKey = others * dot(queries.at[firstQuery + l], keys.slopes[firstKey + l]);
                const auto column = static_cast<Index>(l);
                result.queries(i, column) += m_scale * ofQuery;
                result.keys(j, column) += m_scale * ofKey;
                result.bandwidth += m_queries(i, column) * ofQuery + m_keys(j, column) * ofKey;
                after *= 0.5 * (1.0 + dot(queries.at[firstQuery + l], keys.at[firstKey + l]));
            }
        }
    return result;
}

}  // namespace ketscope
