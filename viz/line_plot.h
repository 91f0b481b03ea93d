// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/theme.h"

#include <QPainter>
#include <QString>
#include <QStringList>

#include <cstddef>
#include <optional>
#include <vector>

namespace ketscope {

// A line over positions 0, 1, 2 …; NaN leaves a gap.
struct PlotSeries {
    std::optional<std::size_t> trace;  // drawn in the trace's style; none = a thin dotted baseline
    QString name;                      // of a baseline: written at its end
    std::vector<double> values;
};

// A vertical line at a position, with a triangle and a text at its top.
struct PlotMark {
    double position = 0.0;
    std::size_t trace = 0;
    QString text;
};

struct LinePlot {
    std::vector<PlotSeries> series;
    QStringList labels;      // of the positions, slanted; empty = the positions' numbers
    bool areTokens = false;  // the labels, which a page may do without
    std::size_t level =
        0;  // every so many positions a label that is not slanted; 0 = slanted, as many as there is room for
    int firstNumber = 0;  // of the positions without labels: −5 of the signed distances of 6 tokens
    QString xTitle;
    double minimum = 0.0;
    double maximum = 1.0;  // niceMaximum of what is shown
    std::optional<std::size_t> selected;
    std::vector<PlotMark> marks;
};

// Where everything lies: painting and hit testing use the same value.
struct LinePlotLayout {
    QRectF plot;
    std::size_t positions = 0;
    bool labelled = false;  // else with numbers
    std::size_t labelStep = 1;
    double minimum = 0.0, maximum = 1.0;
    double inset = 0.0;  // between the plot's sides and the first and last position

    double xOf(double position) const;
    double yOf(double value) const;
    // The position nearest to the point; none outside of the plot and its labels.
    std::optional<std::size_t> positionAt(QPointF where) const;
};

// Between the ticks of an axis over `range`: 1, 2, 2.5 or 5 times a power of ten, at most five of them.
double tickInterval(double range);
// That the labels of such ticks need, so that no two are alike; at most nine.
int tickDecimals(double interval);

LinePlotLayout layoutLinePlot(const LinePlot& plot, const QRectF& area, const Theme& theme);
void paintLinePlot(QPainter& painter, const LinePlot& plot, const QRectF& area, const Theme& theme);

}  // namespace ketscope
