// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/caption.h"
#include "viz/figures/heatmap.h"

namespace ketscope {

QString Heatmap::measured() const
{
    const QString scope = view().filter.isActive() ? QStringLiteral(" (of all weights)") : QString();
    if (!m_data->difference())
        return QStringLiteral(" Mean entropy %1 nats%2.").arg(formatNumber(m_data->entropies().front(), 2), scope);
    const QString a = letter(m_sources[0]), b = letter(m_sources[1]);
    return QStringLiteral(
               " Means over the queries of this head%8: KL(%1‖%2) %3 nats, JS %4 nats, entropy %1 %5 and %2 %6 "
               "nats; max |Δ| %7.")
        .arg(a, b, formatNumber(m_data->difference()->kl, 3), formatNumber(m_data->difference()->jensenShannon, 3),
             formatNumber(m_data->difference()->entropyA, 2), formatNumber(m_data->difference()->entropyB, 2),
             formatNumber(m_data->difference()->maximumDifference, 3), scope);
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
    notes += measured() + partInSight();
    if (showsErrors())
        notes += QStringLiteral(" Rings: standard error relative to the value; hatched: |Δ| below 2 standard errors.");
    return notes;
}

}  // namespace ketscope
