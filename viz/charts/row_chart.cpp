// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/charts/row_chart.h"

#include "core/study/compared_pair.h"
#include "viz/head_maps.h"
#include "viz/labels.h"
#include "viz/scale.h"
#include "viz/token_font.h"

#include <QtCharts/QBarSeries>
#include <QtCharts/QBarSet>
#include <QtCharts/QLegend>
#include <QtCharts/QValueAxis>

#include <QFontMetricsF>
#include <QGraphicsItem>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr std::size_t kAllKeys = 64;  // up to here every key has its bars
constexpr std::size_t kLargestKeys = 32;
constexpr double kGroupWidth = 0.72;
constexpr double kWhisker = 2.0;  // standard errors on either side

struct Whisker {
    double x;
    double low;
    double high;
};

struct RowContents {
    QStringList labels;               // of the groups of bars
    std::vector<std::size_t> tokens;  // of the same groups
    std::optional<int> selected;      // group
    std::vector<Whisker> whiskers;
};

// What Qt Charts does not do: the band behind the selected key, error bars, and slanted labels that are not cut short.
class Marks : public QGraphicsItem {
public:
    Marks(QChart& chart, bool behind) : QGraphicsItem(&chart), m_chart(chart), m_behind(behind)
    {
        setZValue(behind ? 0.5 : 100.0);
        setAcceptedMouseButtons(Qt::NoButton);
    }

    void show(RowContents contents, const Theme& theme)
    {
        prepareGeometryChange();
        m_contents = std::move(contents);
        m_theme = theme;
    }

    void mark(std::optional<std::size_t> token)
    {
        m_marked = token;
        update();
    }

    std::optional<std::size_t> tokenAt(QPointF where) const
    {
        const QRectF plot = m_chart.plotArea();
        if (m_chart.series().isEmpty() || where.x() < plot.left() || where.x() >= plot.right()
            || where.y() < plot.top())
            return {};
        const double group = std::round(m_chart.mapToValue(where, m_chart.series().constFirst()).x());
        const auto last = static_cast<double>(m_contents.tokens.size()) - 1.0;
        return group < 0.0 || group > last ? std::nullopt
                                           : std::optional(m_contents.tokens[static_cast<std::size_t>(group)]);
    }

    QRectF boundingRect() const override { return m_chart.boundingRect(); }

    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override
    {
        if (m_chart.series().isEmpty())
            return;
        if (m_behind) {
            paintBand(*painter);
            return;
        }
        paintWhiskers(*painter);
        paintLabels(*painter);
        paintMark(*painter);
    }

private:
    QPointF place(double x, double y) const { return m_chart.mapToPosition({x, y}, m_chart.series().constFirst()); }

    QRectF bandOf(int group) const
    {
        const QRectF plot = m_chart.plotArea();
        const double left = place(group - 0.5, 0.0).x(), right = place(group + 0.5, 0.0).x();
        return {left, plot.top(), right - left, plot.height()};
    }

    void paintBand(QPainter& painter) const
    {
        if (m_contents.selected)
            painter.fillRect(bandOf(*m_contents.selected), m_theme.accentBg);
    }

    void paintMark(QPainter& painter) const
    {
        const auto found = std::ranges::find(m_contents.tokens, m_marked.value_or(m_contents.tokens.size()));
        if (!m_marked || found == m_contents.tokens.end())
            return;
        painter.setPen(QPen(m_theme.accent, 1.5));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(bandOf(static_cast<int>(found - m_contents.tokens.begin())));
    }

    void paintWhiskers(QPainter& painter) const
    {
        painter.setPen(QPen(m_theme.text, 1.2));
        for (const Whisker& whisker : m_contents.whiskers) {
            const QPointF low = place(whisker.x, whisker.low), high = place(whisker.x, whisker.high);
            const QPointF cap(2.5, 0.0);
            painter.drawLine(low, high);
            painter.drawLine(low - cap, low + cap);
            painter.drawLine(high - cap, high + cap);
        }
    }

