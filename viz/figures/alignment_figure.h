// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/compared_pair.h"
#include "core/study/labelled_boxes.h"
#include "viz/figure.h"
#include "viz/patch_picture.h"

namespace ketscope {

// What the figures of an alignment share: the maps of every trace, what is looked at, the picture, words for all of it.
class AlignmentFigure : public Figure {
public:
    // Throws Error (Input) where there is nothing to align.
    explicit AlignmentFigure(const ComparisonPointer& comparison);

    double smallestText(double width, const Theme& theme) const override;
    QString caption() const override;

    const AlignmentMaps& maps() const { return *m_maps; }
    const AlignmentFocus& focus() const { return m_focus; }

protected:
    const AlignmentView& view() const { return m_comparison->study.view.alignment; }
    std::size_t traces() const { return m_maps->traces.size(); }
    bool isSimilarity() const { return m_maps->source.method->similarity; }
    bool isSparse() const { return m_maps->source.method->sparse; }

    ColourMap coloursOf(bool difference, const Theme& theme) const;
    ValueScale scaleOf(bool difference, double largest) const;
    PatchHeat heatOf(std::span<const float> values, const ColourMap& colours, const ValueScale& scale) const;

    QString tag(std::size_t trace) const { return QString::fromStdString(traceTag(trace)); }
    QString tokenText(std::size_t row) const;  // "eyes", "image class token"
    QString quoted(std::size_t row) const;     // "“eyes” (7)"
    QString focusText() const;                 // "“eyes”", "the mean of “green” and “eyes”"
    QString placeText() const;                 // "cross stack, layer 1, head 0"
    QString valueName() const;                 // "Weight", "Cosine"
    QString patchText() const;                 // "patch row 3, column 2", "the mean of 6 patches"
    QString directionText() const;             // "words look at patches"
    // Rows that are tokens of the text and no padding.
    std::vector<std::size_t> shownRows() const;
    // The place among `rows` of the word that the pointer is at.
    std::optional<std::size_t> placeAmong(const std::vector<std::size_t>& rows, const Pointed& pointed) const;

    ComparisonPointer m_comparison;
    std::shared_ptr<const AlignmentMaps> m_maps;
    AlignmentFocus m_focus;
    PatchPicture m_picture;
    ComparedPair m_pair;  // whose difference is shown
};

// Why there is nothing to align.
QString alignmentFigureObstacle(const Comparison& comparison);
// The largest |value| that is finite; 0 without one.
double largestOf(std::span<const float> values);
// B − A, value by value.
std::vector<float> differenceOf(std::span<const float> a, std::span<const float> b);
QString shortNumber(double value);  // as many decimals as show three digits; "–" for none

}  // namespace ketscope
