// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/caption.h"
#include "viz/figures/heatmap.h"

namespace ketscope {

QString Heatmap::measured() const
{
    if (!m_comparison)
        return QStringLiteral(" Mean entropy %1 nats.").arg(formatNumber(m_entropies.front(), 2));
    const QString a = letter(m_sources[0]), b = letter(m_sources[1]);
    return QStringLiteral(
               " Means over the queries of this head: KL(%1‖%2) %3 nats, JS %4 nats, entropy %1 %5 and %2 %6 "
               "nats; max |Δ| %7.")
        .arg(a, b, formatNumber(m_comparison->kl, 3), formatNumber(m_comparison->jensenShannon, 3),
             formatNumber(m_comparison->entropyA, 2), formatNumber(m_comparison->entropyB, 2),
             formatNumber(m_comparison->maximumDifference, 3));
}

QString Heatmap::caption() const
{
    const Comparison& comparison = m_maps.comparison();
    return QStringLiteral("Attention in %1, %2, %3 %4%5")
        .arg(modelName(comparison.model), captionOfHead(comparison, m_selection), captionOfInput(comparison),
             captionOfTraces(comparison, m_traces, m_selection.stack), notes());
}

QString Heatmap::panelCaption() const { return QStringLiteral("Attention weights.") + notes(); }

QString Heatmap::notes() const
{
    QString notes;
    if (m_sources.size() > m_traces.size())
        notes = QStringLiteral(" Δ is %1 − %2.").arg(letter(m_sources[1]), letter(m_sources[0]));
    notes += measured();
    if (showsErrors())
        notes += QStringLiteral(" Rings: standard error relative to the value; hatched: |Δ| below 2 standard errors.");
    return notes;
}

}  // namespace ketscope
