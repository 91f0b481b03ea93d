// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/measures/logit_terms.h"
#include "core/study/selected_head.h"
#include "core/study/token_axis.h"
#include "viz/caption.h"
#include "viz/colour_map.h"
#include "viz/figure.h"
#include "viz/figures/heatmap_layout.h"
#include "viz/fitted_title.h"
#include "viz/head_maps.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kHeader = 56.0;
constexpr double kStrip = 62.0;
constexpr double kAxis = 20.0;
constexpr double kLabels = 92.0;       // left of the strips
constexpr double kLeastPanel = 430.0;  // width
constexpr double kBetween = 26.0;
constexpr std::size_t kStrips = 4;

QString number(double value, int decimals)
{
    return std::isinf(value) ? (value < 0.0 ? QStringLiteral("−∞") : QStringLiteral("∞"))
                             : formatNumber(value, decimals);
}

// One trace's query and key, and what becomes of them.
struct Detail {
    std::size_t trace = 0;
    LogitTerms terms;
    bool exact = false;  // whether the trace's weight is the softmax of these logits
    double used = 0.0;   // the weight in the trace's map
};

struct Strip {
    QString name;
    const std::vector<double>* values;
    double largest;
};

class QkDetail final : public Figure {
public:
    explicit QkDetail(const ComparisonPointer& comparison);

    double heightFor(double width, const Theme& theme) const override;
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override;
    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override;
    Table table() const override;
    QString caption() const override;
    QString panelCaption() const override;
    double smallestText(double, const Theme& theme) const override { return theme.px(kTickPixels); }

private:
    std::size_t across(double width, const Theme& theme) const;
    QRectF panel(std::size_t index, const QRectF& area, const Theme& theme) const;
    QRectF strip(std::size_t index, const QRectF& panel, const Theme& theme) const;
    std::array<Strip, kStrips> strips(const Detail& detail) const;
    QString arithmetic(const Detail& detail) const;
    QString outcome(const Detail& detail) const;
    QString cell() const;
    QString sums() const;
    FittedTitle heading(const Detail& detail, double width, const Theme& theme) const;
    double headerHeight(double panelWidth, const Theme& theme) const;
    void paintHeader(QPainter& painter, const Detail& detail, const QRectF& panel, const Theme& theme) const;
    void paintStrip(QPainter& painter, const Strip& strip, const QRectF& place, const QColor& colour,
                    const Theme& theme) const;
    void paintAxis(QPainter& painter, const Detail& detail, const QRectF& panel, const Theme& theme) const;

    ComparisonPointer m_comparison;
    HeadMaps m_maps;
    Selection m_selection;
    std::vector<Detail> m_details;
    std::array<double, kStrips> m_largest{};  // shared by the traces
};

QkDetail::QkDetail(const ComparisonPointer& comparison)
    : m_comparison(comparison), m_maps(comparison, comparison ? comparison->study.selection : Selection()),
      m_selection(comparison->study.selection)
{
    if (const std::string obstacle = obstacleToRecording(*comparison); !obstacle.empty())
        refuse({"Q·K detail", "queries and keys of the selected head", "none", obstacle});
    const Monitor monitor;
    const ComparisonPointer filled = withSelectedHead(comparison, monitor);
    const auto& traces = filled->selectedHead->traces;
    for (std::size_t trace = 0; trace < traces.size(); ++trace) {
        if (!traces[trace])
            continue;
        const RecordedHead& head = *traces[trace];
        if (m_selection.query >= head.input.queries.rows || m_selection.key >= head.input.keys.rows)
            refuse({"Q·K detail", "a query and a key of the input", "others", "Click a cell in a map."});
        Detail detail{trace, logitTerms(head.input, m_selection.query, m_selection.key),
                      head.assignment.mechanism == &mechanism("exact"),
                      static_cast<double>(m_maps.weights(trace)(m_selection.query, m_selection.key))};
        m_details.push_back(std::move(detail));
    }
    for (const Detail& detail : m_details) {
        const auto all = strips(detail);
        for (std::size_t i = 0; i < kStrips; ++i)
            for (const double value : *all[i].values)
                m_largest[i] = std::max(m_largest[i], std::abs(value));
    }
}

std::array<Strip, kStrips> QkDetail::strips(const Detail& detail) const
{
    const LogitTerms& terms = detail.terms;
    return {Strip{QStringLiteral("query qᵢ"), &terms.query, m_largest[0]},
            Strip{QStringLiteral("key kᵢ"), &terms.key, m_largest[1]},
            Strip{QStringLiteral("qᵢ · kᵢ"), &terms.products, m_largest[2]},
            Strip{QStringLiteral("logit so far"), &terms.cumulative, m_largest[3]}};
}

QString QkDetail::cell() const
{
    return QStringLiteral("query %1 “%2”, key %3 “%4”")
        .arg(QString::number(m_selection.query), m_maps.queryText(m_selection.query), QString::number(m_selection.key),
             m_maps.keyText(m_selection.key));
}

