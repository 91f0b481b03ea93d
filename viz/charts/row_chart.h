// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"
#include "viz/head_maps.h"
#include "viz/theme.h"

#include <QtCharts/QChart>

#include <memory>
#include <optional>

namespace ketscope {

enum class RowOrder { Position, Weight, Difference };

// Bars of the selected query's weights over the keys, or of the selected key's over the queries, as the view's
// direction says; one colour a trace. Needs a QApplication, as Qt Charts does; give the chart to a QChartView.
std::unique_ptr<QChart> makeRowChart();

// Shows that line of the comparison's study selection, with the view's filter; cheap enough for every selection change.
// Beyond 64 tokens only the 32 of largest weight (or |Δ|). Returns a line that says so and what else there is to know,
// empty when all is shown. Throws Error (Input) as HeadMaps does. `chart` comes from makeRowChart.
// `known`: the filtered maps of this selection, where they are there already.
QString updateRowChart(QChart& chart, const ComparisonPointer& comparison, RowOrder order, const Theme& theme,
                       const HeadMaps* known = nullptr);

// Frames the bars of a token, where they are shown; none = no frame.
void markInRowChart(QChart& chart, std::optional<std::size_t> token);
// The token whose bars, or their label, are above or below a point of the chart; none beside the plot.
std::optional<std::size_t> tokenInRowChart(const QChart& chart, QPointF where);

}  // namespace ketscope
