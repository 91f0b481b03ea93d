// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/mitigation.h"

#include "core/base/error.h"
#include "core/quantum/bit_noise.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace ketscope {

namespace {

// A line needs two different scales, a polynomial through every point different scales throughout.
void checkScales(std::span<const double> scales, bool allDifferent)
{
    std::vector<double> sorted(scales.begin(), scales.end());
    std::ranges::sort(sorted);
    const bool repeated = std::ranges::adjacent_find(sorted) != sorted.end();
    if (sorted.size() < 2 || sorted.front() == sorted.back() || (allDifferent && repeated))
        refuse({"zero-noise extrapolation", "at least two different noise scales",
                std::to_string(scales.size()) + " scales, some equal", "Give scales such as 1, 3, 5."});
}

void checkInvertible(double lambda)
{
    if (!(lambda >= 0.0 && lambda < 1.0))
        refuse({"inverse of depolarising noise", "λ from 0 to below 1", shortestNumber(lambda),
                "Lower the noise: nothing of the state is left."});
}

}  // namespace

std::vector<double> richardsonWeights(std::span<const double> scales)
{
    checkScales(scales, true);
    std::vector<double> weights(scales.size(), 1.0);
    for (std::size_t k = 0; k < scales.size(); ++k)
        for (std::size_t m = 0; m < scales.size(); ++m)
            if (m != k)
                weights[k] *= scales[m] / (scales[m] - scales[k]);
    return weights;
}

std::vector<double> linearWeights(std::span<const double> scales)
{
    checkScales(scales, false);
    const auto count = static_cast<double>(scales.size());
    const double mean = std::accumulate(scales.begin(), scales.end(), 0.0) / count;
    double spread = 0.0;
    for (const double c : scales)
        spread += (c - mean) * (c - mean);
    std::vector<double> weights;
    for (const double c : scales)
        weights.push_back(1.0 / count - mean * (c - mean) / spread);
    return weights;
}

double varianceFactor(std::span<const double> weights)
{
    return std::inner_product(weights.begin(), weights.end(), weights.begin(), 0.0);
}

Extrapolated extrapolateExponentially(std::span<const double> scales, std::span<const double> values, double asymptote)
{
    const double side = values.front() - asymptote;
    std::vector<double> used;
    std::vector<double> distances;
    for (std::size_t k = 0; k < scales.size(); ++k)
        if ((values[k] - asymptote) * side > 0.0) {
            used.push_back(scales[k]);
            distances.push_back(std::abs(values[k] - asymptote));
        }
    if (used.size() < 2)
        return {values.front(), 1.0};
    const std::vector<double> weights = linearWeights(used);
    double logarithm = 0.0;
    for (std::size_t k = 0; k < used.size(); ++k)
        logarithm += weights[k] * std::log(distances[k]);
    const double distance = std::exp(logarithm);
    double variance = 0.0;
    for (std::size_t k = 0; k < used.size(); ++k)
        variance += std::pow(weights[k] * distance / distances[k], 2);
    return {asymptote + std::copysign(distance, side), variance};
}

BitMatrix inverseOf(const BitMatrix& matrix)
{
    const double determinant = matrix[0] * matrix[3] - matrix[1] * matrix[2];
    if (std::abs(determinant) < 1e-12)
        refuse({"inverse of the noise", "an invertible map (for readout error: p01 + p10 other than 1)",
                "determinant " + shortestNumber(determinant), "Lower the noise: nothing of the state is left."});
    return {matrix[3] / determinant, -matrix[1] / determinant, -matrix[2] / determinant, matrix[0] / determinant};
}

double inversionOverhead(const BitMatrix& matrix)
{
    const BitMatrix inverse = inverseOf(matrix);
    return std::max(std::abs(inverse[0]) + std::abs(inverse[2]), std::abs(inverse[1]) + std::abs(inverse[3]));
}

void projectOntoSimplex(std::span<double> values, double sum)
{
    std::vector<double> sorted(values.begin(), values.end());
    std::ranges::sort(sorted, std::greater<>());
    double running = 0.0;
    double threshold = 0.0;
    for (std::size_t k = 0; k < sorted.size(); ++k) {
        running += sorted[k];
        const double candidate = (running - sum) / static_cast<double>(k + 1);
        if (sorted[k] <= candidate)
            break;
        threshold = candidate;
    }
    for (double& value : values)
        value = std::max(value - threshold, 0.0);
}

void projectOntoConstraints(std::span<double> values, std::span<const std::uint8_t> allowed)
{
    std::vector<double> kept;
    for (std::size_t j = 0; j < values.size(); ++j)
        if (allowed.empty() || allowed[j] != 0)
            kept.push_back(values[j]);
    projectOntoSimplex(kept);
    auto next = kept.begin();
    for (std::size_t j = 0; j < values.size(); ++j)
        values[j] = allowed.empty() || allowed[j] != 0 ? *next++ : 0.0;
}

std::vector<double> unfold(std::span<const double> measured, const BitMatrix& matrix, std::size_t iterations)
{
    const double total = std::accumulate(measured.begin(), measured.end(), 0.0);
    const BitMatrix transposed = {matrix[0], matrix[2], matrix[1], matrix[3]};
    std::vector<double> estimate(measured.size(), total / static_cast<double>(measured.size()));
    std::vector<double> ratio(measured.size());
    for (std::size_t step = 0; step < iterations; ++step) {
        ratio = estimate;
        applyToEveryBit(ratio, matrix);
        for (std::size_t i = 0; i < ratio.size(); ++i)
            ratio[i] = ratio[i] > 0.0 ? measured[i] / ratio[i] : 0.0;
        applyToEveryBit(ratio, transposed);
        for (std::size_t i = 0; i < ratio.size(); ++i)
            estimate[i] *= ratio[i];
    }
    return estimate;
}

QuasiProbabilities depolarizingInverse(double lambda)
{
    checkInvertible(lambda);
    return {(4.0 - lambda) / (4.0 * (1.0 - lambda)), -lambda / (4.0 * (1.0 - lambda))};
}

std::vector<double> distilled(std::span<const double> probabilities, double lambda, int copies, double* purity)
{
    const auto states = static_cast<double>(probabilities.size());
    const double other = std::pow(lambda / states, copies);  // the eigenvalues of ρ^M: one large, D − 1 small
    const double large = std::pow(1.0 - lambda + lambda / states, copies);
    const double trace = large + (states - 1.0) * other;
    if (purity != nullptr)
        *purity = trace;
    std::vector<double> result;
    for (const double p : probabilities)
        result.push_back(((large - other) * p + other) / trace);
    return result;
}

double repetitionCodeError(double p) { return p * p * (3.0 - 2.0 * p); }

}  // namespace ketscope
