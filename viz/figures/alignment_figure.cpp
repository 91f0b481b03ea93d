// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/alignment_figure.h"

#include "viz/caption.h"
#include "viz/labels.h"

#include <algorithm>
#include <cmath>

namespace ketscope {

AlignmentFigure::AlignmentFigure(const ComparisonPointer& comparison)
    : m_comparison(comparison), m_maps(comparison->alignments->of(*comparison)),
      m_focus(focusOf(*comparison, m_maps->source)), m_picture(*comparison), m_pair(comparedPair(*comparison))
{
}

double AlignmentFigure::smallestText(double, const Theme& theme) const { return theme.px(kTickPixels); }

ColourMap AlignmentFigure::coloursOf(bool difference, const Theme& theme) const
{
    return difference || isSimilarity() ? divergingMap(theme.dark)
                                        : colourMap(QString::fromStdString(m_comparison->study.view.colourMap));
}

ValueScale AlignmentFigure::scaleOf(bool difference, double largest) const
{
    const ColourScale kind = m_comparison->study.view.scale;
    return difference || isSimilarity() ? ValueScale::symmetric(kind, niceMaximum(largest))
                                        : ValueScale::sequential(kind, niceMaximum(largest));
}

PatchHeat AlignmentFigure::heatOf(std::span<const float> values, const ColourMap& colours,
                                  const ValueScale& scale) const
{
    return {values, colours, scale, static_cast<double>(view().opacity) / 100.0, view().smooth, isSparse()};
}

QString AlignmentFigure::tokenText(std::size_t row) const
{
    if (!m_maps->source.perToken)
        return QStringLiteral("image class token");
    return QString::fromStdString(m_comparison->input.tokens.at(row).display);
}

QString AlignmentFigure::quoted(std::size_t row) const
{
    return m_maps->source.perToken ? QStringLiteral("“%1” (token %2)").arg(tokenText(row), QString::number(row))
                                   : tokenText(row);
}

QString AlignmentFigure::focusText() const
{
    if (!m_maps->source.perToken)
        return tokenText(0);
    QStringList names;
    for (const std::size_t token : m_focus.tokens)
        names << QStringLiteral("“%1”").arg(tokenText(token));
    if (names.size() == 1)
        return names.front();
    return (isSparse() ? QStringLiteral("links of ") : QStringLiteral("mean of ")) + names.join(QStringLiteral(", "));
}

QString AlignmentFigure::placeText() const { return QString::fromStdString(placeOf(m_maps->source, *m_comparison)); }

QString AlignmentFigure::valueName() const
{
    if (isSimilarity())
        return QStringLiteral("Cosine");
    if (m_maps->relevance)
        return QStringLiteral("Share of relevance");
    return m_maps->source.method->id == "rollout" ? QStringLiteral("Rollout") : QStringLiteral("Weight");
}

QString AlignmentFigure::patchText() const
{
    const PatchRegion& region = m_focus.region;
    if (region.count() == 1)
        return QStringLiteral("patch row %1, column %2").arg(region.row).arg(region.column);
    return QStringLiteral("%1 of %2 patches, rows %3–%4, columns %5–%6")
        .arg(isSparse() ? QStringLiteral("largest") : QStringLiteral("mean"))
        .arg(region.count())
        .arg(region.row)
        .arg(region.row + region.rows - 1)
        .arg(region.column)
        .arg(region.column + region.columns - 1);
}

QString AlignmentFigure::directionText() const
{
    const AlignmentSource& source = m_maps->source;
    QStringList parts;
    if (source.method->id == "patch-cosine")
        parts << QStringLiteral("a similarity, not attention");
    else if (isSparse())
        parts << (source.fromPatches ? QStringLiteral("each patch's best word")
                                     : QStringLiteral("each word's best patch"));
    else if (m_maps->relevance)
        parts << QStringLiteral("how much patches count, gradient × attention");
    else if (!source.perToken)
        parts << QStringLiteral("the image class token looks at patches");
    else
        parts << (source.fromPatches ? QStringLiteral("patches look at words")
                                     : QStringLiteral("words look at patches"));
    if (source.withoutClass)
        parts << QStringLiteral("image class key left out, rest renormalised");
    return parts.join(QStringLiteral(" · "));
}

// What a figure says of itself, then model, input and traces.
QString AlignmentFigure::caption() const
{
    std::vector<std::size_t> all;
    for (std::size_t trace = 0; trace < traces(); ++trace)
        all.push_back(trace);
    const std::size_t stack = m_maps->source.stack.value_or(m_comparison->study.selection.stack);
    return panelCaption()
           + QStringLiteral(" In %1, %2 %3")
                 .arg(modelName(m_comparison->model), captionOfInput(*m_comparison),
                      captionOfTraces(*m_comparison, all, stack));
}

std::vector<std::size_t> AlignmentFigure::shownRows() const
{
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < m_maps->rows.size(); ++row)
        if (m_maps->rows[row] != 0)
            rows.push_back(row);
    return rows;
}

std::optional<std::size_t> AlignmentFigure::placeAmong(const std::vector<std::size_t>& rows,
                                                       const Pointed& pointed) const
{
    const auto found = pointed.token && m_maps->source.perToken ? std::ranges::find(rows, *pointed.token) : rows.end();
    return found == rows.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - rows.begin()));
}

QString alignmentFigureObstacle(const Comparison& comparison)
{
    const std::string obstacle = alignmentObstacle(comparison);
    return QString::fromStdString(obstacle.empty() ? alignmentDelay(comparison) : obstacle);
}

double largestOf(std::span<const float> values)
{
    double largest = 0.0;
    for (const float value : values)
        if (std::isfinite(value))
            largest = std::max(largest, std::abs(static_cast<double>(value)));
    return largest;
}

std::vector<float> differenceOf(std::span<const float> a, std::span<const float> b)
{
    std::vector<float> difference(a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        difference[i] = b[i] - a[i];
    return difference;
}

QString shortNumber(double value)
{
    if (!std::isfinite(value))
        return QStringLiteral("–");
    return formatNumber(value, std::abs(value) < 0.1 ? 4 : 3);
}

}  // namespace ketscope
