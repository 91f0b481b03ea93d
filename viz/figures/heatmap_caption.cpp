// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/caption.h"
#include "viz/figures/heatmap.h"

#include <cmath>

namespace ketscope {

QString Heatmap::metrics() const
{
    if (showsDeviations())
        return {};
    const QString scope = view().filter.isActive() ? QStringLiteral(" (of all weights)") : QString();
    if (m_data->difference())
        return captionOfMeans(*m_data->difference(), letter(m_sources[0]), letter(m_sources[1]), scope);
    const double entropy = m_data->entropies().front();
    return std::isnan(entropy) ? QString()
                               : QStringLiteral("Head mean%1: entropy %2 nats.").arg(scope, formatNumber(entropy, 2));
}

// What the filter and the zoom leave in sight, in sentences.
QString Heatmap::partInSight() const
{
    QString text;
    QString filter = QString::fromStdString(describe(view().filter, view().direction));
    if (!filter.isEmpty()) {
        filter[0] = filter[0].toUpper();
        text += QLatin1Char(' ') + filter + QStringLiteral("; cells that are not shown are empty.");
    }
    if (isZoomed())
        text += QStringLiteral(" In sight: queries %1–%2 and keys %3–%4 of %5 × %6.")
                    .arg(m_window.firstQuery)
                    .arg(m_window.firstQuery + m_window.queries - 1)
                    .arg(m_window.firstKey)
                    .arg(m_window.firstKey + m_window.keys - 1)
                    .arg(maps().queries())
                    .arg(maps().keys());
    return text;
}

QString Heatmap::caption() const
{
    const QString what =
        showsDeviations() ? QStringLiteral("One standard error of each attention weight") : QStringLiteral("Attention");
    const QString place = showsFlow() ? captionOfStack(comparison(), m_selection.stack)
                                      : captionOfHead(comparison(), m_selection) + QStringLiteral(", ");
    return QStringLiteral("%1 in %2, %3%4 %5%6")
        .arg(showsFlow() ? captionOfFlow(*maps().flow()) : what, modelName(comparison().model), place,
             captionOfInput(comparison()), captionOfTraces(comparison(), m_data->traces(), m_selection.stack), notes());
}

QString Heatmap::panelCaption() const
{
    if (showsFlow())
        return captionOfFlow(*maps().flow()) + QLatin1Char('.') + notes();
    return (showsDeviations() ? QStringLiteral("One standard error of each attention weight.")
                              : QStringLiteral("Attention weights."))
           + notes();
}

QString Heatmap::notes() const
{
    if (showsDeviations())
        return partInSight();
    QString notes;
    if (hasDifference())
        notes = QStringLiteral(" Δ is %1 − %2.").arg(letter(m_sources[1]), letter(m_sources[0]));
    notes += partInSight();
    if (showsErrors())
        notes += QStringLiteral(" Rings: standard error relative to the value; hatched: |Δ| below 2 standard errors.");
    return notes;
}

}  // namespace ketscope
