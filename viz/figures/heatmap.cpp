// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/heatmap.h"

#include "core/base/error.h"
#include "core/study/compared_pair.h"
#include "viz/labels.h"

namespace ketscope {

namespace {

constexpr int kSentenceDigits = 6;
constexpr std::size_t kMayPool = 150;  // tokens above which a header may have to say how cells were pooled
const QString kSeparator = QStringLiteral(" · ");

std::vector<std::size_t> chosenTraces(const HeatmapOptions& options, const HeadMaps& maps)
{
    const std::vector<std::size_t> traces = options.traces.empty() ? shownTraces(maps.comparison()) : options.traces;
    for (const std::size_t trace : traces)
        if (trace >= maps.traces())
            refuse({"figure", "a trace below " + std::to_string(maps.traces()), std::to_string(trace),
                    "Choose a trace of this comparison."});
    return traces;
}

// A weight for a table: nine digits read back to the same float.
QString dataNumber(double value) { return QString::number(value, 'g', 9); }

}  // namespace

Heatmap::Heatmap(const ComparisonPointer& comparison, HeatmapOptions options)
    : m_options(std::move(options)), m_maps(comparison, comparison ? comparison->study.selection : Selection()),
      m_selection(comparison->study.selection), m_traces(chosenTraces(m_options, m_maps)),
      m_weightScale(ValueScale::sequential(ColourScale::SquareRoot, 1.0)), m_deltaScale(m_weightScale)
{
    const ViewSettings& view = comparison->study.view;
    if (m_traces.size() >= 2)
        m_comparison = m_maps.compare(m_traces[0], m_traces[1]);
    for (const std::size_t trace : m_traces) {
        m_sources.push_back({trace, std::nullopt});
        m_entropies.push_back(entropyOf(trace));
        m_largest = std::max(m_largest, m_maps.largest(m_sources.back()));
        m_signed = m_signed || m_maps.anyNegative(m_sources.back());
    }
    const double maximum = m_options.maximum.value_or(niceMaximum(m_largest));
    m_weightScale = m_signed ? ValueScale::symmetric(view.scale, maximum) : ValueScale::sequential(view.scale, maximum);
    if (m_comparison && view.showDifference && (!m_options.traces.empty() || showsDifference(*comparison))) {
        m_sources.push_back({m_traces[1], m_traces[0]});
        m_deltaScale = ValueScale::symmetric(view.scale, niceMaximum(m_maps.largest(m_sources.back())));
    }
    const QFont font = lightTheme().ui(kLabelPixels);
    for (std::size_t query = 0; query < m_maps.queries(); ++query) {
        m_queryLabels << elideMiddle(m_maps.queryText(query));
        m_queryLabelWidths.push_back(textWidth(m_queryLabels.last(), font));
    }
    for (std::size_t key = 0; key < m_maps.keys(); ++key) {
        m_keyLabels << elideMiddle(m_maps.keyText(key));
        m_keyLabelWidths.push_back(textWidth(m_keyLabels.last(), font));
    }
}

// Mean over the queries; from the comparison of the first two traces where it covers them.
double Heatmap::entropyOf(std::size_t trace) const
{
    if (m_comparison && trace == m_traces[0])
        return m_comparison->entropyA;
    if (m_comparison && trace == m_traces[1])
        return m_comparison->entropyB;
    return m_maps.compare(m_traces[0], trace).entropyB;
}

ColourMap Heatmap::coloursOf(const MapSource& source, const Theme& theme) const
{
    if (source.isDifference() || m_signed)
        return divergingMap(theme.dark);
    return colourMap(QString::fromStdString(m_maps.comparison().study.view.colourMap));
}

QString Heatmap::letter(const MapSource& source) const
{
    return source.isDifference() ? QStringLiteral("Δ") : QString::fromStdString(traceTag(source.trace));
}

QString Heatmap::title(const MapSource& source) const
{
    if (!source.isDifference())
        return QString::fromStdString(traceTitle(m_maps.comparison(), source.trace).title);
    return QStringLiteral("Difference %1 − %2")
        .arg(letter({source.trace, std::nullopt}), letter({*source.baseline, std::nullopt}));
}

// Why a candidate's head is exact: its layer, or only the head, is not in the plan. Empty when the head is patched.
QString Heatmap::exactHere(std::size_t trace) const
{
    const auto& plans = m_maps.comparison().plans;
    if (trace == 0 || trace >= plans.size() || !plans[trace])
        return {};
    const HeadPlan& plan = *plans[trace];
    if (plan.isPatched(m_selection.stack, m_selection.layer, m_selection.head))
        return {};
    const auto& stacks = m_maps.comparison().model.stacks;
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
        parts << QStringLiteral("max |Δ| ") + formatNumber(m_comparison->maximumDifference, 3)
              << QStringLiteral("mean |Δ| ") + formatNumber(m_comparison->meanDifference, 3);
        if (m_options.uncertainty && m_maps.hasStandardError(source))
            parts << QStringLiteral("hatched: |Δ| < 2 SE");
        return parts;
    }
    const QString exact = exactHere(source.trace);
    const QString detail = QString::fromStdString(traceTitle(m_maps.comparison(), source.trace).detail);
    if (!exact.isEmpty() || !detail.isEmpty())
        parts << (exact.isEmpty() ? detail.split(kSeparator) : QStringList(exact));
    parts << QStringLiteral("mean entropy %1 nats").arg(formatNumber(m_entropies[panel], 2));
    return parts;
}

bool Heatmap::showsErrors() const
{
    return m_options.uncertainty && std::any_of(m_sources.begin(), m_sources.end(), [&](const MapSource& source) {
               return m_maps.hasStandardError(source);
           });
}

