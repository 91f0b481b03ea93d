// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/map_errors.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace ketscope {

namespace {

constexpr double kFloor = 1e-6;  // as in klDivergence

double square(double x) { return x * x; }

bool isDistribution(std::span<const float> row)
{
    double sum = 0.0;
    for (const float weight : row) {
        if (!std::isfinite(weight) || weight < 0.0F)
            return false;
        sum += static_cast<double>(weight);
    }
    return sum > 0.0;
}

// Variances of one row's measures.
class RowVariance {
public:
    RowVariance(std::span<const float> a, std::span<const float> b, std::span<const float> errors) : m_a(a), m_b(b)
    {
        double spread = 0.0, variance = 0.0;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const auto weight = static_cast<double>(b[j]);
            spread += std::max(0.0, weight * (1.0 - weight));
            variance += square(static_cast<double>(errors[j]));
        }
        m_perSample = spread > 0.0 ? variance / spread : 0.0;
    }

    double of(const std::function<double(double a, double b)>& gradient) const
    {
        double mean = 0.0, squares = 0.0, mass = 0.0;
        for (std::size_t j = 0; j < m_b.size(); ++j) {
            const auto weight = static_cast<double>(m_b[j]);
            if (weight <= 0.0)
                continue;
            const double slope = gradient(static_cast<double>(m_a[j]), weight);
            mean += weight * slope;
            squares += weight * square(slope);
            mass += weight;
        }
        return mass > 0.0 ? m_perSample * std::max(0.0, squares / mass - square(mean / mass)) : 0.0;
    }

private:
    std::span<const float> m_a, m_b;
    double m_perSample = 0.0;  // 1 / N
};

double klSlope(double a, double b) { return b > kFloor ? -std::max(a, kFloor) / b : 0.0; }
double jensenShannonSlope(double a, double b) { return 0.5 * std::log(2.0 * b / (a + b)); }
double entropySlope(double, double b) { return -std::log(b); }

}  // namespace

MapErrors compareErrors(MatrixView a, MatrixView b, MatrixView errors, std::span<const std::uint8_t> rows)
{
    MapErrors sum;
    double largest = -1.0;
    for (std::size_t row = 0; row < a.rows; ++row) {
        const bool marked = rows.empty() || rows[row] != 0;
        if (!marked || !isDistribution(a.row(row)) || !isDistribution(b.row(row)))
            continue;
        const RowVariance variance(a.row(row), b.row(row), errors.row(row));
        sum.kl += variance.of(klSlope);
        sum.jensenShannon += variance.of(jensenShannonSlope);
        sum.entropyB += variance.of(entropySlope);
        ++sum.rows;
        for (std::size_t key = 0; key < a.columns; ++key) {
            const double apart = std::abs(static_cast<double>(a(row, key)) - static_cast<double>(b(row, key)));
            if (apart <= largest)
                continue;
            largest = apart;
            sum.maximumDifference = static_cast<double>(errors(row, key));
        }
    }
    const double count = std::max<double>(1.0, static_cast<double>(sum.rows));
    for (double* each : {&sum.kl, &sum.jensenShannon, &sum.entropyB})
        *each = std::sqrt(*each) / count;
    return sum;
}

MapErrors combineErrors(std::span<const MapErrors> parts)
{
    MapErrors all;
    for (const MapErrors& part : parts) {
        const auto weight = static_cast<double>(part.rows);
        all.kl += square(weight * part.kl);
        all.jensenShannon += square(weight * part.jensenShannon);
        all.entropyB += square(weight * part.entropyB);
        all.rows += part.rows;
    }
    const double count = std::max<double>(1.0, static_cast<double>(all.rows));
    for (double* each : {&all.kl, &all.jensenShannon, &all.entropyB})
        *each = std::sqrt(*each) / count;
    all.maximumDifference = std::nan("");
    return all;
}

}  // namespace ketscope
