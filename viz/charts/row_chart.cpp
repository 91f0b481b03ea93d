// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/charts/row_chart.h"

#include "viz/head_maps.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QtCharts/QBarCategoryAxis>
#include <QtCharts/QBarSeries>
#include <QtCharts/QBarSet>
#include <QtCharts/QLegend>
#include <QtCharts/QValueAxis>

#include <QGraphicsItem>

#include <cmath>
#include <numeric>

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

// What Qt Charts has no series for: the band behind the selected key, and error bars.
class Marks : public QGraphicsItem {
public:
    Marks(QChart& chart, bool behind) : QGraphicsItem(&chart), m_chart(chart), m_behind(behind)
    {
        setZValue(behind ? 0.5 : 100.0);
        setAcceptedMouseButtons(Qt::NoButton);
    }

    void show(std::optional<double> band, std::vector<Whisker> whiskers, const Theme& theme)
    {
        prepareGeometryChange();
        m_band = band;
        m_whiskers = std::move(whiskers);
        m_bandColour = theme.accentBg;
        m_lineColour = theme.text;
    }

    QRectF boundingRect() const override { return m_chart.boundingRect(); }

    void paint(QPainter* painter, const QStyleOptionGraphicsItem*, QWidget*) override
    {
        if (m_chart.series().isEmpty())
            return;
        if (m_behind)
            paintBand(*painter);
        else
            paintWhiskers(*painter);
    }

private:
    QPointF place(double x, double y) const { return m_chart.mapToPosition({x, y}, m_chart.series().constFirst()); }

    void paintBand(QPainter& painter) const
    {
        if (!m_band)
            return;
        const QRectF plot = m_chart.plotArea();
        const double left = place(*m_band - 0.5, 0.0).x(), right = place(*m_band + 0.5, 0.0).x();
        painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), m_bandColour);
    }

    void paintWhiskers(QPainter& painter) const
    {
        painter.setPen(QPen(m_lineColour, 1.2));
        for (const Whisker& whisker : m_whiskers) {
            const QPointF low = place(whisker.x, whisker.low), high = place(whisker.x, whisker.high);
            const QPointF cap(2.5, 0.0);
            painter.drawLine(low, high);
            painter.drawLine(low - cap, low + cap);
            painter.drawLine(high - cap, high + cap);
        }
    }

    QChart& m_chart;
    bool m_behind;
    std::optional<double> m_band;
    std::vector<Whisker> m_whiskers;
    QColor m_bandColour;
    QColor m_lineColour;
};

class RowChart : public QChart {
public:
    RowChart() : m_band(new Marks(*this, true)), m_whiskers(new Marks(*this, false))
    {
        legend()->hide();
        setMargins(QMargins(0, 4, 4, 0));
        setBackgroundRoundness(0.0);
        setAnimationOptions(QChart::NoAnimation);
    }

    void show(std::optional<double> band, std::vector<Whisker> whiskers, const Theme& theme)
    {
        m_band->show(band, {}, theme);
        m_whiskers->show(std::nullopt, std::move(whiskers), theme);
    }

private:
    Marks* m_band;  // both are children of the chart
    Marks* m_whiskers;
};

double sizeOf(const HeadMaps& maps, std::size_t query, std::size_t key, RowOrder order)
{
    double largest = 0.0;
    for (std::size_t trace = order == RowOrder::Difference ? 1 : 0; trace < maps.traces(); ++trace) {
        const MapSource source{trace, order == RowOrder::Difference ? std::optional<std::size_t>(0) : std::nullopt};
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

// Categories have to differ: the same word twice gets invisible characters.
QStringList categories(const HeadMaps& maps, const std::vector<std::size_t>& keys)
{
    QStringList names;
    std::map<QString, qsizetype> seen;
    for (const std::size_t key : keys) {
        const QString name = elideMiddle(maps.tokenText(key));
        names << name + QString(seen[name]++, QChar(0x200B));
    }
    return names;
}

void style(QAbstractAxis& axis, const Theme& theme)
{
    axis.setLabelsFont(theme.ui(kTickPixels));
    axis.setLabelsColor(theme.text2);
    axis.setLinePen(QPen(theme.line2, 1.0));
    axis.setGridLinePen(QPen(theme.line, 1.0));
}

void addAxes(QChart& chart, QBarSeries& series, const QStringList& names, double lowest, double largest,
             const Theme& theme)
{
    auto* keys = new QBarCategoryAxis;
    keys->append(names);
    style(*keys, theme);
    keys->setGridLineVisible(false);
    keys->setLabelsAngle(-47);
    auto* weights = new QValueAxis;
    const double top = niceMaximum(largest);
    weights->setRange(lowest < 0.0 ? -niceMaximum(-lowest) : 0.0, top);
    weights->setTickCount(5);
    weights->setLabelFormat(top >= 0.1 ? QStringLiteral("%.2f") : QStringLiteral("%.3g"));
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
    const double traces = static_cast<double>(maps.traces());
    double lowest = 0.0, largest = 0.0;
    std::vector<Whisker> whiskers;
    auto* series = new QBarSeries;
    series->setBarWidth(kGroupWidth);
    for (std::size_t trace = 0; trace < maps.traces(); ++trace) {
        auto* bars = new QBarSet(QString::fromStdString(traceTag(trace)));
        bars->setColor(theme.trace(trace));
        bars->setBorderColor(Qt::transparent);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const Cell cell = maps.cell({trace, std::nullopt}, query, keys[i]);
            const double value = cell.state == CellState::Value ? cell.value : 0.0;
            bars->append(value);
            const double reach = kWhisker * cell.standardError;
            const double x = static_cast<double>(i) + kGroupWidth * ((static_cast<double>(trace) + 0.5) / traces - 0.5);
            if (reach > 0.0)
                whiskers.push_back({x, value - reach, value + reach});
            lowest = std::min(lowest, value);
            largest = std::max(largest, value + reach);
        }
        series->append(bars);
    }
    clear(chart);
    chart.setBackgroundBrush(theme.panel);
    chart.addSeries(series);
    addAxes(chart, *series, categories(maps, keys), lowest, largest, theme);
    const auto selected = std::find(keys.begin(), keys.end(), selection.key);
    dynamic_cast<RowChart&>(chart).show(selected == keys.end() ? std::nullopt
                                                               : std::optional<double>(selected - keys.begin()),
                                        std::move(whiskers), theme);
    QString heading = QStringLiteral("Attention from query ") + maps.tokenText(query);
    if (maps.keys() > kAllKeys && keys.size() == kLargestKeys)
        heading += QStringLiteral(" · the %1 of %2 keys with the largest %3")
                       .arg(QString::number(keys.size()), QString::number(maps.keys()),
                            order == RowOrder::Difference ? QStringLiteral("|Δ|") : QStringLiteral("weights"));
    return heading;
}

}  // namespace ketscope
