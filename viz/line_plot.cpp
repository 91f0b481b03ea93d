// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/line_plot.h"

#include "viz/labels.h"
#include "viz/scale.h"
#include "viz/token_font.h"
#include "viz/trace_style.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

constexpr double kSlant = 47.0;  // degrees
constexpr double kMostTicks = 5.0;
constexpr double kMarkedPositions = 48.0;  // with more positions lines have no markers
constexpr double kMostIndent = 0.25;       // of the width, for the first labels
constexpr double kLabelRoom = 15.0;        // width of a slanted label's foot

double slanted(double length) { return length * std::sin(kSlant * std::numbers::pi / 180.0); }

// Whether they are slanted below the positions.
bool hasLabels(const LinePlot& plot, const Theme& theme)
{
    return !plot.labels.isEmpty() && plot.level == 0 && (theme.tokenLabels || !plot.areTokens);
}

double labelHeight(const LinePlot& plot, const Theme& theme)
{
    const QFont font = tokenFont(theme, kTickPixels);
    if (!hasLabels(plot, theme))
        return QFontMetricsF(font).height() + theme.px(4.0);
    double longest = 0.0;
    for (const QString& label : plot.labels)
        longest = std::max(longest, textWidth(label, font));
    return slanted(longest) + theme.px(12.0);
}

// How far the slanted labels would reach beyond the left edge of the area.
double labelOverhang(const LinePlot& plot, const LinePlotLayout& layout, double left, const Theme& theme)
{
    const QFont font = tokenFont(theme, kTickPixels, QFont::DemiBold);
    double most = 0.0;
    for (std::size_t i = 0; layout.labelled && i < layout.positions && i < static_cast<std::size_t>(plot.labels.size());
         ++i) {
        if (i % layout.labelStep != 0 && plot.selected != i)
            continue;
        const double reach =
            textWidth(plot.labels[static_cast<qsizetype>(i)], font) * std::cos(kSlant * std::numbers::pi / 180.0);
        most = std::max(most, left + reach - layout.xOf(static_cast<double>(i)));
    }
    return most;
}

std::size_t stepFor(std::size_t positions, double width, bool labelled, const Theme& theme)
{
    const double room = theme.px(labelled ? kLabelRoom : 26.0);
    const double pitch = width / std::max<double>(1.0, static_cast<double>(positions) - 1.0);
    std::size_t step = 1;
    for (const std::size_t next : {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000}) {
        step = next;
        if (pitch * static_cast<double>(next) >= room)
            break;
    }
    return step;
}

void paintGrid(QPainter& painter, const LinePlotLayout& layout, const Theme& theme)
{
    const double interval = tickInterval(layout.maximum - layout.minimum);
    const QFont font = theme.ui(kTickPixels);
    const double half = QFontMetricsF(font).capHeight() / 2.0;
    for (double value = std::ceil(layout.minimum / interval - 1e-9) * interval; value <= layout.maximum * (1.0 + 1e-9);
         value += interval) {
        const double y = layout.yOf(value);
        painter.setPen(QPen(std::abs(value) < interval * 1e-6 ? theme.line2 : theme.line, 1.0));
        painter.drawLine(QPointF(layout.plot.left(), y), QPointF(layout.plot.right(), y));
        drawLabel(painter, {layout.plot.left() - theme.px(6.0), y + half}, formatNumber(value, tickDecimals(interval)),
                  font, theme.text2, theme, Anchor::Right);
    }
}

QString levelLabel(const LinePlot& plot, std::size_t position)
{
    return plot.level > 0 ? plot.labels.value(static_cast<qsizetype>(position))
                          : formatNumber(plot.firstNumber + static_cast<int>(position), 0);
}

// A selected label between the labelled ones pushes away those that it would touch.
bool isPushed(const LinePlot& plot, const LinePlotLayout& layout, std::size_t position, const Theme& theme)
{
    if (!plot.selected || plot.selected == position || layout.labelStep <= 1)
        return false;
    const std::size_t from = *plot.selected;
    if (plot.level == 0)
        return std::max(position, from) - std::min(position, from) < layout.labelStep;
    const QFont font = tokenFont(theme, kTickPixels, QFont::DemiBold);
    const double touching =
        (textWidth(levelLabel(plot, position), font) + textWidth(levelLabel(plot, from), font)) / 2.0;
    const double apart = layout.xOf(static_cast<double>(position)) - layout.xOf(static_cast<double>(from));
    return std::abs(apart) < touching + theme.px(5.0);
}

