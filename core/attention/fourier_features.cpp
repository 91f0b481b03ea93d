// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/fourier_features.h"

#include <cmath>
#include <numbers>
#include <numeric>

namespace ketscope {

namespace {

enum Purpose : std::uint16_t { kFrequencies = 1, kPhases = 2, kLengths = 3 };

std::vector<double> gaussianVector(std::size_t dimension, RandomStream stream)
{
    std::vector<double> vector(dimension);
    for (double& x : vector)
        x = stream.normal();
    return vector;
}

double dot(const std::vector<double>& a, const std::vector<double>& b)
{
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void scaleTo(std::vector<double>& vector, double length)
{
    const double factor = length / std::sqrt(dot(vector, vector));
    for (double& x : vector)
        x *= factor;
}

// Makes the vectors of one block orthogonal, in their order. Twice is enough for rounding (Kahan, Parlett).
void orthogonalize(std::span<std::vector<double>> block)
{
    for (std::size_t row = 0; row < block.size(); ++row) {
        for (int pass = 0; pass < 2; ++pass)
            for (std::size_t before = 0; before < row; ++before) {
                const double along = dot(block[row], block[before]);
                for (std::size_t i = 0; i < block[row].size(); ++i)
                    block[row][i] -= along * block[before][i];
            }
        scaleTo(block[row], 1.0);
    }
}

Tensor drawFrequencies(std::size_t count, std::size_t dimension, const FourierSettings& settings,
                       const RandomKey& random)
{
    std::vector<std::vector<double>> rows(count);
    for (std::size_t row = 0; row < count; ++row)
        rows[row] = gaussianVector(dimension, {random, static_cast<std::uint32_t>(row), kFrequencies});
    if (settings.orthogonal) {
        for (std::size_t first = 0; first < count; first += dimension)
            orthogonalize(std::span(rows).subspan(first, std::min(dimension, count - first)));
        for (std::size_t row = 0; row < count; ++row) {
            const auto length = gaussianVector(dimension, {random, static_cast<std::uint32_t>(row), kLengths});
            scaleTo(rows[row], std::sqrt(dot(length, length)));
        }
    }
    Tensor frequencies({count, dimension});
    for (std::size_t row = 0; row < count; ++row)
        for (std::size_t i = 0; i < dimension; ++i)
            frequencies.matrix()(row, i) = static_cast<float>(rows[row][i] / settings.sigma);
    return frequencies;
}

}  // namespace

FourierFeatures::FourierFeatures(std::size_t dimension, const FourierSettings& settings, const RandomKey& random)
    : m_map(settings.map)
{
    const std::size_t count = m_map == FourierMap::Paired ? settings.features / 2 : settings.features;
    m_frequencies = PackedMatrix::transposed(drawFrequencies(count, dimension, settings, random).matrix());
    if (m_map == FourierMap::Cosine) {
        m_phases.resize(count);
        for (std::size_t f = 0; f < count; ++f)
            m_phases[f] = static_cast<float>(2.0 * std::numbers::pi
                                             * RandomStream(random, static_cast<std::uint32_t>(f), kPhases).uniform());
    }
}

Tensor FourierFeatures::apply(MatrixView points) const
{
    Tensor features({points.rows, size()});
    const std::size_t count = frequencies();
    m_frequencies.multiply(points, features.matrix().middleColumns(0, count));
    const auto amplitude = static_cast<float>(std::sqrt(2.0 / static_cast<double>(size())));
    for (std::size_t row = 0; row < points.rows; ++row) {
        float* values = features.matrix().row(row).data();
        for (std::size_t f = 0; f < count; ++f) {
            const float angle = values[f] + (m_map == FourierMap::Cosine ? m_phases[f] : 0.0F);
            values[f] = amplitude * std::cos(angle);
            if (m_map == FourierMap::Paired)
                values[count + f] = amplitude * std::sin(angle);
        }
    }
    return features;
}

}  // namespace ketscope