    // Text ends below its bars; where bars are close, every k-th label and the selected one.
    void paintLabels(QPainter& painter) const
    {
        const double pitch = place(1.0, 0.0).x() - place(0.0, 0.0).x();
        const int step = std::max(1, static_cast<int>(std::ceil(m_theme.px(14.0) / pitch)));
        for (int i = 0; i < m_contents.labels.size(); ++i) {
            const bool selected = m_contents.selected == i;
            const bool near = m_contents.selected && std::abs(*m_contents.selected - i) < step;
            if (!selected && (i % step != 0 || near))
                continue;
            const QFont font = tokenFont(m_theme, kTickPixels, selected ? QFont::DemiBold : QFont::Normal);
            painter.save();
            painter.translate(place(i, 0.0).x() + m_theme.px(3.0), m_chart.plotArea().bottom() + m_theme.px(8.0));
            painter.rotate(-47.0);
            drawLabel(painter, {0.0, QFontMetricsF(font).capHeight() / 2.0}, m_contents.labels[i], font,
                      selected ? m_theme.accent : m_theme.text2, m_theme, Anchor::Right);
            painter.restore();
        }
    }

    QChart& m_chart;
    bool m_behind;
    RowContents m_contents;
    std::optional<std::size_t> m_marked;  // token
    Theme m_theme;
};

