// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/view.h"

#include <vector>

namespace ketscope {

// Rotary position embeddings (Su, Lu, Pan, Murtadha, Wen, Liu, 2021) with the two halves of a head paired: at position p,
// component i of the first half and component i of the second half are turned by the angle p · frequencies[i].
class RotaryEmbedding {
public:
    RotaryEmbedding() = default;
    explicit RotaryEmbedding(std::vector<double> frequencies) : m_frequencies(std::move(frequencies)) {}

    // In place, row p of (n, heads · 2 · frequencies) being position p. Angles are taken in double precision.
    void apply(MutableMatrixView rows) const;
    // Gradients of what apply() gave become gradients of what it was given, in place: rows are turned back.
    void backward(MutableMatrixView gradients) const;

    const std::vector<double>& frequencies() const { return m_frequencies; }

private:
    void turnRows(MutableMatrixView rows, double direction) const;

    std::vector<double> m_frequencies;
};

// base^(−2i/d) for i < d/2: the frequencies of heads of (even) size d.
std::vector<double> rotaryFrequencies(std::size_t headSize, double base);

// What Llama 3.1 does to frequencies so that it can read further than the `originalPositions` it was first trained on:
// waves of at most originalPositions / highFactor positions stay, those longer than originalPositions / lowFactor become
// `factor` times as long, and between them the frequency is interpolated.
struct Llama3Scaling {
    double factor = 8.0;
    double lowFactor = 1.0;
    double highFactor = 4.0;
    double originalPositions = 8192.0;
};
void scaleFrequencies(std::vector<double>& frequencies, const Llama3Scaling& scaling);

}  // namespace ketscope