// "q·k 3.214 × 0.177 + mask 0 = logit 0.568"
QString QkDetail::arithmetic(const Detail& detail) const
{
    const LogitTerms& terms = detail.terms;
    return QStringLiteral("q·k %1 × scale %2 + mask %3 = logit %4")
        .arg(number(terms.dot, 3), number(terms.scale, 4), number(terms.additive, terms.additive == 0.0 ? 0 : 2),
             number(terms.logit, 3));
}

QString QkDetail::outcome(const Detail& detail) const
{
    const LogitTerms& terms = detail.terms;
    const QString weight = QStringLiteral("exp(%1 − ln Σ %2) = softmax weight %3")
                               .arg(number(terms.logit, 3), number(terms.logSum, 3), number(terms.weight, 6));
    return detail.exact ? weight
                        : weight
                              + QStringLiteral(" · %1 uses %2")
                                    .arg(QString::fromStdString(traceTitle(*m_comparison, detail.trace).title),
                                         number(detail.used, 6));
}

std::size_t QkDetail::across(double width, const Theme& theme) const
{
    const double fitting = (width + theme.px(kBetween)) / theme.px(kLeastPanel + kBetween);
    return std::clamp<std::size_t>(static_cast<std::size_t>(fitting), 1, std::max<std::size_t>(1, m_details.size()));
}

double QkDetail::heightFor(double width, const Theme& theme) const
{
    const std::size_t columns = across(width, theme);
    const auto below = static_cast<double>((m_details.size() + columns - 1) / columns);
    const double gap = theme.px(kBetween), panel = (width + gap) / static_cast<double>(columns) - gap;
    return below * (headerHeight(panel, theme) + theme.px(static_cast<double>(kStrips) * kStrip + kAxis));
}

FittedTitle QkDetail::heading(const Detail& detail, double width, const Theme& theme) const
{
    return fitTitle(arithmetic(detail), theme.ui(kTitlePixels, QFont::DemiBold), width, theme);
}

double QkDetail::headerHeight(double panelWidth, const Theme& theme) const
{
    double more = 0.0;
    for (const Detail& detail : m_details)
        more = std::max(more, heading(detail, panelWidth - theme.px(kHeaderIndent), theme).more());
    return theme.px(kHeader) + more;
}

QRectF QkDetail::panel(std::size_t index, const QRectF& area, const Theme& theme) const
{
    const std::size_t columns = across(area.width(), theme);
    const std::size_t below = (m_details.size() + columns - 1) / columns;
    const double gap = theme.px(kBetween), height = area.height() / static_cast<double>(below);
    const double width = (area.width() + gap) / static_cast<double>(columns) - gap;
    return {area.left() + static_cast<double>(index % columns) * (width + gap),
            area.top() + static_cast<double>(index / columns) * height, width, height};
}

QRectF QkDetail::strip(std::size_t index, const QRectF& panel, const Theme& theme) const
{
    const double header = headerHeight(panel.width(), theme);
    const double all = panel.height() - header - theme.px(kAxis);
    const double height = std::min(all / static_cast<double>(kStrips), theme.px(1.6 * kStrip));
    return {panel.left() + theme.px(kLabels), panel.top() + header + static_cast<double>(index) * height,
            panel.width() - theme.px(kLabels), height};
}

void QkDetail::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    painter.save();
    for (std::size_t i = 0; i < m_details.size(); ++i) {
        const QRectF place = panel(i, area, theme);
        paintHeader(painter, m_details[i], place, theme);
        const auto all = strips(m_details[i]);
        for (std::size_t k = 0; k < kStrips; ++k)
            paintStrip(painter, all[k], strip(k, place, theme), theme.trace(m_details[i].trace), theme);
        paintAxis(painter, m_details[i], place, theme);
    }
    painter.restore();
}

void QkDetail::paintHeader(QPainter& painter, const Detail& detail, const QRectF& panel, const Theme& theme) const
{
    const double chip = theme.px(16.0), left = panel.left() + theme.px(kHeaderIndent), width = panel.right() - left;
    drawChip(painter, QRectF(panel.left(), panel.top(), chip, chip), QString::fromStdString(traceTag(detail.trace)),
             theme.trace(detail.trace), theme);
    const QFont font = theme.ui(kTickPixels);
    const FittedTitle title = heading(detail, width, theme);
    drawTitle(painter, {left, panel.top() + (chip + QFontMetricsF(title.font).capHeight()) / 2.0}, title, theme.text,
              theme);
    double baseline = panel.top() + theme.px(20.0) + title.more() + QFontMetricsF(font).ascent();
    for (const QString& line : {outcome(detail), cell()}) {
        drawLabel(painter, {left, baseline}, fitParts(line, font, width), font, theme.text2, theme);
        baseline += theme.px(15.0);
    }
}