// 1, 2 or 5 times a power of ten, so that about four steps reach `largest`.
double tickInterval(double largest)
{
    const double rough = largest > 0.0 ? largest / 4.0 : 0.25;
    const double decade = std::pow(10.0, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (rough <= decade * factor * 1.0001)
            return decade * factor;
    return decade * 10.0;
}

constexpr double kLabelRoom = 1.6;  // between tick labels, in heights of one

class RowChart : public QChart {
public:
    RowChart() : m_behind(new Marks(*this, true)), m_above(new Marks(*this, false))
    {
        legend()->hide();
        setBackgroundRoundness(0.0);
        setAnimationOptions(QChart::NoAnimation);
        connect(this, &QChart::plotAreaChanged, this, &RowChart::spaceTicks);
    }

    void show(const RowContents& contents, const Theme& theme)
    {
        double longest = 0.0;
        for (const QString& label : contents.labels)
            longest = std::max(longest, textWidth(label, tokenFont(theme, kTickPixels, QFont::DemiBold)));
        setMargins(QMargins(0, 4, 4, static_cast<int>(longest * 0.74 + theme.px(10.0))));
        m_behind->show(contents, theme);
        m_above->show(contents, theme);
    }

    void mark(std::optional<std::size_t> token) { m_above->mark(token); }
    std::optional<std::size_t> tokenAt(QPointF where) const { return m_above->tokenAt(where); }

private:
    // Labels that have no room are drawn as dots, so a low chart has fewer ticks.
    void spaceTicks(const QRectF& plot)
    {
        const QList<QAbstractAxis*> vertical = axes(Qt::Vertical);
        auto* axis = vertical.isEmpty() ? nullptr : qobject_cast<QValueAxis*>(vertical.first());
        if (axis == nullptr)
            return;
        const double range = axis->max() - axis->min();
        const double label = QFontMetricsF(axis->labelsFont()).height() * kLabelRoom;
        double interval = tickInterval(std::max(axis->max(), -axis->min()));
        while (interval < range && plot.height() * interval / range < label)
            interval *= 2.0;
        if (interval != axis->tickInterval())
            axis->setTickInterval(interval);
    }

    Marks* m_behind;  // both are children of the chart
    Marks* m_above;
};

// The row of a query over the keys, or the column of a key over the queries.
struct MapLine {
    const HeadMaps& maps;
    bool row;
    std::size_t token;

    std::size_t count() const { return row ? maps.keys() : maps.queries(); }
    Cell cell(const MapSource& source, std::size_t other) const
    {
        return row ? maps.cell(source, token, other) : maps.cell(source, other, token);
    }
    bool allowed(std::size_t other) const { return row ? maps.allowed(token, other) : maps.allowed(other, token); }
    QString text(std::size_t other) const { return row ? maps.keyText(other) : maps.queryText(other); }
};

double sizeOf(const MapLine& line, std::size_t other, RowOrder order)
{
    double largest = 0.0;
    const std::size_t baseline = comparedPair(line.maps.comparison()).baseline;
    for (const std::size_t trace : shownTraces(line.maps.comparison())) {
        const MapSource source{trace, order == RowOrder::Difference ? std::optional(baseline) : std::nullopt};
        const Cell cell = line.cell(source, other);
        if (cell.state == CellState::Value)
            largest = std::max(largest, std::abs(cell.value));
    }
    return largest;
}

std::vector<std::size_t> tokensToShow(const MapLine& line, RowOrder order)
{
    std::vector<std::size_t> tokens;
    for (std::size_t token = 0; token < line.count(); ++token)
        if (line.allowed(token))
            tokens.push_back(token);
    std::vector<double> sizes(line.count());
    for (const std::size_t token : tokens)
        sizes[token] = sizeOf(line, token, order);
    const bool cut = line.count() > kAllKeys && tokens.size() > kLargestKeys;
    if (order != RowOrder::Position || cut)
        std::stable_sort(tokens.begin(), tokens.end(), [&](auto a, auto b) { return sizes[a] > sizes[b]; });
    if (cut)
        tokens.resize(kLargestKeys);
    if (order == RowOrder::Position)
        std::sort(tokens.begin(), tokens.end());
    return tokens;
}

QStringList labelsOf(const MapLine& line, const std::vector<std::size_t>& tokens)
{
    QStringList labels;
    for (const std::size_t token : tokens)
        labels << elideMiddle(line.text(token));
    return labels;
}

void style(QAbstractAxis& axis, const Theme& theme)
{
    axis.setLabelsFont(theme.ui(kTickPixels));
    axis.setLabelsColor(theme.text2);
    axis.setLinePen(QPen(theme.line2, 1.0));
    axis.setGridLinePen(QPen(theme.line, 1.0));
}

void addAxes(QChart& chart, QBarSeries& series, std::size_t groups, double lowest, double largest, const Theme& theme)
{
    // One group a unit, as with categories, whose labels would be laid out though they are not shown: Marks draws them.
    auto* keys = new QValueAxis;
    keys->setRange(-0.5, static_cast<double>(groups) - 0.5);
    keys->setTickCount(2);
    keys->setLabelsVisible(false);
    style(*keys, theme);
    keys->setGridLineVisible(false);
    auto* weights = new QValueAxis;
    const double interval = tickInterval(std::max(largest, -lowest));
    weights->setRange(std::floor(lowest / interval) * interval, std::ceil(largest / interval - 1e-9) * interval);
    weights->setTickType(QValueAxis::TicksDynamic);
    weights->setTickAnchor(0.0);
    weights->setTickInterval(interval);
    weights->setLabelFormat(interval >= 0.01 ? QStringLiteral("%.2f") : QStringLiteral("%.3g"));
    style(*weights, theme);
    weights->setLineVisible(false);
    chart.addAxis(keys, Qt::AlignBottom);
    chart.addAxis(weights, Qt::AlignLeft);
    series.attachAxis(keys);
    series.attachAxis(weights);
}

void clear(QChart& chart)
{
    chart.removeAllSeries();
    for (QAbstractAxis* axis : chart.axes()) {
        chart.removeAxis(axis);
        delete axis;
    }
}

}  // namespace

std::unique_ptr<QChart> makeRowChart() { return std::make_unique<RowChart>(); }

