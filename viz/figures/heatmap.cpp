// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/heatmap.h"

#include "core/base/error.h"
#include "core/study/compared_pair.h"
#include "viz/labels.h"
#include "viz/map_panel.h"

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kRounding = 1e-7;  // of weights in single precision
constexpr int kSentenceDigits = 6;
constexpr std::size_t kMayPool = 150;      // tokens above which a header may have to say how cells were pooled
constexpr double kLabelledErrors = 330.0;  // width below which a map of standard errors has no token labels
const QString kSeparator = QStringLiteral(" · ");

// A weight for a table: nine digits read back to the same float.
QString dataNumber(double value) { return QString::number(value, 'g', 9); }

}  // namespace

Heatmap::Heatmap(const ComparisonPointer& comparison, HeatmapOptions options)
    : m_options(std::move(options)), m_comparison(comparison),
      m_data(HeatmapData::of(comparison, m_options.traces, m_options.content, m_options.data)),
      m_selection(comparison->study.selection),
      m_window(windowInside(m_options.window.value_or(view().window), maps().queries(), maps().keys())),
      m_weightScale(ValueScale::sequential(ColourScale::SquareRoot, 1.0)), m_deltaScale(m_weightScale)
{
    m_options.data.reset();
    for (const HeatmapData::Map& map : m_data->list())
        if (!map.source.isDifference()
            || (m_options.traces.empty() ? showsDifference(*comparison) : comparison->study.view.showDifference))
            m_sources.push_back(map.source);
    chooseScales();
}

// One scale for all traces.
void Heatmap::chooseScales()
{
    const ColourScale kind = showsDeviations() ? ColourScale::Linear : m_comparison->study.view.scale;
    for (const HeatmapData::Map& map : m_data->list()) {
        if (map.source.isDifference()) {
            // What rounding leaves of equal maps is no difference to draw in full colours.
            m_deltaScale = ValueScale::symmetric(kind, map.largest < kRounding ? 0.0 : niceMaximum(map.largest));
            continue;
        }
        m_largest = std::max(m_largest, map.largest);
        m_signed = m_signed || map.negative;
    }
    const double own = showsDeviations() && m_largest > 0.0 ? m_largest : niceMaximum(m_largest);
    const bool weights = m_options.content == HeatmapContent::Weights && view().quantity == MapQuantity::Weights;
    const double maximum = weights ? view().lockedMaximum.value_or(own) : own;
    m_weightScale = m_signed ? ValueScale::symmetric(kind, maximum) : ValueScale::sequential(kind, maximum);
}

bool Heatmap::isZoomed() const { return m_window.queries < maps().queries() || m_window.keys < maps().keys(); }

ColourMap Heatmap::coloursOf(const MapSource& source, const Theme& theme) const
{
    if (source.isDifference() || m_signed)
        return divergingMap(theme.dark);
    return colourMap(source.errors ? QStringLiteral("cividis")
                                   : QString::fromStdString(m_comparison->study.view.colourMap));
}

QString Heatmap::letter(const MapSource& source) const
{
    return source.isDifference() ? QStringLiteral("Δ") : QString::fromStdString(traceTag(source.trace));
}

QString Heatmap::title(const MapSource& source) const
{
    if (source.errors)
        return QStringLiteral("Standard error of %1").arg(letter(source));
    if (!source.isDifference())
        return QString::fromStdString(traceTitle(comparison(), source.trace).title);
    return QStringLiteral("Difference %1 − %2")
        .arg(letter({source.trace, std::nullopt}), letter({*source.baseline, std::nullopt}));
}

QString Heatmap::shortTitle(const MapSource& source) const
{
    const QString whole = title(source);
    return source.isDifference() && !source.errors ? whole.section(QLatin1Char(' '), 1) : whole;  // "B − A"
}

// Why a candidate's head is exact: its layer, or only the head, is not in the plan. Empty when the head is patched.
QString Heatmap::exactHere(std::size_t trace) const
{
    const auto& plans = comparison().plans;
    if (trace == 0 || trace >= plans.size() || !plans[trace])
        return {};
    const HeadPlan& plan = *plans[trace];
    if (plan.isPatched(m_selection.stack, m_selection.layer, m_selection.head))
        return {};
    const auto& stacks = comparison().model.stacks;
    bool layerPatched = false;
    for (std::size_t head = 0; m_selection.stack < stacks.size() && head < stacks[m_selection.stack].heads; ++head)
        layerPatched = layerPatched || plan.isPatched(m_selection.stack, m_selection.layer, head);
    return layerPatched ? QStringLiteral("exact here: head %1 not in the plan").arg(m_selection.head)
                        : QStringLiteral("exact here: layer %1 not in the plan").arg(m_selection.layer);
}

