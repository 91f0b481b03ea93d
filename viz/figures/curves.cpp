// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/curves.h"

#include "core/study/compared_pair.h"
#include "viz/fitted_title.h"
#include "viz/labels.h"
#include "viz/scale.h"
#include "viz/trace_style.h"

#include <QFontMetricsF>

namespace ketscope {

namespace {

constexpr double kTitleRow = 24.0;
constexpr double kLegendRow = 16.0;
constexpr double kLegendLine = 30.0;  // and the gap before its letter
constexpr double kLegendGap = 12.0;
constexpr double kAspect = 0.56;
constexpr double kLeastHeight = 190.0;
constexpr double kMostHeight = 360.0;

}  // namespace

CurveFigure::CurveFigure(const ComparisonPointer& comparison)
    : m_maps(comparison, comparison ? comparison->study.selection : Selection()), m_traces(shownTraces(*comparison)),
      m_selection(comparison->study.selection)
{
}

QString CurveFigure::place() const
{
    const auto& stacks = m_maps.comparison().model.stacks;
    const QString head = QStringLiteral("L%1 H%2").arg(m_selection.layer).arg(m_selection.head);
    if (stacks.size() < 2 || m_selection.stack >= stacks.size())
        return head;
    return QString::fromStdString(stacks[m_selection.stack].name) + QLatin1Char(' ') + head;
}

QString CurveFigure::detail() const { return unit().isEmpty() ? place() : place() + QStringLiteral(", ") + unit(); }

double CurveFigure::heightFor(double width, const Theme& theme) const
{
    return std::clamp(width * kAspect, theme.px(kLeastHeight), theme.px(kMostHeight)) + headHeight(width, theme)
           - theme.px(kTitleRow);
}

double CurveFigure::legendWidth(const Theme& theme) const
{
    double width = 0.0;
    for (const PlotSeries& series : m_plot.series)
        if (series.trace)
            width += textWidth(QString::fromStdString(traceTag(*series.trace)), theme.ui(kTickPixels))
                     + theme.px(kLegendLine + kLegendGap);
    return width;
}

double CurveFigure::headHeight(double width, const Theme& theme) const
{
    const QFont bold = theme.ui(kLabelPixels, QFont::DemiBold);
    if (textWidth(title(), bold) + legendWidth(theme) <= width)
        return theme.px(kTitleRow);
    return theme.px(kTitleRow + kLegendRow) + fitTitle(title(), bold, width, theme).more();
}

QRectF CurveFigure::plotArea(const QRectF& area, const Theme& theme) const
{
    return area.adjusted(0.0, headHeight(area.width(), theme), 0.0, 0.0);
}

double CurveFigure::smallestText(double, const Theme& theme) const { return theme.px(kTickPixels); }

double CurveFigure::paintLegend(QPainter& painter, double right, double baseline, const Theme& theme) const
{
    const QFont plain = theme.ui(kTickPixels);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t i = m_plot.series.size(); i-- > 0;) {
        const PlotSeries& series = m_plot.series[i];
        if (!series.trace)
            continue;
        const QString tag = QString::fromStdString(traceTag(*series.trace));
        right -= textWidth(tag, plain);
        drawLabel(painter, {right, baseline}, tag, plain, theme.text2, theme);
        right -= theme.px(kLegendLine);
        const double y = baseline - QFontMetricsF(plain).capHeight() / 2.0;
        painter.setPen(tracePen(*series.trace, theme));
        painter.drawLine(QPointF(right, y), QPointF(right + theme.px(24.0), y));
        paintMarker(painter, {right + theme.px(12.0), y}, *series.trace, theme.px(2.6), theme);
        right -= theme.px(kLegendGap);
    }
    painter.restore();
    return right;
}

void CurveFigure::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    const QFont bold = theme.ui(kLabelPixels, QFont::DemiBold), plain = theme.ui(kTickPixels);
    const bool beside = textWidth(title(), bold) + legendWidth(theme) <= area.width();
    const FittedTitle heading = fitTitle(title(), bold, area.width(), theme);
    double baseline = area.top() + theme.px(4.0) + QFontMetricsF(heading.font).ascent();
    drawTitle(painter, {area.left(), baseline}, heading, theme.text, theme);
    double left = area.left() + heading.lastWidth() + theme.px(8.0);
    if (!beside) {
        baseline += heading.more() + theme.px(kLegendRow);
        left = area.left();
    }
    const double right = paintLegend(painter, area.right(), baseline, theme);
    drawLabel(painter, {left, baseline}, fitParts(detail(), plain, std::max(0.0, right - left)), plain, theme.text3,
              theme);
    paintLinePlot(painter, m_plot, plotArea(area, theme), theme);
}

QString CurveFigure::valuesAt(std::size_t position, int decimals) const
{
    QStringList values;
    for (const PlotSeries& series : m_plot.series)
        if (position < series.values.size())
            values << (series.trace ? QString::fromStdString(traceTag(*series.trace)) : series.name) + QLatin1Char(' ')
                          + formatNumber(series.values[position], decimals);
    return values.join(QStringLiteral(", "));
}

Table CurveFigure::tableOf(const QString& positionTitle, const QStringList& names) const
{
    Table table;
    table.header << positionTitle;
    if (!names.isEmpty())
        table.header << positionTitle + QStringLiteral(" token");
    std::size_t positions = 0;
    for (const PlotSeries& series : m_plot.series) {
        table.header << (series.trace ? QString::fromStdString(traceTag(*series.trace)) : series.name);
        positions = std::max(positions, series.values.size());
    }
    for (std::size_t i = 0; i < positions; ++i) {
        QStringList row{QString::number(m_plot.firstNumber + static_cast<int>(i))};
        if (!names.isEmpty())
            row << names.value(static_cast<qsizetype>(i));
        for (const PlotSeries& series : m_plot.series)
            row << (i < series.values.size() ? QString::number(series.values[i], 'g', 9) : QString());
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace ketscope
