// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/hidden_curves.h"

#include "core/base/error.h"
#include "viz/caption.h"
#include "viz/scale.h"

#include <cmath>

namespace ketscope {

HiddenCurves::HiddenCurves(const ComparisonPointer& comparison)
    : CurveFigure(comparison), m_measure(comparison->study.view.outputs.hidden)
{
    if (const QString nothing = obstacle(*comparison); !nothing.isEmpty())
        refuse({"hidden states", "those of two traces", "none", nothing.toStdString()});
    m_stack = *hiddenStack(*comparison, m_selection.stack);
}

QString HiddenCurves::obstacle(const Comparison& comparison)
{
    if (comparison.traces.size() < 2)
        return QStringLiteral("There is only A: patch a head to hold its hidden states against another trace's.");
    return hiddenStack(comparison, comparison.study.selection.stack)
               ? QString()
               : QStringLiteral("This stack's hidden states were not kept. Choose another stack.");
}

QString HiddenCurves::quantity() const
{
    return m_measure == HiddenMeasure::Cosine ? QStringLiteral("cosine with A") : QStringLiteral("‖B − A‖ / ‖A‖");
}

QString HiddenCurves::stackNote() const { return captionOfStack(m_maps.comparison(), m_stack); }

void HiddenCurves::add(std::size_t trace, const std::vector<VectorSimilarity>& values)
{
    PlotSeries series{trace, {}, {}};
    for (const VectorSimilarity& value : values)
        series.values.push_back(m_measure == HiddenMeasure::Cosine ? value.cosine : value.relativeError);
    m_plot.series.push_back(std::move(series));
}

void HiddenCurves::setRange()
{
    double furthest = 0.0;
    const double same = m_measure == HiddenMeasure::Cosine ? 1.0 : 0.0;
    for (const PlotSeries& series : m_plot.series)
        for (const double value : series.values)
            if (std::isfinite(value))
                furthest = std::max(furthest, std::abs(value - same));
    const double range = niceMaximum(furthest);
    m_plot.minimum = m_measure == HiddenMeasure::Cosine ? 1.0 - range : 0.0;
    m_plot.maximum = m_measure == HiddenMeasure::Cosine ? 1.0 : range;
}

QString HiddenCurves::captionTail() const
{
    const Comparison& comparison = m_maps.comparison();
    return captionOfInput(comparison) + QLatin1Char(' ')
           + captionOfTraces(comparison, m_maps.allTraces(), m_selection.stack);
}

}  // namespace ketscope