void paintLabels(QPainter& painter, const LinePlot& plot, const LinePlotLayout& layout, const Theme& theme)
{
    for (std::size_t i = 0; i < layout.positions; ++i) {
        const bool selected = plot.selected == i;
        const int number = static_cast<int>(i) + (layout.labelled || plot.level > 0 ? 0 : plot.firstNumber);
        const bool due = number % static_cast<int>(layout.labelStep) == 0;
        if (!selected && (!due || isPushed(plot, layout, i, theme)))
            continue;
        const QFont font = tokenFont(theme, kTickPixels, selected ? QFont::DemiBold : QFont::Normal);
        const QColor colour = selected ? theme.accent : theme.text2;
        const QFontMetricsF metrics(font);
        const double x = layout.xOf(static_cast<double>(i));
        if (!layout.labelled) {
            drawLabel(painter, {x, layout.plot.bottom() + theme.px(4.0) + metrics.ascent()}, levelLabel(plot, i), font,
                      colour, theme, Anchor::Centre);
            continue;
        }
        painter.save();
        painter.translate(x + metrics.capHeight() / 2.0, layout.plot.bottom() + theme.px(8.0));
        painter.rotate(-kSlant);
        drawLabel(painter, {0.0, metrics.capHeight() / 2.0}, plot.labels[static_cast<qsizetype>(i)], font, colour,
                  theme, Anchor::Right);
        painter.restore();
    }
}

enum class Obstacles { All, Selected };

// Whether a piece of a line goes through a box: where it has been cut to the box's width it has a part of its height too.
bool crosses(const QLineF& piece, const QRectF& box)
{
    const double from = std::max(piece.x1(), box.left()), to = std::min(piece.x2(), box.right());
    if (from > to)
        return false;
    const double slope = piece.dx() > 0.0 ? piece.dy() / piece.dx() : 0.0;
    const double first = piece.y1() + slope * (from - piece.x1()), last = piece.y1() + slope * (to - piece.x1());
    return std::max(first, last) >= box.top() && std::min(first, last) <= box.bottom();
}

// Whether a text would lie on a line or on the selected position's values, which stand above and below theirs; or on the
// latter alone.
bool isFree(const QRectF& text, const LinePlot& plot, const LinePlotLayout& layout, Obstacles what, const Theme& theme)
{
    const double near = theme.px(3.0);
    const QMarginsF values(theme.px(16.0), theme.px(22.0), theme.px(16.0), theme.px(22.0));
    for (const PlotSeries& series : plot.series) {
        std::optional<QPointF> before;
        for (std::size_t i = 0; series.trace && i < series.values.size(); ++i) {
            const bool known = std::isfinite(series.values[i]);
            const QPointF at(layout.xOf(static_cast<double>(i)), known ? layout.yOf(series.values[i]) : 0.0);
            const std::optional<QPointF> previous = std::exchange(before, known ? std::optional(at) : std::nullopt);
            if (!known || (what == Obstacles::Selected && plot.selected != i))
                continue;
            if (what == Obstacles::All && previous && crosses({*previous, at}, text))
                return false;
            const QRectF point(at - QPointF(near, near), QSizeF(2.0 * near, 2.0 * near));
            if (text.intersects(plot.selected == i ? point.marginsAdded(values) : point))
                return false;
        }
    }
    return layout.plot.contains(text);
}

// Where the name of a baseline could begin, best first. Where the line is level its ends are usually free; where it
// slopes, the text stands off it, further off where lines crowd around it.
std::vector<QPointF> placesForName(const QPolygonF& line, double width, double height, const Theme& theme)
{
    std::vector<QPointF> places;
    if (std::abs(line.first().y() - line.last().y()) < theme.px(8.0)) {
        places.push_back(line.last() - QPointF(width, theme.px(4.0)));
        for (const double off : {4.0, 12.0, 24.0})
            for (const double share : {1.0, 0.0, 0.75, 0.5, 0.25, 0.875, 0.625, 0.375, 0.125})
                for (const double rise : {-theme.px(off), height + theme.px(off + 1.0)}) {
                    const double x = line.first().x() + share * (line.last().x() - line.first().x() - width);
                    places.emplace_back(x, line.last().y() + rise);
                }
        return places;
    }
    const bool falls = line.first().y() < line.last().y();
    for (const double off : {9.0, 18.0, 36.0, 60.0})
        for (const double share : {0.6, 0.75, 0.45, 0.85, 0.3}) {
            const QPointF at = line[static_cast<qsizetype>(share * static_cast<double>(line.size()))];
            places.push_back(at + QPointF(falls ? 0.0 : -width, -theme.px(off)));
        }
    return places;
}