QStringList Heatmap::panelDetails(std::size_t panel) const
{
    const MapSource& source = m_sources[panel];
    QStringList parts;
    if (source.isDifference()) {
        parts << QStringLiteral("max |Δ| ") + formatNumber(m_data->difference()->maximumDifference, 3)
              << QStringLiteral("mean |Δ| ") + formatNumber(m_data->difference()->meanDifference, 3);
        if (view().standardErrors && maps().hasStandardError(source))
            parts << QStringLiteral("hatched: |Δ| < 2 SE");
        return parts;
    }
    if (source.errors)
        return {QStringLiteral("largest ") + formatNumber(m_data->list()[panel].largest, 4)};
    const QString exact = showsFlow() ? QString() : exactHere(source.trace);
    const QString detail = QString::fromStdString(traceTitle(comparison(), source.trace).detail);
    if (!exact.isEmpty() || !detail.isEmpty())
        parts << (exact.isEmpty() ? detail.split(kSeparator) : QStringList(exact));
    if (const double mean = m_data->entropies()[panel]; std::isnan(mean))
        parts << QStringLiteral("rows are no distributions: no entropy");
    else
        parts << (showsFlow() ? QStringLiteral("mean entropy of rows %1 nats") : QStringLiteral("mean entropy %1 nats"))
                     .arg(formatNumber(mean, 2));
    if (const std::string filter = describe(view().filter, view().direction); !filter.empty())
        parts << QString::fromStdString(filter);
    return parts;
}

bool Heatmap::showsErrors() const
{
    return view().standardErrors && !showsDeviations()
           && std::any_of(m_sources.begin(), m_sources.end(),
                          [&](const MapSource& source) { return maps().hasStandardError(source); });
}

ColourBar Heatmap::weightBar() const
{
    return {
        (showsDeviations() ? QStringLiteral("Standard error") : QString::fromStdString(mapQuantityTitle(comparison())))
            + QStringLiteral(", ") + m_weightScale.name(),
        {},
        {},
        m_largest > m_weightScale.maximum() * 1.000001};
}

ColourBar Heatmap::differenceBar() const
{
    if (!hasDifference())
        return {};
    const QString candidate = letter({m_sources.back().trace, std::nullopt});
    return {{}, QStringLiteral("less in ") + candidate, QStringLiteral("more in ") + candidate, false};
}

HeatmapContents Heatmap::contents() const
{
    HeatmapContents contents;
    contents.queries = m_window.queries;
    contents.keys = m_window.keys;
    contents.firstQuery = m_window.firstQuery;
    contents.firstKey = m_window.firstKey;
    contents.zoomed = isZoomed();
    contents.traces = m_sources.size() - (hasDifference() ? 1 : 0);
    contents.difference = hasDifference();
    contents.errorLegend = showsErrors();
    const auto part = [](const std::vector<double>& widths, std::size_t first, std::size_t count) {
        const auto begin = widths.begin() + static_cast<std::ptrdiff_t>(first);
        return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(count));
    };
    contents.queryLabels = part(m_data->queryLabelWidths(), m_window.firstQuery, m_window.queries);
    contents.keyLabels = part(m_data->keyLabelWidths(), m_window.firstKey, m_window.keys);
    for (std::size_t panel = 0; panel < m_sources.size(); ++panel) {
        QStringList parts = panelDetails(panel);
        if (std::max(contents.queries, contents.keys) > kMayPool)
            parts << QStringLiteral("max of 88 × 88");
        contents.details.push_back(parts);
        contents.titles.push_back(shortTitle(m_sources[panel]));
    }
    contents.weightBar = weightBar();
    contents.differenceBar = differenceBar();
    return contents;
}

HeatmapLayout Heatmap::layout(const QRectF& area, const Theme& theme) const
{
    HeatmapContents shown = contents();
    shown.labels = theme.tokenLabels && (!showsDeviations() || area.width() >= theme.px(kLabelledErrors));
    return layoutHeatmap(shown, area, theme);
}

double Heatmap::heightFor(double width, const Theme& theme) const
{
    return layout(QRectF(0.0, 0.0, width, kUnboundedHeight), theme).height;
}

double Heatmap::smallestText(double width, const Theme& theme) const
{
    return std::min(layout(QRectF(0.0, 0.0, width, kUnboundedHeight), theme).labelPixels, theme.px(kTickPixels));
}

QStringList Heatmap::alikeInGrey(double width, const Theme& theme) const
{
    if (!m_signed && !hasDifference())
        return {};
    const HeatmapLayout layout = this->layout(QRectF(0.0, 0.0, width, kUnboundedHeight), theme);
    if (drawsSigns(layout.cell * static_cast<double>(layout.pool), theme))
        return {};
    return {m_signed ? QStringLiteral("the map") : QStringLiteral("the difference")};
}

