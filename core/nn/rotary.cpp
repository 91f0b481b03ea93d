// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/rotary.h"

#include "core/base/parallel.h"

#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

// One head: (a, b) → (a cos − b sin, b cos + a sin).
void turn(float* head, const std::vector<float>& cosines, const std::vector<float>& sines)
{
    const std::size_t half = cosines.size();
    for (std::size_t i = 0; i < half; ++i) {
        const float a = head[i];
        const float b = head[half + i];
        head[i] = a * cosines[i] - b * sines[i];
        head[half + i] = b * cosines[i] + a * sines[i];
    }
}

}  // namespace

void RotaryEmbedding::apply(MutableMatrixView rows) const { turnRows(rows, 1.0); }

void RotaryEmbedding::backward(MutableMatrixView gradients) const { turnRows(gradients, -1.0); }

void RotaryEmbedding::turnRows(MutableMatrixView rows, double direction) const
{
    const std::size_t half = m_frequencies.size();
    parallelFor(rows.rows, rows.columns, [&](std::size_t position) {
        std::vector<float> cosines(half);
        std::vector<float> sines(half);
        for (std::size_t i = 0; i < half; ++i) {
            const double angle = static_cast<double>(position) * m_frequencies[i];
            cosines[i] = static_cast<float>(std::cos(angle));
            sines[i] = static_cast<float>(direction * std::sin(angle));
        }
        const std::span<float> row = rows.row(position);
        for (std::size_t start = 0; start + 2 * half <= row.size(); start += 2 * half)
            turn(row.data() + start, cosines, sines);
    });
}

std::vector<double> rotaryFrequencies(std::size_t headSize, double base)
{
    std::vector<double> frequencies(headSize / 2);
    for (std::size_t i = 0; i < frequencies.size(); ++i)
        frequencies[i] = std::pow(base, -2.0 * static_cast<double>(i) / static_cast<double>(headSize));
    return frequencies;
}

void scaleFrequencies(std::vector<double>& frequencies, const Llama3Scaling& scaling)
{
    for (double& frequency : frequencies) {
        const double waves = scaling.originalPositions * frequency / (2.0 * std::numbers::pi);  // in the old context
        if (waves > scaling.highFactor)
            continue;
        const double slow = frequency / scaling.factor;
        if (waves < scaling.lowFactor) {
            frequency = slow;
            continue;
        }
        const double share = (waves - scaling.lowFactor) / (scaling.highFactor - scaling.lowFactor);
        frequency = (1.0 - share) * slow + share * frequency;
    }
}

}  // namespace ketscope