void paintBaseline(QPainter& painter, const LinePlot& plot, const PlotSeries& series, const LinePlotLayout& layout,
                   const Theme& theme)
{
    QPen pen(theme.text3, 1.0);
    pen.setDashPattern({1.0, 2.5});
    painter.setPen(pen);
    QPolygonF line;
    for (std::size_t i = 0; i < series.values.size(); ++i)
        if (std::isfinite(series.values[i]))
            line << QPointF(layout.xOf(static_cast<double>(i)), layout.yOf(series.values[i]));
    painter.drawPolyline(line);
    if (line.isEmpty())
        return;
    const QFont font = theme.ui(kTickPixels);
    const QStringList words = wrapText(series.name, font, line.last().x() - line.first().x());
    const double below = QFontMetricsF(font).lineSpacing() * static_cast<double>(words.size() - 1);
    const double height = QFontMetricsF(font).capHeight() + below;
    double width = 0.0;
    for (const QString& each : words)
        width = std::max(width, textWidth(each, font));
    const std::vector<QPointF> places = placesForName(line, width, height, theme);
    const auto freeOf = [&](Obstacles what) {
        return std::ranges::find_if(places, [&](QPointF foot) {
            return isFree(QRectF(foot.x(), foot.y() - height, width, height), plot, layout, what, theme);
        });
    };
    auto free = freeOf(Obstacles::All);
    if (free == places.end())
        free = freeOf(Obstacles::Selected);
    QPointF at = (free == places.end() ? places.front() : *free) - QPointF(0.0, below);
    for (const QString& each : words) {
        drawLabel(painter, at, each, font, theme.text3, theme);
        at.ry() += QFontMetricsF(font).lineSpacing();
    }
}

void paintSeries(QPainter& painter, const PlotSeries& series, const LinePlotLayout& layout, const Theme& theme)
{
    const std::size_t trace = *series.trace;
    const bool marked = static_cast<double>(layout.positions) <= kMarkedPositions;
    painter.setPen(tracePen(trace, theme));
    painter.setBrush(Qt::NoBrush);
    QPolygonF line;
    std::vector<QPointF> points;
    const auto finish = [&] {
        if (line.size() > 1)
            painter.drawPolyline(line);
        line.clear();
    };
    for (std::size_t i = 0; i < series.values.size(); ++i) {
        if (!std::isfinite(series.values[i])) {
            finish();
            continue;
        }
        points.emplace_back(layout.xOf(static_cast<double>(i)), layout.yOf(series.values[i]));
        line << points.back();
    }
    finish();
    for (const QPointF& point : points)
        if (marked || points.size() == 1)
            paintMarker(painter, point, trace, theme.px(2.6), theme);
}

// A mark's triangle, and its text: away from the other marks' lines where there is room.
struct PlacedMark {
    QPointF at;
    QPointF baseline;
    Anchor anchor = Anchor::Left;
    QRectF text;
};

std::vector<PlacedMark> placeMarks(const LinePlot& plot, const LinePlotLayout& layout, const Theme& theme)
{
    const QFont font = theme.ui(kTickPixels, QFont::DemiBold);
    const double capital = QFontMetricsF(font).capHeight();
    std::vector<PlacedMark> placed;
    for (const PlotMark& mark : plot.marks) {
        const double x = layout.xOf(mark.position);
        const double y = layout.plot.top() + theme.px(7.0 + 15.0 * static_cast<double>(placed.size()));
        const double width = textWidth(mark.text, font), reach = theme.px(8.0) + width;
        const bool lowest = std::ranges::all_of(
            plot.marks, [&](const PlotMark& other) { return &other == &mark || other.position > mark.position; });
        const bool left = (x + reach > layout.plot.right() && x - reach > layout.plot.left())
                          || (plot.marks.size() > 1 && lowest && x - reach > layout.plot.left());
        const double textX = left ? x - theme.px(7.0) : x + theme.px(7.0);
        placed.push_back({{x, y},
                          {textX, y + capital / 2.0},
                          left ? Anchor::Right : Anchor::Left,
                          QRectF(left ? textX - width : textX, y - capital / 2.0, width, capital)});
    }
    return placed;
}

void paintMarks(QPainter& painter, const LinePlot& plot, const LinePlotLayout& layout, const Theme& theme)
{
    const QFont font = theme.ui(kTickPixels, QFont::DemiBold);
    const std::vector<PlacedMark> placed = placeMarks(plot, layout, theme);
    for (std::size_t i = 0; i < placed.size(); ++i) {
        const PlotMark& mark = plot.marks[i];
        const QPointF at = placed[i].at;
        QPen pen(theme.trace(mark.trace), 1.2);
        pen.setDashPattern({1.5, 2.0});
        painter.setPen(pen);
        painter.drawLine(QPointF(at.x(), at.y() + theme.px(1.0)), QPointF(at.x(), layout.plot.bottom()));
        paintMarker(painter, at, mark.trace, theme.px(3.2), theme);
        drawLabel(painter, placed[i].baseline, mark.text, font, theme.trace(mark.trace), theme, placed[i].anchor);
    }
}

