// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/transport.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ketscope {

namespace {

// Scores over ε, of the rows that count.
struct Scores {
    std::vector<std::size_t> rows;
    std::size_t columns = 0;
    std::vector<double> scaled;

    double at(std::size_t row, std::size_t column) const { return scaled[row * columns + column]; }
};

Scores scoresOf(MatrixView scores, std::span<const std::uint8_t> rows, double regularisation)
{
    Scores found;
    found.columns = scores.columns;
    float least = std::numeric_limits<float>::max(), most = std::numeric_limits<float>::lowest();
    for (std::size_t row = 0; row < scores.rows; ++row) {
        if (!rows.empty() && rows[row] == 0)
            continue;
        found.rows.push_back(row);
        for (const float score : scores.row(row)) {
            if (!std::isfinite(score))
                refuse({"transport", "finite scores", "a score that is not a number", ""});
            least = std::min(least, score);
            most = std::max(most, score);
        }
    }
    if (found.rows.empty() || scores.columns == 0)
        refuse({"transport", "at least one row and one column", "none", ""});
    const double range = static_cast<double>(most) - static_cast<double>(least);
    const double epsilon = range > 0.0 ? regularisation * range : 1.0;
    for (const std::size_t row : found.rows)
        for (const float score : scores.row(row))
            found.scaled.push_back(static_cast<double>(score) / epsilon);
    return found;
}

// log Σ exp(score + potential) along one row or column.
template <typename Term> double logSum(std::size_t count, const Term& term)
{
    double largest = term(0);
    for (std::size_t i = 1; i < count; ++i)
        largest = std::max(largest, term(i));
    double sum = 0.0;
    for (std::size_t i = 0; i < count; ++i)
        sum += std::exp(term(i) - largest);
    return largest + std::log(sum);
}

}  // namespace

TransportPlan entropicTransport(MatrixView scores, std::span<const std::uint8_t> rows, const TransportOptions& options)
{
    const Scores from = scoresOf(scores, rows, options.regularisation);
    const std::size_t n = from.rows.size(), m = from.columns;
    const double logRow = -std::log(static_cast<double>(n)), logColumn = -std::log(static_cast<double>(m));
    std::vector<double> f(n, 0.0), g(m, 0.0);
    TransportPlan result;
    while (result.iterations < options.mostIterations && !result.converged) {
        for (std::size_t i = 0; i < n; ++i)
            f[i] = logRow - logSum(m, [&](std::size_t j) { return from.at(i, j) + g[j]; });
        for (std::size_t j = 0; j < m; ++j)
            g[j] = logColumn - logSum(n, [&](std::size_t i) { return from.at(i, j) + f[i]; });
        ++result.iterations;
        result.marginalError = 0.0;
        for (std::size_t i = 0; i < n; ++i)
            result.marginalError += std::abs(
                std::exp(f[i] + logSum(m, [&](std::size_t j) { return from.at(i, j) + g[j]; })) - std::exp(logRow));
        result.converged = result.marginalError < options.tolerance;
    }
    result.plan = Tensor::zeros({scores.rows, m});
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < m; ++j)
            result.plan.matrix()(from.rows[i], j) = static_cast<float>(std::exp(from.at(i, j) + f[i] + g[j]));
    return result;
}

}  // namespace ketscope
