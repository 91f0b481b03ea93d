// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/caption.h"
#include "viz/figures/heatmap.h"

#include <cmath>

namespace ketscope {

QString Heatmap::measured() const
{
    const QString scope = view().filter.isActive() ? QStringLiteral(" (of all weights)") : QString();
    if (!m_data->difference())
        return QStringLiteral(" Mean entropy %1 nats%2.").arg(formatNumber(m_data->entropies().front(), 2), scope);
    const MapComparison& found = *m_data->difference();
    const QString a = letter(m_sources[0]), b = letter(m_sources[1]);
    QStringList means;
    if (!std::isnan(found.kl))
        means << QStringLiteral("KL(%1‖%2) %3 nats").arg(a, b, formatNumber(found.kl, 3))
              << QStringLiteral("JS %1 nats").arg(formatNumber(found.jensenShannon, 3));
    const double entropies[] = {found.entropyA, found.entropyB};
    if (!std::isnan(found.entropyA) && !std::isnan(found.entropyB))
        means << QStringLiteral("entropy %1 %3 and %2 %4 nats")
                     .arg(a, b, formatNumber(found.entropyA, 2), formatNumber(found.entropyB, 2));
    else
        for (const int side : {0, 1})
            means << (std::isnan(entropies[side])
                          ? QStringLiteral("no entropy of %1, whose rows are no distributions").arg(side == 0 ? a : b)
                          : QStringLiteral("entropy %1 %2 nats")
                                .arg(side == 0 ? a : b, formatNumber(entropies[side], 2)));
    QString text = QStringLiteral(" Means over the queries of this head%1: %2; max |Δ| %3.")
                       .arg(scope, means.join(QStringLiteral(", ")), formatNumber(found.maximumDifference, 3));
    if (found.rows > 0 && found.rows < found.compared)
        text += QStringLiteral(" Divergences are of the %1 of %2 queries whose rows are distributions in both.")
                    .arg(found.rows)
                    .arg(found.compared);
    return text;
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