// A value beside its point, where it covers nothing of `taken`: where it was wanted, else the nearest of the other
// sides.
QRectF freePlace(const QRectF& wanted, QPointF point, const std::vector<QRectF>& taken, const LinePlotLayout& layout,
                 const Theme& theme)
{
    constexpr int kRowsBelow = 4;
    const double away = theme.px(8.0);
    const auto covers = [&](const QRectF& place) {
        return std::ranges::any_of(taken, [&](const QRectF& other) {
            return other.adjusted(-2.0, -2.0, 2.0, 2.0).intersects(place.adjusted(-1.5, -1.5, 1.5, 1.5));
        });
    };
    const QSizeF size = wanted.size();
    const double x = point.x() - size.width() / 2.0, y = point.y() - size.height() / 2.0;
    std::vector<QPointF> corners = {wanted.topLeft(), {point.x() + away, y}, {point.x() - away - size.width(), y}};
    for (int row = 0; row < kRowsBelow; ++row)
        corners.emplace_back(x, point.y() + away + row * (size.height() + theme.px(4.0)));
    corners.emplace_back(x, point.y() - away - size.height());
    for (const QPointF corner : corners)
        if (const QRectF place(corner, size);
            !covers(place) && (corner == wanted.topLeft() || layout.plot.contains(place)))
            return place;
    return wanted;
}

// The selected position's values at its points: the highest above, the lowest below, others beside.
void paintSelected(QPainter& painter, const LinePlot& plot, const LinePlotLayout& layout, const Theme& theme)
{
    if (!plot.selected || *plot.selected >= layout.positions)
        return;
    std::vector<std::pair<double, std::size_t>> values;
    for (const PlotSeries& series : plot.series)
        if (series.trace && *plot.selected < series.values.size() && std::isfinite(series.values[*plot.selected]))
            values.emplace_back(series.values[*plot.selected], *series.trace);
    std::ranges::stable_sort(values, std::ranges::greater(), [](const auto& value) { return value.first; });
    const QFont font = theme.ui(kTickPixels, QFont::DemiBold);
    const double capital = QFontMetricsF(font).capHeight();
    const double x = layout.xOf(static_cast<double>(*plot.selected));
    const int decimals = std::max(2, tickDecimals(tickInterval(layout.maximum - layout.minimum)));
    struct Number {
        QString text;
        QRectF place;
        std::size_t trace = 0;
    };
    std::vector<Number> numbers;
    std::vector<double> besides;  // the middles of those beside their points
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto [value, trace] = values[i];
        const QPointF at(x, layout.yOf(value));
        paintMarker(painter, at, trace, theme.px(4.2), theme);
        const bool below =
            i > 0 && i + 1 == values.size() && at.y() + theme.px(9.0) + capital < layout.plot.bottom() - theme.px(2.0);
        // At the upper edge it would stand in the title.
        const bool above = i == 0 && at.y() - theme.px(8.0) - capital > layout.plot.top() - theme.px(6.0);
        const QString text = formatNumber(value, decimals);
        const double width = textWidth(text, font);
        const QPointF corner(above || below ? x - width / 2.0 : x + theme.px(8.0),
                             above   ? at.y() - theme.px(8.0) - capital
                             : below ? at.y() + theme.px(8.0)
                                     : at.y() - capital / 2.0);
        numbers.push_back({text, QRectF(corner, QSizeF(width, capital)), trace});
        if (!above && !below)
            besides.push_back(at.y());
    }
    // Several beside each other's points stand apart.
    const std::vector<double> middles = spreadLabels(besides, capital + theme.px(4.0), layout.plot.bottom());
    for (std::size_t i = 0, beside = 0; i < numbers.size(); ++i)
        if (numbers[i].place.left() > x)
            numbers[i].place.moveTop(middles[beside++] - capital / 2.0);
    // Names of marks stay readable.
    std::vector<QRectF> taken;
    for (const PlacedMark& mark : placeMarks(plot, layout, theme))
        taken.push_back(mark.text);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        numbers[i].place = freePlace(numbers[i].place, {x, layout.yOf(values[i].first)}, taken, layout, theme);
        taken.push_back(numbers[i].place);
    }
    // A line that climbs through a number would strike it out.
    for (const Number& number : numbers)
        painter.fillRect(number.place.adjusted(-1.5, -1.5, 1.5, 1.5), theme.accentBg);
    for (const Number& number : numbers)
        drawLabel(painter, number.place.bottomLeft(), number.text, font, theme.trace(number.trace), theme);
}

}  // namespace

