// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/compared_pair.h"
#include "core/study/head_statistics.h"
#include "core/study/patch_places.h"
#include "viz/caption.h"
#include "viz/figure.h"
#include "viz/head_maps.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

const QString kTitleText = QStringLiteral("Largest changes");
constexpr double kRow = 19.0;
constexpr double kTitle = 24.0;
constexpr double kHeading = 18.0;
constexpr std::size_t kMostRows = 20;

struct Change {
    std::size_t layer = 0;
    std::size_t head = 0;
    double difference = 0.0;
    double distance = 0.0;  // Δ of the mean distance: in tokens, between patches on their grid
};

// The patched heads whose measure changes most between the compared traces, largest first.
class HeadRanking final : public Figure {
public:
    explicit HeadRanking(const ComparisonPointer& comparison)
        : m_comparison(comparison), m_selection(comparison->study.selection),
          m_measure(headMeasure(comparison->study.view.headMeasure)), m_pair(comparedPair(*comparison))
    {
        const HeadMaps checked(comparison, m_selection);
        if (comparison->traces.size() < 2)
            return;
        const ScopeView& scope = comparison->study.view.scope;
        m_scope = scopeParts(*comparison, true);
        const auto before =
            comparison->statistics->of(*comparison, m_pair.baseline, m_selection.stack, m_measure.isGini(), scope);
        const auto after =
            comparison->statistics->of(*comparison, m_pair.candidate, m_selection.stack, m_measure.isGini(), scope);
        const auto patches = patchPlacesOf(*comparison);
        for (std::size_t layer = 0; layer < before->size(); ++layer)
            for (std::size_t head = 0; head < before->front().size(); ++head) {
                const HeadStatistics &a = (*before)[layer][head], &b = (*after)[layer][head];
                Change change{layer, head, b.*m_measure.value - a.*m_measure.value, b.meanDistance - a.meanDistance};
                if (!mayDiffer(*comparison, m_pair, m_selection.stack, layer, head)
                    || !std::isfinite(change.difference))
                    continue;
                if (patches)
                    change.distance = distanceOnGrid(m_pair.candidate, change, *patches)
                                      - distanceOnGrid(m_pair.baseline, change, *patches);
                m_changes.push_back(change);
            }
        std::ranges::stable_sort(m_changes, std::ranges::greater(),
                                 [](const Change& change) { return std::abs(change.difference); });
        if (!m_changes.empty())
            m_largest = std::max(std::abs(m_changes.front().difference), 1e-12);
    }

    double heightFor(double, const Theme& theme) const override
    {
        return theme.px(kTitle + kHeading + kRow * static_cast<double>(std::max<std::size_t>(shown(), 1)));
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const QFont bold = theme.ui(kLabelPixels, QFont::DemiBold), small = theme.ui(kTickPixels);
        drawLabel(painter, {area.left(), area.top() + theme.px(4.0) + QFontMetricsF(bold).ascent()},
                  fitText(kTitleText, bold, area.width()), bold, theme.text, theme);
        const double after = area.left() + textWidth(kTitleText, bold) + theme.px(8.0);
        drawLabel(painter, {after, area.top() + theme.px(4.0) + QFontMetricsF(bold).ascent()},
                  fitParts(m_scope.join(QStringLiteral(" · ")), small, std::max(0.0, area.right() - after)), small,
                  theme.text3, theme);
        if (m_changes.empty()) {
            drawLabel(painter, {area.left(), area.top() + theme.px(kTitle) + QFontMetricsF(small).ascent()},
                      fitText(absence(), small, area.width()), small, theme.text3, theme);
            return;
        }
        const Columns columns = columnsOf(area, theme);
        const double baseline = area.top() + theme.px(kTitle) + QFontMetricsF(small).ascent();
        const QString unit =
            m_measure.unit.empty() ? QString() : QLatin1Char(' ') + QString::fromStdString(m_measure.unit);
        drawLabel(painter, {area.left(), baseline}, QStringLiteral("Head"), small, theme.text3, theme);
        drawLabel(painter, {columns.value, baseline}, QStringLiteral("Δ") + unit, small, theme.text3, theme,
                  Anchor::Right);
        drawLabel(painter, {columns.distance, baseline}, QStringLiteral("Δ dist."), small, theme.text3, theme,
                  Anchor::Right);
        for (std::size_t row = 0; row < shown(); ++row)
            paintRow(painter, rowRect(row, area, theme), columns, m_changes[row], theme);
    }

    QString absence() const override
    {
        if (!m_changes.empty())
            return {};
        return m_comparison->traces.size() < 2 ? QStringLiteral("There is only A: patch a head to compare it.")
                                               : QStringLiteral("No head of this stack is patched.");
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        for (std::size_t row = 0; row < shown(); ++row) {
            if (!rowRect(row, area, theme).contains(where))
                continue;
            hit.panel = 0;
            hit.layer = m_changes[row].layer;
            hit.head = m_changes[row].head;
            hit.sentence = QStringLiteral("layer %1, head %2: %3 changes by %4 %5")
                               .arg(QString::number(*hit.layer), QString::number(*hit.head),
                                    QString::fromStdString(m_measure.title).toLower(),
                                    formatSigned(m_changes[row].difference, 4), QString::fromStdString(m_measure.unit))
                               .trimmed();
        }
        return hit;
    }

