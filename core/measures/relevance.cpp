// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/relevance.h"

#include "core/base/parallel.h"

#include <Eigen/Dense>
#include <algorithm>

namespace ketscope {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<const Matrix> view(const std::vector<double>& values, std::size_t columns)
{
    const std::size_t rows = columns == 0 ? 0 : values.size() / columns;
    return {values.data(), static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns)};
}

void add(std::vector<double>& to, const Matrix& sum)
{
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i] += sum.data()[i];
}

// (8, 9)
Matrix normed(const std::vector<double>& own, std::size_t tokens)
{
    Matrix rest = view(own, tokens);
    rest.diagonal().array() -= 1.0;
    for (Eigen::Index row = 0; row < rest.rows(); ++row)
        if (const double sum = rest.row(row).sum(); sum != 0.0)
            rest.row(row) /= sum;
    rest.diagonal().array() += 1.0;
    return rest;
}

Tensor asTensor(const std::vector<double>& values, std::size_t columns)
{
    Tensor result({columns == 0 ? 0 : values.size() / columns, columns});
    std::ranges::transform(values, result.data(), [](double value) { return static_cast<float>(value); });
    return result;
}

}  // namespace

std::vector<double> positiveGradientAttention(const Tensor& attention, const Tensor& gradients)
{
    const std::size_t heads = attention.shape()[0], size = attention.size() / heads;
    std::vector<double> mean(size, 0.0);
    parallelFor(attention.shape()[1], heads * attention.shape()[2], [&](std::size_t row) {
        const std::size_t columns = attention.shape()[2];
        for (std::size_t head = 0; head < heads; ++head)
            for (std::size_t i = row * columns; i < (row + 1) * columns; ++i) {
                const double product = static_cast<double>(attention.values()[head * size + i])
                                       * static_cast<double>(gradients.values()[head * size + i]);
                mean[i] += product < 0.0 ? 0.0 : product / static_cast<double>(heads);  // NaN stays
            }
    });
    return mean;
}

RelevanceMaps::RelevanceMaps(std::size_t tokens, std::size_t others)
    : m_tokens(tokens), m_others(others), m_own(tokens * tokens, 0.0), m_across(tokens * others, 0.0)
{
    for (std::size_t token = 0; token < tokens; ++token)
        m_own[token * tokens + token] = 1.0;
}

void RelevanceMaps::addSelfAttention(const Tensor& attention, const Tensor& gradients)
{
    const std::vector<double> mean = positiveGradientAttention(attention, gradients);
    const auto step = view(mean, m_tokens);
    add(m_own, step * view(m_own, m_tokens));
    if (m_others > 0)
        add(m_across, step * view(m_across, m_others));
}

void RelevanceMaps::addCrossAttention(const Tensor& attention, const Tensor& gradients, const RelevanceMaps& others)
{
    const std::vector<double> mean = positiveGradientAttention(attention, gradients);
    const auto step = view(mean, m_others);
    const Matrix across = normed(m_own, m_tokens).transpose() * step * normed(others.m_own, m_others);
    if (others.m_others == m_tokens)
        add(m_own, step * view(others.m_across, m_tokens));
    add(m_across, across);
}

Tensor RelevanceMaps::own() const { return asTensor(m_own, m_tokens); }

Tensor RelevanceMaps::across() const { return asTensor(m_across, m_others); }

}  // namespace ketscope