ColourBar Heatmap::weightBar() const
{
    return {QStringLiteral("Attention weight, ") + m_weightScale.name(),
            {},
            {},
            m_largest > m_weightScale.maximum() * 1.000001};
}

ColourBar Heatmap::differenceBar() const
{
    if (m_traces.size() < 2)
        return {};
    const QString candidate = letter({m_traces[1], std::nullopt});
    return {{}, QStringLiteral("less in ") + candidate, QStringLiteral("more in ") + candidate, false};
}

HeatmapContents Heatmap::contents() const
{
    HeatmapContents contents;
    contents.queries = m_maps.queries();
    contents.keys = m_maps.keys();
    contents.traces = m_traces.size();
    contents.difference = m_sources.size() > m_traces.size();
    contents.errorLegend = showsErrors();
    contents.queryLabels = m_queryLabelWidths;
    contents.keyLabels = m_keyLabelWidths;
    for (std::size_t panel = 0; panel < m_sources.size(); ++panel) {
        QStringList parts = panelDetails(panel);
        if (std::max(contents.queries, contents.keys) > kMayPool)
            parts << QStringLiteral("max of 8 × 8");
        contents.details.push_back(parts);
    }
    contents.weightBar = weightBar();
    contents.differenceBar = differenceBar();
    return contents;
}

HeatmapLayout Heatmap::layout(const QRectF& area, const Theme& theme) const
{
    return layoutHeatmap(contents(), area, theme);
}

double Heatmap::heightFor(double width, const Theme& theme) const
{
    return layout(QRectF(0.0, 0.0, width, kUnboundedHeight), theme).height;
}

double Heatmap::smallestText(double width, const Theme& theme) const
{
    return std::min(layout(QRectF(0.0, 0.0, width, kUnboundedHeight), theme).labelPixels, theme.px(kTickPixels));
}

QString Heatmap::sentence(std::size_t query, std::size_t key) const
{
    QString text = QStringLiteral("query %1 “%2”, key %3 “%4”: ")
                       .arg(QString::number(query), m_maps.queryText(query), QString::number(key), m_maps.keyText(key));
    if (!m_maps.allowed(query, key))
        return text + QStringLiteral("masked");
    QStringList values;
    for (const MapSource& source : m_sources) {
        const Cell cell = m_maps.cell(source, query, key);
        QString value = letter(source) + QLatin1Char(' ') + formatNumber(cell.value, kSentenceDigits);
        if (cell.standardError > 0.0 && !source.isDifference())
            value += QStringLiteral(" ± %1 SE").arg(formatNumber(cell.standardError, 4));
        values << value;
    }
    return text + values.join(QStringLiteral(", ")) + ranks(query, key);
}

// "; rank in the row: A 1, B 3 of 15". Equal weights share the better rank.
QString Heatmap::ranks(std::size_t query, std::size_t key) const
{
    QStringList places;
    std::size_t among = 0;
    for (const MapSource& source : m_sources) {
        if (source.isDifference())
            continue;
        const double own = m_maps.cell(source, query, key).value;
        std::size_t above = 0;
        among = 0;
        for (std::size_t other = 0; other < m_maps.keys(); ++other) {
            const bool counts = m_maps.allowed(query, other);
            among += counts ? 1 : 0;
            above += counts && m_maps.cell(source, query, other).value > own ? 1 : 0;
        }
        places << QStringLiteral("%1 %2").arg(letter(source)).arg(above + 1);
    }
    return QStringLiteral("; rank in the row: %1 of %2").arg(places.join(QStringLiteral(", "))).arg(among);
}

Hit Heatmap::hit(QPointF where, const QRectF& area, const Theme& theme) const
{
    const HeatmapLayout layout = this->layout(area, theme);
    Hit hit;
    hit.panel = layout.panelAt(where);
    if (const auto cell = layout.cellAt(hit.panel, where)) {
        const MapSource& source = m_sources[static_cast<std::size_t>(hit.panel)];
        std::tie(hit.query, hit.key) = m_maps.representative(source, layout.pool, cell->query, cell->key);
        hit.sentence = sentence(*hit.query, *hit.key);
        if (layout.pool > 1)
            hit.sentence += QStringLiteral(" (largest of %1 × %1)").arg(layout.pool);
        return hit;
    }
    if ((hit.query = layout.rowLabelAt(where)))
        hit.sentence = QStringLiteral("query %1 “%2”").arg(QString::number(*hit.query), m_maps.queryText(*hit.query));
    else if ((hit.key = layout.columnLabelAt(where)))
        hit.sentence = QStringLiteral("key %1 “%2”").arg(QString::number(*hit.key), m_maps.keyText(*hit.key));
    return hit;
}

Table Heatmap::table() const
{
    Table table;
    table.header = QStringList{QStringLiteral("query"), QStringLiteral("query token"), QStringLiteral("key"),
                               QStringLiteral("key token")};
    for (const MapSource& source : m_sources) {
        table.header << letter(source);
        if (m_maps.hasStandardError(source))
            table.header << letter(source) + QStringLiteral(" SE");
    }
    for (std::size_t query = 0; query < m_maps.queries(); ++query) {
        for (std::size_t key = 0; key < m_maps.keys(); ++key) {
            QStringList row{QString::number(query), m_maps.queryText(query), QString::number(key), m_maps.keyText(key)};
            for (const MapSource& source : m_sources) {
                const Cell cell = m_maps.cell(source, query, key);
                const bool masked = cell.state == CellState::Masked;
                row << (masked ? QString() : dataNumber(cell.value));
                if (m_maps.hasStandardError(source))
                    row << (masked ? QString() : dataNumber(cell.standardError));
            }
            table.rows.push_back(std::move(row));
        }
    }
    return table;
}

}  // namespace ketscope
