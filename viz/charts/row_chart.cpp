// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/charts/row_chart.h"

#include "core/study/compared_pair.h"
#include "viz/head_maps.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QtCharts/QBarCategoryAxis>
#include <QtCharts/QBarSeries>
#include <QtCharts/QBarSet>
#include <QtCharts/QLegend>
#include <QtCharts/QValueAxis>

#include <QFontMetricsF>
#include <QGraphicsItem>

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
    QStringList labels;           // of the groups of bars
    std::optional<int> selected;  // group
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
    }

private:
    QPointF place(double x, double y) const { return m_chart.mapToPosition({x, y}, m_chart.series().constFirst()); }

    void paintBand(QPainter& painter) const
    {
        if (!m_contents.selected)
            return;
        const QRectF plot = m_chart.plotArea();
        const double left = place(*m_contents.selected - 0.5, 0.0).x();
        const double right = place(*m_contents.selected + 0.5, 0.0).x();
        painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), m_theme.accentBg);
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
            const QFont font = m_theme.ui(kTickPixels, selected ? QFont::DemiBold : QFont::Normal);
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
            longest = std::max(longest, textWidth(label, theme.ui(kTickPixels, QFont::DemiBold)));
        setMargins(QMargins(0, 4, 4, static_cast<int>(longest * 0.74 + theme.px(10.0))));
        m_behind->show(contents, theme);
        m_above->show(contents, theme);
    }

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

double sizeOf(const HeadMaps& maps, std::size_t query, std::size_t key, RowOrder order)
{
    double largest = 0.0;
    const std::size_t baseline = comparedPair(maps.comparison()).baseline;
    for (const std::size_t trace : shownTraces(maps.comparison())) {
        const MapSource source{trace, order == RowOrder::Difference ? std::optional(baseline) : std::nullopt};
        const Cell cell = maps.cell(source, query, key);
        if (cell.state == CellState::Value)
            largest = std::max(largest, std::abs(cell.value));
    }
    return largest;
}

std::vector<std::size_t> keysToShow(const HeadMaps& maps, std::size_t query, RowOrder order)
{
    std::vector<std::size_t> keys;
    for (std::size_t key = 0; key < maps.keys(); ++key)
        if (maps.allowed(query, key))
            keys.push_back(key);
    std::vector<double> sizes(maps.keys());
    for (const std::size_t key : keys)
        sizes[key] = sizeOf(maps, query, key, order);
    const bool cut = maps.keys() > kAllKeys && keys.size() > kLargestKeys;
    if (order != RowOrder::Position || cut)
        std::stable_sort(keys.begin(), keys.end(), [&](auto a, auto b) { return sizes[a] > sizes[b]; });
    if (cut)
        keys.resize(kLargestKeys);
    if (order == RowOrder::Position)
        std::sort(keys.begin(), keys.end());
    return keys;
}

QStringList labelsOf(const HeadMaps& maps, const std::vector<std::size_t>& keys)
{
    QStringList labels;
    for (const std::size_t key : keys)
        labels << elideMiddle(maps.keyText(key));
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
    auto* keys = new QBarCategoryAxis;
    // Categories have to differ, and words repeat: the labels are drawn by Marks.
    for (std::size_t i = 0; i < groups; ++i)
        keys->append(QString::number(i));
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

QString updateRowChart(QChart& chart, const ComparisonPointer& comparison, RowOrder order, const Theme& theme)
{
    const HeadMaps maps(comparison, comparison ? comparison->study.selection : Selection());
    const Selection& selection = comparison->study.selection;
    const std::size_t query = std::min(selection.query, maps.queries() - 1);
    const auto keys = keysToShow(maps, query, order);
    const std::vector<std::size_t> shown = shownTraces(*comparison);
    const double traces = static_cast<double>(shown.size());
    double lowest = 0.0, largest = 0.0;
    RowContents contents{labelsOf(maps, keys), std::nullopt, {}};
    auto* series = new QBarSeries;
    series->setBarWidth(kGroupWidth);
    for (std::size_t place = 0; place < shown.size(); ++place) {
        const std::size_t trace = shown[place];
        auto* bars = new QBarSet(QString::fromStdString(traceTag(trace)));
        bars->setColor(theme.trace(trace));
        bars->setBorderColor(Qt::transparent);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const Cell cell = maps.cell({trace, std::nullopt}, query, keys[i]);
            const double value = cell.state == CellState::Value ? cell.value : 0.0;
            bars->append(value);
            const double reach = kWhisker * cell.standardError;
            const double x = static_cast<double>(i) + kGroupWidth * ((static_cast<double>(place) + 0.5) / traces - 0.5);
            if (reach > 0.0)
                contents.whiskers.push_back({x, std::max(value - reach, std::min(value, 0.0)), value + reach});
            lowest = std::min(lowest, value);
            largest = std::max(largest, value + reach);
        }
        series->append(bars);
    }
    clear(chart);
    chart.setBackgroundBrush(theme.panel);
    chart.addSeries(series);
    addAxes(chart, *series, keys.size(), lowest, std::max(largest, 1e-6), theme);
    const auto selected = std::find(keys.begin(), keys.end(), selection.key);
    if (selected != keys.end())
        contents.selected = static_cast<int>(selected - keys.begin());
    dynamic_cast<RowChart&>(chart).show(contents, theme);
    if (maps.keys() <= kAllKeys || keys.size() < kLargestKeys)
        return {};
    return QStringLiteral("%1 of %2 keys: those with the largest %3")
        .arg(QString::number(keys.size()), QString::number(maps.keys()),
             order == RowOrder::Difference ? QStringLiteral("|Δ|") : QStringLiteral("weights"));
}

}  // namespace ketscope
