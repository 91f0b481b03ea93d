// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/exhibit_panels.h"

#include "viz/figures/pair_figure.h"
#include "viz/labels.h"
#include "viz/line_plot.h"
#include "viz/scale.h"

#include <QFontMetricsF>
#include <QLineF>

#include <algorithm>
#include <cmath>
#include <complex>

namespace ketscope {

namespace {

constexpr double kTip = 5.0;
constexpr double kHead = 9.0;
constexpr double kAxisText = 16.0;
constexpr double kBarLabels = 22.0;
constexpr double kDisks = 30.0;
constexpr double kValueRoom = 16.0;  // above a bar of full height

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

QRectF squareOf(const QRectF& area, const Theme& theme)
{
    const QRectF inside = area.adjusted(0.0, theme.px(kPairTitle + kAxisText), 0.0, -theme.px(2.0 * kAxisText));
    const double side = std::max(1.0, std::min(inside.width() - theme.px(2.0 * kAxisText), inside.height()));
    return {inside.center().x() - side / 2.0, inside.top() + std::min(inside.height() - side, theme.px(kAxisText)),
            side, side};
}

// Which of the whole numbers from one side to the other are named: all, or those that there is room for.
int namedEvery(const ExhibitPlane& plane, const QRectF& square, const Theme& theme)
{
    const int limit = static_cast<int>(plane.limit);
    const QFont font = theme.ui(kTickPixels);
    const double room = std::max(textWidth(formatNumber(-limit, 0), font), QFontMetricsF(font).capHeight());
    const double unit = square.width() / (2.0 * plane.limit);
    return unit >= room + theme.px(4.0) ? 1 : std::max(1, limit);
}

void paintGrid(QPainter& painter, const ExhibitPlane& plane, const QRectF& area, const Theme& theme)
{
    const QRectF square = squareOf(area, theme);
    const QFont font = theme.ui(kTickPixels);
    painter.setBrush(Qt::NoBrush);
    const int every = namedEvery(plane, square, theme);
    for (int at = -static_cast<int>(plane.limit); at <= static_cast<int>(plane.limit); ++at) {
        painter.setPen(QPen(at == 0 ? theme.line2 : theme.line, 1.0));
        const QPointF cross = onPlane(plane, area, at, at, theme);
        painter.drawLine(QPointF(cross.x(), square.top()), QPointF(cross.x(), square.bottom()));
        painter.drawLine(QPointF(square.left(), cross.y()), QPointF(square.right(), cross.y()));
        if (plane.circle || (at + static_cast<int>(plane.limit)) % every != 0)
            continue;  // a circle says where 1 is
        drawLabel(painter, {cross.x(), square.bottom() + theme.px(12.0)}, formatNumber(at, 0), font, theme.text3, theme,
                  Anchor::Centre);
        drawLabel(painter, {square.left() - theme.px(4.0), cross.y() + QFontMetricsF(font).capHeight() / 2.0},
                  formatNumber(at, 0), font, theme.text3, theme, Anchor::Right);
    }
    if (plane.circle) {
        const double radius = (onPlane(plane, area, 1.0, 0.0, theme) - onPlane(plane, area, 0.0, 0.0, theme)).x();
        painter.setPen(QPen(theme.line2, 1.0));
        painter.drawEllipse(onPlane(plane, area, 0.0, 0.0, theme), radius, radius);
    }
    const double below = square.bottom() + theme.px(plane.circle ? 12.0 : kAxisText + 10.0);
    drawLabel(painter, {square.right(), below}, text(plane.xTitle), font, theme.text3, theme, Anchor::Right);
    drawLabel(painter, {square.left(), square.top() - theme.px(4.0)}, text(plane.yTitle), font, theme.text3, theme);
}

void paintArrow(QPainter& painter, const ExhibitPlane& plane, const ExhibitArrow& arrow, const QRectF& area,
                const Theme& theme)
{
    const QColor colour = exhibitColour(arrow.role, theme);
    const QPointF origin = onPlane(plane, area, 0.0, 0.0, theme), tip = onPlane(plane, area, arrow.x, arrow.y, theme);
    const QLineF shaft(origin, tip);
    const QPointF along = shaft.length() > 1.0 ? (tip - origin) / shaft.length() : QPointF(0.0, -1.0);
    painter.setPen(QPen(colour, theme.px(2.0), Qt::SolidLine, Qt::FlatCap));
    if (!arrow.point && shaft.length() > theme.px(kHead)) {
        const QPointF base = tip - along * theme.px(kHead), side(-along.y(), along.x());
        painter.drawLine(origin, base);
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour);
        painter.drawPolygon(
            QPolygonF({tip, base + side * theme.px(kHead * 0.45), base - side * theme.px(kHead * 0.45)}));
    }
    if (arrow.canMove() || arrow.point) {
        painter.setPen(QPen(colour, theme.px(1.5)));
        painter.setBrush(arrow.point ? colour : theme.panel);
        painter.drawEllipse(tip, theme.px(kTip), theme.px(kTip));
    }
    const QFont font = theme.ui(kLabelPixels, QFont::DemiBold);
    const QPointF at = tip + along * theme.px(16.0) + QPointF(0.0, QFontMetricsF(font).capHeight() / 2.0);
    drawLabel(painter, at, text(arrow.label), font, colour, theme,
              along.x() > 0.5    ? Anchor::Left
              : along.x() < -0.5 ? Anchor::Right
                                 : Anchor::Centre);
}

void paintPlane(QPainter& painter, const ExhibitPlane& plane, const QRectF& area, const Theme& theme)
{
    paintPairTitle(painter, area, text(plane.title), text(plane.note), theme.text, theme);
    paintGrid(painter, plane, area, theme);
    for (auto arrow = plane.arrows.rbegin(); arrow != plane.arrows.rend(); ++arrow)
        paintArrow(painter, plane, *arrow, area, theme);
}

void paintValues(QPainter& painter, const QRectF& plot, const BarPlot& bars, const std::vector<double>& values,
                 const Theme& theme)
{
    const QFont font = theme.ui(kTickPixels);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i]))
            continue;
        const double y = bars.y(plot, values[i]), height = QFontMetricsF(font).capHeight();
        double baseline = values[i] < 0.0 ? y + theme.px(3.0) + QFontMetricsF(font).ascent() : y - theme.px(4.0);
        // Not on the line of what the bar is held against.
        if (const auto& exact = bars.bars[i].exact; exact && values[i] >= 0.0) {
            const double line = bars.y(plot, *exact);
            if (line < baseline + theme.px(3.0) && line > baseline - height - theme.px(3.0))
                baseline = line - theme.px(4.0);
        }
        drawLabel(painter, {bars.slot(plot, i).center().x(), baseline}, formatNumber(values[i], 2), font, theme.text,
                  theme, Anchor::Centre);
    }
}

