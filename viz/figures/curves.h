// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/figure.h"
#include "viz/head_maps.h"
#include "viz/line_plot.h"

namespace ketscope {

// What the line charts of one head share: a title line with the traces' legend, and the plot below it.
class CurveFigure : public Figure {
public:
    explicit CurveFigure(const ComparisonPointer& comparison);

    double heightFor(double width, const Theme& theme) const override;
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override;
    double smallestText(double width, const Theme& theme) const override;

protected:
    virtual QString title() const = 0;  // "Entropy by query token"
    virtual QString unit() const = 0;   // "nats"; after the head's place
    virtual QString detail() const;     // "L5 H0, nats"; after the title
    QString place() const;              // "L5 H0"
    // The plot's own rectangle inside a figure's area.
    virtual QRectF plotArea(const QRectF& area, const Theme& theme) const;
    // Of the title and the legend: one row, or the legend below a title that has no room beside it.
    double headHeight(double width, const Theme& theme) const;
    // "A 0.626, B 0.421" of a position.
    QString valuesAt(std::size_t position, int decimals) const;
    Table tableOf(const QString& positionTitle, const QStringList& names) const;
    double legendWidth(const Theme& theme) const;
    // From the right; returns where it begins.
    double paintLegend(QPainter& painter, double right, double baseline, const Theme& theme) const;

    HeadMaps m_maps;
    std::vector<std::size_t> m_traces;  // shown, a line each
    Selection m_selection;
    LinePlot m_plot;  // filled by the figure
};

}  // namespace ketscope