int tickDecimals(double interval)
{
    int decimals = 0;
    constexpr int kMost = 9;
    for (double scaled = interval; decimals < kMost && std::abs(scaled - std::round(scaled)) > 1e-6 * scaled;
         scaled *= 10.0)
        ++decimals;
    return decimals;
}

double tickInterval(double range)
{
    const double rough = range / kMostTicks;
    const double decade = std::pow(10.0, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 2.5, 5.0})
        if (factor * decade >= rough)
            return factor * decade;
    return 10.0 * decade;
}

double LinePlotLayout::xOf(double position) const
{
    const double last = std::max<double>(1.0, static_cast<double>(positions) - 1.0);
    return plot.left() + inset + (plot.width() - 2.0 * inset) * position / last;
}

double LinePlotLayout::yOf(double value) const
{
    const double share = (std::clamp(value, minimum, maximum) - minimum) / (maximum - minimum);
    return plot.bottom() - plot.height() * share;
}

std::optional<std::size_t> LinePlotLayout::positionAt(QPointF where) const
{
    if (positions == 0 || where.y() < plot.top())
        return std::nullopt;
    const double pitch = (plot.width() - 2.0 * inset) / std::max<double>(1.0, static_cast<double>(positions) - 1.0);
    const double position = std::round((where.x() - plot.left() - inset) / pitch);
    if (position < 0.0 || position >= static_cast<double>(positions))
        return std::nullopt;
    return static_cast<std::size_t>(position);
}

LinePlotLayout layoutLinePlot(const LinePlot& plot, const QRectF& area, const Theme& theme)
{
    LinePlotLayout layout;
    layout.minimum = plot.minimum;
    layout.maximum = plot.maximum > plot.minimum ? plot.maximum : plot.minimum + 1.0;
    for (const PlotSeries& series : plot.series)
        layout.positions = std::max(layout.positions, series.values.size());
    const double interval = tickInterval(layout.maximum - layout.minimum);
    const double numbers =
        std::max(textWidth(formatNumber(layout.maximum, tickDecimals(interval)), theme.ui(kTickPixels)),
                 textWidth(formatNumber(layout.minimum, tickDecimals(interval)), theme.ui(kTickPixels)));
    const double below = labelHeight(plot, theme) + (plot.xTitle.isEmpty() ? 0.0 : theme.px(16.0));
    layout.plot = area.adjusted(numbers + theme.px(10.0), theme.px(8.0), -theme.px(12.0), -below);
    layout.labelled = hasLabels(plot, theme);
    layout.inset = theme.px(layout.labelled ? 14.0 : 0.0);
    const auto chooseStep = [&] {
        layout.labelStep =
            plot.level > 0 ? plot.level : stepFor(layout.positions, layout.plot.width(), layout.labelled, theme);
    };
    chooseStep();
    const double overhang = labelOverhang(plot, layout, area.left(), theme);
    layout.plot.setLeft(layout.plot.left() + std::min(overhang, area.width() * kMostIndent));
    chooseStep();
    return layout;
}

void paintLinePlot(QPainter& painter, const LinePlot& plot, const QRectF& area, const Theme& theme)
{
    const LinePlotLayout layout = layoutLinePlot(plot, area, theme);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    if (plot.selected && *plot.selected < layout.positions) {
        const double half = std::clamp(layout.plot.width() / static_cast<double>(layout.positions) / 2.0, theme.px(3.0),
                                       theme.px(12.0));
        const double x = layout.xOf(static_cast<double>(*plot.selected));
        painter.fillRect(QRectF(x - half, layout.plot.top(), 2.0 * half, layout.plot.height()), theme.accentBg);
    }
    paintGrid(painter, layout, theme);
    for (const PlotSeries& series : plot.series)
        if (!series.trace)
            paintBaseline(painter, plot, series, layout, theme);
    for (const PlotSeries& series : plot.series)
        if (series.trace)
            paintSeries(painter, series, layout, theme);
    paintMarks(painter, plot, layout, theme);
    paintSelected(painter, plot, layout, theme);
    paintLabels(painter, plot, layout, theme);
    if (!plot.xTitle.isEmpty())
        drawLabel(painter, {layout.plot.center().x(), area.bottom() - theme.px(2.0)}, plot.xTitle,
                  theme.ui(kTickPixels), theme.text2, theme, Anchor::Centre);
    painter.restore();
}

}  // namespace ketscope