QString Heatmap::sentence(std::size_t query, std::size_t key) const
{
    QString text = QStringLiteral("query %1 “%2”, key %3 “%4”: ")
                       .arg(QString::number(query), maps().queryText(query), QString::number(key), maps().keyText(key));
    if (!maps().allowed(query, key))
        return text + QStringLiteral("masked");
    QStringList values;
    for (const MapSource& source : m_sources) {
        const Cell cell = maps().cell(source, query, key);
        QString value = letter(source) + QLatin1Char(' ') + formatNumber(cell.value, kSentenceDigits);
        if (source.errors)
            value = QStringLiteral("SE of %1 %2").arg(letter(source), formatNumber(cell.value, 4));
        if (cell.standardError > 0.0 && !source.isDifference())
            value += QStringLiteral(" ± %1 SE").arg(formatNumber(cell.standardError, 4));
        if (cell.state == CellState::Hidden)
            value += QStringLiteral(" (filtered out)");
        values << value;
    }
    return text + values.join(QStringLiteral(", ")) + ranks(query, key);
}

// "; rank in the row: A 1, B 3 of 15". Equal weights share the better rank.
QString Heatmap::ranks(std::size_t query, std::size_t key) const
{
    if (showsDeviations())
        return {};
    const bool row = view().direction == AttentionDirection::FromQuery;
    QStringList places;
    std::size_t among = 0;
    for (const MapSource& source : m_sources) {
        if (source.isDifference())
            continue;
        const double own = maps().cell(source, query, key).value;
        std::size_t above = 0;
        among = 0;
        for (std::size_t other = 0; other < (row ? maps().keys() : maps().queries()); ++other) {
            const Cell cell = row ? maps().cell(source, query, other) : maps().cell(source, other, key);
            among += cell.state == CellState::Masked ? 0 : 1;
            above += cell.state != CellState::Masked && cell.value > own ? 1 : 0;
        }
        places << QStringLiteral("%1 %2").arg(letter(source)).arg(above + 1);
    }
    return QStringLiteral("; rank in the %1: %2 of %3")
        .arg(row ? QStringLiteral("row") : QStringLiteral("column"), places.join(QStringLiteral(", ")))
        .arg(among);
}

Hit Heatmap::hit(QPointF where, const QRectF& area, const Theme& theme) const
{
    const HeatmapLayout layout = this->layout(area, theme);
    Hit hit;
    hit.panel = layout.panelAt(where);
    if (const auto cell = layout.cellAt(hit.panel, where)) {
        const MapSource& source = m_sources[static_cast<std::size_t>(hit.panel)];
        std::tie(hit.query, hit.key) = maps().representative(source, layout.pool, cell->query, cell->key);
        hit.sentence = sentence(*hit.query, *hit.key);
        if (layout.pool > 1)
            hit.sentence += QStringLiteral(" (largest of %1 × %1)").arg(layout.pool);
        return hit;
    }
    if ((hit.query = layout.rowLabelAt(where)))
        hit.sentence = QStringLiteral("query %1 “%2”").arg(QString::number(*hit.query), maps().queryText(*hit.query));
    else if ((hit.key = layout.columnLabelAt(where)))
        hit.sentence = QStringLiteral("key %1 “%2”").arg(QString::number(*hit.key), maps().keyText(*hit.key));
    return hit;
}

Table Heatmap::table() const
{
    Table table;
    table.header = QStringList{QStringLiteral("query"), QStringLiteral("query token"), QStringLiteral("key"),
                               QStringLiteral("key token")};
    for (const MapSource& source : m_sources) {
        table.header << (source.errors ? letter(source) + QStringLiteral(" SE") : letter(source));
        if (!source.errors && maps().hasStandardError(source))
            table.header << letter(source) + QStringLiteral(" SE");
    }
    for (std::size_t query = m_window.firstQuery; query < m_window.firstQuery + m_window.queries; ++query) {
        for (std::size_t key = m_window.firstKey; key < m_window.firstKey + m_window.keys; ++key) {
            QStringList row{QString::number(query), maps().queryText(query), QString::number(key), maps().keyText(key)};
            for (const MapSource& source : m_sources) {
                const Cell cell = maps().cell(source, query, key);
                const bool absent = cell.state == CellState::Masked || cell.state == CellState::Hidden;
                row << (absent ? QString() : dataNumber(cell.value));
                if (!source.errors && maps().hasStandardError(source))
                    row << (absent ? QString() : dataNumber(cell.standardError));
            }
            table.rows.push_back(std::move(row));
        }
    }
    return table;
}

}  // namespace ketscope