namespace {

// What the chart leaves out, in a line.
QString noteOf(const MapLine& line, std::size_t shown, RowOrder order, const HeatmapView& view)
{
    QStringList parts;
    if (line.count() > kAllKeys && shown >= kLargestKeys)
        parts << QStringLiteral("%1 of %2 %3: those with the largest %4")
                     .arg(QString::number(shown), QString::number(line.count()),
                          line.row ? QStringLiteral("keys") : QStringLiteral("queries"),
                          order == RowOrder::Difference ? QStringLiteral("|Δ|") : QStringLiteral("weights"));
    if (const std::string filter = describe(view.filter, view.direction); !filter.empty())
        parts << QString::fromStdString(filter);
    return parts.join(QStringLiteral(" · "));
}

struct Bars {
    QBarSeries* series;  // for a chart to own
    RowContents contents;
    double lowest = 0.0, largest = 0.0;
};

Bars barsOf(const MapLine& line, const std::vector<std::size_t>& tokens, bool errors, const Theme& theme)
{
    Bars bars{new QBarSeries, {labelsOf(line, tokens), tokens, std::nullopt, {}}};
    bars.series->setBarWidth(kGroupWidth);
    const std::vector<std::size_t> shown = shownTraces(line.maps.comparison());
    const double traces = static_cast<double>(shown.size());
    for (std::size_t place = 0; place < shown.size(); ++place) {
        const std::size_t trace = shown[place];
        auto* set = new QBarSet(QString::fromStdString(traceTag(trace)));
        set->setColor(theme.trace(trace));
        set->setBorderColor(Qt::transparent);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const Cell cell = line.cell({trace, std::nullopt}, tokens[i]);
            const double value = cell.state == CellState::Value ? cell.value : 0.0;
            set->append(value);
            const double reach = errors && cell.state == CellState::Value ? kWhisker * cell.standardError : 0.0;
            const double x = static_cast<double>(i) + kGroupWidth * ((static_cast<double>(place) + 0.5) / traces - 0.5);
            if (reach > 0.0)
                bars.contents.whiskers.push_back({x, std::max(value - reach, std::min(value, 0.0)), value + reach});
            bars.lowest = std::min(bars.lowest, value);
            bars.largest = std::max(bars.largest, value + reach);
        }
        bars.series->append(set);
    }
    return bars;
}

}  // namespace

QString updateRowChart(QChart& chart, const ComparisonPointer& comparison, RowOrder order, const Theme& theme,
                       const HeadMaps* known)
{
    const HeatmapView view = comparison ? comparison->study.view.heatmap : HeatmapView();
    std::optional<HeadMaps> made;
    if (known == nullptr)
        made.emplace(comparison, comparison ? comparison->study.selection : Selection(), view);
    const HeadMaps& maps = known != nullptr ? *known : *made;
    const Selection& selection = comparison->study.selection;
    const bool row = view.direction == AttentionDirection::FromQuery;
    const MapLine line{maps, row,
                       row ? std::min(selection.query, maps.queries() - 1) : std::min(selection.key, maps.keys() - 1)};
    const auto tokens = tokensToShow(line, order);
    Bars bars = barsOf(line, tokens, view.standardErrors, theme);
    clear(chart);
    chart.setBackgroundBrush(theme.panel);
    chart.addSeries(bars.series);
    addAxes(chart, *bars.series, tokens.size(), bars.lowest, std::max(bars.largest, 1e-6), theme);
    const auto selected = std::find(tokens.begin(), tokens.end(), row ? selection.key : selection.query);
    if (selected != tokens.end())
        bars.contents.selected = static_cast<int>(selected - tokens.begin());
    const bool whiskers = !bars.contents.whiskers.empty();
    dynamic_cast<RowChart&>(chart).show(bars.contents, theme);
    const QString note = noteOf(line, tokens.size(), order, view);
    const QString errors = whiskers ? QStringLiteral("bars: ± 2 SE") : QString();
    return note.isEmpty() || errors.isEmpty() ? note + errors : errors + QStringLiteral(" · ") + note;
}

void markInRowChart(QChart& chart, std::optional<std::size_t> token) { dynamic_cast<RowChart&>(chart).mark(token); }

std::optional<std::size_t> tokenInRowChart(const QChart& chart, QPointF where)
{
    return dynamic_cast<const RowChart&>(chart).tokenAt(where);
}

}  // namespace ketscope
