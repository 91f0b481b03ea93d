// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/hidden_similarity.h"
#include "viz/figures/curves.h"

namespace ketscope {

// Hidden states of every candidate against A's, in the measure that the view asks for.
class HiddenCurves : public CurveFigure {
public:
    explicit HiddenCurves(const ComparisonPointer& comparison);

    static QString obstacle(const Comparison& comparison);  // as FigureType::obstacle

protected:
    QString unit() const override { return {}; }
    QString quantity() const;   // "cosine with A"
    QString stackNote() const;  // "text stack, "; empty with one stack
    // Adds one candidate's values and, after the last, takes the range from all of them.
    void add(std::size_t trace, const std::vector<VectorSimilarity>& values);
    void setRange();
    QString captionTail() const;  // "for “…” A, …; B, …"

    HiddenMeasure m_measure;
    std::size_t m_stack = 0;  // whose hidden states are shown
};

}  // namespace ketscope
