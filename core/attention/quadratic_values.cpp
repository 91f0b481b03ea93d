// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/quadratic_values.h"

#include "core/quantum/state_batch.h"

#include <bit>

namespace ketscope {

namespace {

std::size_t number(Eigen::Index value) { return static_cast<std::size_t>(value); }

// Pu for a real u and a string with an even number of Ys, which is real.
Eigen::VectorXd image(const PauliString& string, const Eigen::VectorXd& u)
{
    const double sign = string.yCount() % 4 == 2 ? -1.0 : 1.0;
    Eigen::VectorXd result(u.size());
    for (Eigen::Index b = 0; b < u.size(); ++b) {
        const bool odd = (std::popcount(number(b) & string.z) & 1) != 0;
        result(static_cast<Eigen::Index>(number(b) ^ string.x)) = (odd ? -sign : sign) * u(b);
    }
    return result;
}

bool isDead(const PauliString& string) { return (string.yCount() & 1) != 0; }

}  // namespace

QuadraticValues::QuadraticValues(std::optional<Dense> map, std::vector<PauliString> strings, bool precomputed)
    : m_map(std::move(map)), m_strings(std::move(strings)), m_precomputed(precomputed)
{
}

Dense QuadraticValues::mapped(const Dense& tokens) const
{
    const auto size = static_cast<Eigen::Index>(std::size_t{1} << m_strings.front().qubits);
    Dense result = Dense::Zero(tokens.rows(), size);
    if (m_map)
        result.leftCols(m_map->rows()) = tokens * m_map->transpose();
    else
        result.leftCols(tokens.cols()) = tokens;
    return result;
}

Dense QuadraticValues::apply(const Dense& tokens) const
{
    Dense values(tokens.rows(), static_cast<Eigen::Index>(m_strings.size()));
    if (m_precomputed) {
        // The columns of L, padded, are the images of the unit vectors.
        const Dense columns = mapped(Dense::Identity(tokens.cols(), tokens.cols()));
        for (std::size_t l = 0; l < m_strings.size(); ++l) {
            Dense turned = Dense::Zero(columns.rows(), columns.cols());
            for (Eigen::Index c = 0; c < columns.rows() && !isDead(m_strings[l]); ++c)
                turned.row(c) = image(m_strings[l], columns.row(c).transpose()).transpose();
            const Dense observable = columns * turned.transpose();
            values.col(static_cast<Eigen::Index>(l)) = (tokens * observable).cwiseProduct(tokens).rowwise().sum();
        }
        return values;
    }
    const Dense u = mapped(tokens);
    const std::size_t size = number(u.cols());
    StateBatch batch(m_strings.front().qubits, number(u.rows()));
    std::vector<std::complex<double>> amplitudes(size);
    for (Eigen::Index token = 0; token < u.rows(); ++token) {
        std::ranges::copy(u.row(token), amplitudes.begin());
        batch.set(number(token), amplitudes);
    }
    return dense(batch.expectations(m_strings), m_strings.size());
}

Dense QuadraticValues::backward(const Dense& tokens, const Dense& gradients, Dense* mapGradient) const
{
    const Dense u = mapped(tokens);
    Dense du = Dense::Zero(u.rows(), u.cols());
    for (Eigen::Index token = 0; token < u.rows(); ++token)
        for (std::size_t l = 0; l < m_strings.size(); ++l)
            if (!isDead(m_strings[l]))
                du.row(token) += 2.0 * gradients(token, static_cast<Eigen::Index>(l))
                                 * image(m_strings[l], u.row(token).transpose()).transpose();
    const Dense kept = du.leftCols(tokens.cols());
    if (mapGradient != nullptr)
        *mapGradient += kept.transpose() * tokens;
    return m_map ? Dense(kept * *m_map) : kept;
}

}  // namespace ketscope