void paintBarPanel(QPainter& painter, const ExhibitBars& panel, const QRectF& area, const Theme& theme)
{
    const QColor colour = exhibitColour(panel.role, theme);
    const QRectF rest = paintPairTitle(painter, area, text(panel.title), text(panel.note), theme.text, theme);
    BarPlot bars;
    bars.maximum = panel.maximum;
    bars.isSigned = panel.isSigned;
    bars.labelHeight = kBarLabels + (panel.phases.empty() ? 0.0 : kDisks);
    for (std::size_t i = 0; i < panel.values.size(); ++i) {
        PairBar bar{text(panel.labels.at(i)),
                    std::isfinite(panel.values[i]) ? panel.values[i] : 0.0,
                    0.0,
                    {},
                    {},
                    false,
                    false};
        if (!panel.references.empty())
            bar.exact = panel.references.at(i);
        bars.bars.push_back(bar);
    }
    const QRectF inside = rest.adjusted(0.0, theme.px(kValueRoom), 0.0, 0.0);
    paintBars(painter, inside, bars, colour, theme);
    const QRectF plot = bars.plot(inside, theme);
    paintValues(painter, plot, bars, panel.values, theme);
    const double radius = std::min(theme.px(11.0), bars.slot(plot, 0).width() * 0.4);
    for (std::size_t i = 0; i < panel.phases.size(); ++i)
        paintPhaseDisk(painter, {bars.slot(plot, i).center().x(), plot.bottom() + theme.px(kDisks) * 0.52}, radius,
                       std::polar(std::sqrt(std::max(0.0, panel.values[i])), panel.phases[i]), colour, theme);
    paintBarLabels(painter, plot, plot.bottom() + (panel.phases.empty() ? 0.0 : theme.px(kDisks)), bars, theme);
}

void paintCurves(QPainter& painter, const ExhibitCurves& panel, const QRectF& area, const Theme& theme)
{
    const QRectF rest = paintPairTitle(painter, area, text(panel.title), text(panel.note), theme.text, theme);
    LinePlot plot;
    for (const ExhibitCurves::Line& line : panel.lines)
        plot.series.push_back(
            {line.role == ExhibitRole::B ? std::size_t{1} : std::size_t{0}, text(line.name), line.values});
    for (const std::string& label : panel.labels)
        plot.labels.append(text(label));
    plot.xTitle = text(panel.xTitle);
    plot.level = static_cast<std::size_t>(panel.labelEvery);
    plot.maximum = panel.maximum;
    plot.selected = static_cast<std::size_t>(std::lround(panel.position));
    paintLinePlot(painter, plot, rest, theme);
}

}  // namespace

QColor exhibitColour(ExhibitRole role, const Theme& theme)
{
    switch (role) {
    case ExhibitRole::Query: return theme.accent;
    case ExhibitRole::Key: return theme.key;
    case ExhibitRole::A: return theme.traceA;
    case ExhibitRole::B: return theme.traceB;
    case ExhibitRole::Neutral: break;
    }
    return theme.text2;
}

QPointF onPlane(const ExhibitPlane& plane, const QRectF& area, double x, double y, const Theme& theme)
{
    const QRectF square = squareOf(area, theme);
    const double unit = square.width() / (2.0 * plane.limit);
    return square.center() + QPointF(x * unit, -y * unit);
}

QPointF fromPlane(const ExhibitPlane& plane, const QRectF& area, QPointF where, const Theme& theme)
{
    const QRectF square = squareOf(area, theme);
    const QPointF from = (where - square.center()) * (2.0 * plane.limit / square.width());
    return {from.x(), -from.y()};
}

void paintExhibitPanel(QPainter& painter, const ExhibitPanel& panel, const QRectF& area, const Theme& theme)
{
    if (const auto* plane = std::get_if<ExhibitPlane>(&panel))
        paintPlane(painter, *plane, area, theme);
    else if (const auto* bars = std::get_if<ExhibitBars>(&panel))
        paintBarPanel(painter, *bars, area, theme);
    else
        paintCurves(painter, std::get<ExhibitCurves>(panel), area, theme);
}

}  // namespace ketscope