    std::vector<QRectF> placesOf(const Pointed& pointed, const QRectF& area, const Theme& theme) const override
    {
        for (std::size_t row = 0; pointed.head && row < shown(); ++row)
            if (m_changes[row].layer == pointed.layer && m_changes[row].head == pointed.head)
                return {rowRect(row, area, theme)};
        return {};
    }

    Table table() const override
    {
        Table table;
        table.header =
            QStringList{QStringLiteral("layer"), QStringLiteral("head"),
                        QStringLiteral("Δ ") + QString::fromStdString(m_measure.id), QStringLiteral("Δ distance")};
        for (const Change& change : m_changes)
            table.rows.push_back({QString::number(change.layer), QString::number(change.head),
                                  QString::number(change.difference, 'g', 9),
                                  QString::number(change.distance, 'g', 9)});
        return table;
    }

    QString caption() const override
    {
        return QStringLiteral("Heads of %1, %2by %3, %4 %5%6")
            .arg(modelName(m_comparison->model), captionOfStack(*m_comparison, m_selection.stack), change(),
                 captionOfInput(*m_comparison),
                 captionOfTraces(*m_comparison, {m_pair.baseline, m_pair.candidate}, m_selection.stack),
                 captionOfScope(m_scope));
    }

    QString panelCaption() const override
    {
        return QStringLiteral("Heads by %1.").arg(change()) + captionOfScope(m_scope);
    }

    double smallestText(double, const Theme& theme) const override { return theme.px(kTickPixels); }

private:
    struct Columns {
        double value, distance, bar;  // right edges of the numbers, left edge of the bars
    };

    QString change() const
    {
        return QStringLiteral("the change of %1 from %2 to %3")
            .arg(QString::fromStdString(m_measure.title).toLower(), QString::fromStdString(traceTag(m_pair.baseline)),
                 QString::fromStdString(traceTag(m_pair.candidate)));
    }

    double distanceOnGrid(std::size_t trace, const Change& of, const PatchPlaces& patches) const
    {
        const TensorPointer& maps = m_comparison->traces[trace]->stacks[m_selection.stack].attention[of.layer];
        const ScopedMap scoped(maps->matrix({of.head}), *maskOf(*m_comparison, m_selection.stack),
                               headScope(*m_comparison, m_selection.stack, m_comparison->study.view.scope));
        return meanPatchDistance(scoped.map(), patches, m_comparison->study.view.patchDistance, scoped.rows());
    }

    std::size_t shown() const { return std::min(m_changes.size(), kMostRows); }

    QRectF rowRect(std::size_t row, const QRectF& area, const Theme& theme) const
    {
        return {area.left(), area.top() + theme.px(kTitle + kHeading + kRow * static_cast<double>(row)), area.width(),
                theme.px(kRow)};
    }

    static Columns columnsOf(const QRectF& area, const Theme& theme)
    {
        const double value = area.left() + theme.px(108.0), distance = value + theme.px(58.0);
        return {value, distance, distance + theme.px(12.0)};
    }

    void paintRow(QPainter& painter, const QRectF& row, const Columns& columns, const Change& change,
                  const Theme& theme) const
    {
        const bool selected = change.layer == m_selection.layer && change.head == m_selection.head;
        if (selected)
            painter.fillRect(row, theme.accentBg);
        const QFont font = theme.mono(kTickPixels, selected ? QFont::DemiBold : QFont::Normal);
        const double baseline = row.center().y() + QFontMetricsF(font).capHeight() / 2.0;
        const QColor ink = selected ? theme.accent : theme.text;
        drawLabel(painter, {row.left() + theme.px(2.0), baseline},
                  QStringLiteral("L%1 H%2").arg(change.layer).arg(change.head), font, ink, theme);
        drawLabel(painter, {columns.value, baseline}, formatSigned(change.difference, 2), font, theme.text, theme,
                  Anchor::Right);
        const QString distance =
            std::isfinite(change.distance) ? formatSigned(change.distance, 2) : QStringLiteral("–");
        drawLabel(painter, {columns.distance, baseline}, distance, font, theme.text, theme, Anchor::Right);
        const double room = std::max(0.0, row.right() - columns.bar);
        const double width = room * std::abs(change.difference) / m_largest;
        painter.fillRect(QRectF(columns.bar, row.center().y() - theme.px(4.0), width, theme.px(8.0)),
                         theme.trace(change.difference < 0.0 ? m_pair.baseline : m_pair.candidate));
    }

    ComparisonPointer m_comparison;
    Selection m_selection;
    const HeadMeasure& m_measure;
    ComparedPair m_pair;
    std::vector<Change> m_changes;
    double m_largest = 1.0;
    QStringList m_scope;  // what of the view's scope changes the numbers
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison) { return std::make_unique<HeadRanking>(comparison); }

}  // namespace

const FigureType& head_rankingFigure()
{
    static const FigureType type{QStringLiteral("head-ranking"), QStringLiteral("Heads ranked by change"), &make};
    return type;
}

}  // namespace ketscope