// Bars on a zero line, on one scale for all traces.
void QkDetail::paintStrip(QPainter& painter, const Strip& strip, const QRectF& place, const QColor& colour,
                          const Theme& theme) const
{
    const QFont font = theme.ui(kLabelPixels), small = theme.ui(kTickPixels);
    const double inset = theme.px(5.0);
    const double middle = place.center().y(), half = place.height() / 2.0 - inset;
    const double left = place.left() - theme.px(8.0);
    drawLabel(painter, {left, middle + QFontMetricsF(font).capHeight() / 2.0}, strip.name, font, theme.text2, theme,
              Anchor::Right);
    drawLabel(painter, {left, middle - half + QFontMetricsF(small).capHeight()},
              QStringLiteral("±") + formatNumber(strip.largest, 2), small, theme.text3, theme, Anchor::Right);
    painter.setPen(QPen(theme.line2, 1.0));
    painter.drawLine(QPointF(place.left(), middle), QPointF(place.right(), middle));
    const double pitch = place.width() / static_cast<double>(std::max<std::size_t>(1, strip.values->size()));
    const double bar = std::max(0.6, pitch * 0.72);
    for (std::size_t i = 0; i < strip.values->size(); ++i) {
        const double height = strip.largest > 0.0 ? half * (*strip.values)[i] / strip.largest : 0.0;
        const double x = place.left() + (static_cast<double>(i) + 0.5) * pitch - bar / 2.0;
        painter.fillRect(QRectF(x, std::min(middle, middle - height), bar, std::abs(height)), colour);
    }
}

void QkDetail::paintAxis(QPainter& painter, const Detail& detail, const QRectF& panel, const Theme& theme) const
{
    const QFont font = theme.ui(kTickPixels);
    const QRectF last = strip(kStrips - 1, panel, theme);
    const std::size_t count = detail.terms.query.size();
    const double pitch = last.width() / static_cast<double>(std::max<std::size_t>(1, count));
    std::size_t step = 1;
    while (pitch * static_cast<double>(step) < theme.px(26.0))
        step *= 2;
    const double baseline = last.bottom() + QFontMetricsF(font).ascent() + theme.px(2.0);
    drawLabel(painter, {last.left() - theme.px(8.0), baseline}, QStringLiteral("element i"), font, theme.text3, theme,
              Anchor::Right);
    for (std::size_t i = 0; i < count; i += step)
        drawLabel(painter, {last.left() + (static_cast<double>(i) + 0.5) * pitch, baseline}, QString::number(i), font,
                  theme.text2, theme, Anchor::Centre);
}

Hit QkDetail::hit(QPointF where, const QRectF& area, const Theme& theme) const
{
    Hit hit;
    for (std::size_t i = 0; i < m_details.size(); ++i) {
        const QRectF first = strip(0, panel(i, area, theme), theme);
        const QRectF last = strip(kStrips - 1, panel(i, area, theme), theme);
        if (!first.united(last).contains(where))
            continue;
        const LogitTerms& terms = m_details[i].terms;
        const auto element =
            std::min(terms.query.size() - 1, static_cast<std::size_t>((where.x() - first.left()) / first.width()
                                                                      * static_cast<double>(terms.query.size())));
        hit.panel = static_cast<int>(i);
        hit.sentence = QStringLiteral("%1, element %2: q %3, k %4, product %5, logit so far %6")
                           .arg(QString::fromStdString(traceTag(m_details[i].trace)))
                           .arg(element)
                           .arg(number(terms.query[element], 4), number(terms.key[element], 4),
                                number(terms.products[element], 4), number(terms.cumulative[element], 4));
    }
    return hit;
}

Table QkDetail::table() const
{
    Table table;
    table.header = QStringList{QStringLiteral("trace"), QStringLiteral("element"), QStringLiteral("q"),
                               QStringLiteral("k"),     QStringLiteral("product"), QStringLiteral("logit so far")};
    const auto data = [](double value) { return QString::number(value, 'g', 9); };
    for (const Detail& detail : m_details)
        for (std::size_t i = 0; i < detail.terms.query.size(); ++i)
            table.rows.push_back({QString::fromStdString(traceTag(detail.trace)), QString::number(i),
                                  data(detail.terms.query[i]), data(detail.terms.key[i]),
                                  data(detail.terms.products[i]), data(detail.terms.cumulative[i])});
    return table;
}

QString QkDetail::sums() const
{
    QString text;
    for (const Detail& detail : m_details)
        text += QStringLiteral(" %1: %2; %3.")
                    .arg(QString::fromStdString(traceTag(detail.trace)), arithmetic(detail), outcome(detail));
    return text;
}

QString QkDetail::caption() const
{
    return QStringLiteral("Query and key element by element in %1, %2, %3, %4 %5%6")
        .arg(modelName(m_comparison->model), captionOfHead(*m_comparison, m_selection), cell(),
             captionOfInput(*m_comparison), captionOfTraces(*m_comparison, m_maps.allTraces(), m_selection.stack),
             sums());
}

QString QkDetail::panelCaption() const
{
    return QStringLiteral("Query and key element by element, %1.").arg(cell()) + sums();
}

std::unique_ptr<Figure> makeQkDetail(const ComparisonPointer& comparison)
{
    return std::make_unique<QkDetail>(comparison);
}

}  // namespace

const FigureType& qk_detailFigure()
{
    static const FigureType type{QStringLiteral("qk-detail"), QStringLiteral("Query · key, element by element"),
                                 &makeQkDetail, nullptr, true};
    return type;
}

}  // namespace ketscope
