// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/head_matrix.h"

#include "core/base/error.h"
#include "viz/caption.h"
#include "viz/figures/heatmap_layout.h"
#include "viz/fitted_title.h"
#include "viz/head_maps.h"
#include "viz/labels.h"

#include <QRegularExpression>

#include <cmath>
#include <limits>

namespace ketscope {

namespace {

constexpr double kHeader = 40.0;  // chip, title, detail
constexpr double kColumnLabels = 18.0;
constexpr double kGapBetweenPanels = 20.0;
constexpr double kProfileWidth = 96.0;
constexpr double kWidestMap = 260.0;  // a few heads get larger cells …
constexpr double kUsualPitch = 26.0;
constexpr double kLargestPitch = 40.0;  // … up to this
constexpr double kLegiblePitch = 9.0;
constexpr double kSmallestPitch = 3.0;
constexpr double kBarOffset = 12.0;
constexpr int kDecimals = 2;

std::unique_ptr<Figure> make(const ComparisonPointer& comparison) { return std::make_unique<HeadMatrix>(comparison); }

// Round and at least as large as every value: the measure's own limit where it has one.
double limitOf(const HeadMeasure& measure, std::size_t keys, double largest)
{
    if (measure.limit == nullptr || largest > measure.limit(keys))
        return largest > 1.0 ? std::ceil(largest) : niceMaximum(largest);
    const double limit = measure.limit(keys);
    return limit > 0.0 ? std::ceil(limit * 10.0 - 1e-9) / 10.0 : 1.0;
}

}  // namespace

const FigureType& head_matrixFigure()
{
    static const FigureType type{QStringLiteral("head-matrix"), QStringLiteral("Layers × heads: entropy or distance"),
                                 &make};
    return type;
}

HeadMatrix::HeadMatrix(const ComparisonPointer& comparison)
    : m_comparison(comparison), m_selection(comparison->study.selection),
      m_measure(headMeasure(comparison->study.view.headMeasure)), m_traces(shownTraces(*comparison)),
      m_pair(comparedPair(*comparison)), m_scale(ValueScale::sequential(ColourScale::Linear, 1.0)),
      m_deltaScale(m_scale)
{
    const HeadMaps checked(comparison, m_selection);  // refuses a selection outside of the traces
    for (const std::size_t trace : m_traces)
        m_heads.push_back(comparison->statistics->of(*comparison, trace, m_selection.stack, m_measure.isGini(),
                                                     comparison->study.view.scope));
    const bool distances = m_measure.value == &HeadStatistics::meanDistance;
    m_scope = scopeParts(*comparison, distances);
    m_layers = m_heads.front()->size();
    m_columns = m_layers == 0 ? 0 : m_heads.front()->front().size();
    double largest = 0.0, difference = 0.0;
    for (std::size_t layer = 0; layer < m_layers; ++layer)
        for (std::size_t head = 0; head < m_columns; ++head) {
            for (std::size_t panel = 0; panel < m_heads.size(); ++panel)
                if (const double found = value(panel, layer, head); std::isfinite(found)) {
                    largest = std::max(largest, std::abs(found));
                    m_signed = m_signed || found < 0.0;
                }
            if (hasDifference() && mayDiffer(*m_comparison, m_pair, m_selection.stack, layer, head))
                if (const double found = std::abs(value(m_heads.size(), layer, head)); std::isfinite(found))
                    difference = std::max(difference, found);
        }
    m_limit = limitOf(m_measure, checked.keys(), largest);
    m_scale = m_signed ? ValueScale::symmetric(ColourScale::Linear, m_limit)
                       : ValueScale::sequential(ColourScale::Linear, m_limit);
    m_deltaScale = ValueScale::symmetric(ColourScale::Linear, niceMaximum(difference));
}

bool HeadMatrix::isPatched(std::size_t panel, std::size_t layer, std::size_t head) const
{
    if (isDifference(panel))
        return mayDiffer(*m_comparison, m_pair, m_selection.stack, layer, head);
    return mayDiffer(*m_comparison, m_traces[panel], m_selection.stack, layer, head);
}

double HeadMatrix::value(std::size_t panel, std::size_t layer, std::size_t head) const
{
    const auto of = [&](std::size_t place) { return (*m_heads[place])[layer][head].*m_measure.value; };
    return isDifference(panel) ? of(1) - of(0) : of(panel);
}

double HeadMatrix::meanOfPanel(std::size_t panel) const
{
    double sum = 0.0;
    std::size_t count = 0;
    for (std::size_t layer = 0; layer < m_layers; ++layer)
        for (std::size_t head = 0; head < m_columns; ++head) {
            const double found = value(panel, layer, head);
            if (!std::isfinite(found) || (isDifference(panel) && !isPatched(panel, layer, head)))
                continue;
            sum += found;
            ++count;
        }
    return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(count);
}

bool HeadMatrix::isPatchedByAny(std::size_t layer, std::size_t head) const
{
    for (std::size_t place = 0; place < m_traces.size(); ++place)
        if (isPatched(place, layer, head))
            return true;
    return false;
}

QStringList HeadMatrix::patchers() const
{
    QStringList letters;
    for (std::size_t place = 0; place < m_traces.size(); ++place)
        if (m_traces[place] > 0)
            letters << letter(place);
    return letters.isEmpty() ? QStringList(QStringLiteral("B")) : letters;
}

double HeadMatrix::meanOfLayer(std::size_t place, std::size_t layer) const
{
    double sum = 0.0;
    std::size_t count = 0;
    for (std::size_t head = 0; head < m_columns; ++head)
        if (const double found = value(place, layer, head); std::isfinite(found)) {
            sum += found;
            ++count;
        }
    return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(count);
}

CellGrid HeadMatrix::grid(std::size_t panel) const
{
    CellGrid grid;
    grid.rows = m_layers;
    grid.columns = m_columns;
    for (std::size_t layer = 0; layer < m_layers; ++layer)
        for (std::size_t head = 0; head < m_columns; ++head) {
            Cell cell{CellState::Value, value(panel, layer, head), 0.0};
            if (isDifference(panel) && !isPatched(panel, layer, head))
                cell.state = CellState::Masked;
            else if (!std::isfinite(cell.value))
                cell.state = CellState::NotFinite;
            grid.cells.push_back(cell);
        }
    return grid;
}

QString HeadMatrix::unit() const
{
    return m_measure.unit.empty() ? QString() : QLatin1Char(' ') + QString::fromStdString(m_measure.unit);
}

QString HeadMatrix::titleOf(std::size_t panel) const
{
    return isDifference(panel) ? QStringLiteral("%1 − %2").arg(letter(1), letter(0))
                               : QString::fromStdString(traceTitle(*m_comparison, m_traces[panel]).title);
}

QStringList HeadMatrix::alikeInGrey(double width, const Theme& theme) const
{
    if ((!m_signed && !hasDifference()) || drawsSigns(layout(QRectF(0.0, 0.0, width, 0.0), theme).pitch, theme))
        return {};
    return {m_signed ? QStringLiteral("the matrix") : QStringLiteral("the difference")};
}

double HeadMatrix::headerHeight(double width, const Theme& theme) const
{
    const QFont bold = theme.ui(kTitlePixels, QFont::DemiBold);
    double more = 0.0;
    for (std::size_t panel = 0; panel < panels(); ++panel)
        more = std::max(more, fitTitle(titleOf(panel), bold, width - theme.px(kHeaderIndent), theme).more());
    return theme.px(kHeader) + more;
}

QString HeadMatrix::detailOf(std::size_t panel) const
{
    QStringList parts{meanText(panel)};
    return (parts + m_scope).filter(QRegularExpression(QStringLiteral("."))).join(QStringLiteral(" · "));
}

QString HeadMatrix::meanText(std::size_t panel) const
{
    const double mean = meanOfPanel(panel);
    if (!isDifference(panel) && !std::isfinite(mean))
        return QStringLiteral("not defined for this stack");
    if (!isDifference(panel))
        return QStringLiteral("mean ") + formatNumber(mean, kDecimals) + unit();
    if (!std::isfinite(mean))
        return std::isfinite(meanOfPanel(0)) ? QStringLiteral("no head patched") : QString();
    return (plansAreKnown(*m_comparison, m_pair) ? QStringLiteral("patched: ") : QStringLiteral("mean "))
           + formatSigned(mean, kDecimals) + unit();
}

ColourMap HeadMatrix::coloursOf(std::size_t panel, const Theme& theme) const
{
    return isDifference(panel) || m_signed ? divergingMap(theme.dark)
                                           : colourMap(QString::fromStdString(m_comparison->study.view.colourMap));
}

ColourBar HeadMatrix::weightBar() const
{
    const QString title = QString::fromStdString(m_measure.title);
    return {m_measure.unit.empty() ? title : title + QStringLiteral(", ") + QString::fromStdString(m_measure.unit),
            {},
            {},
            false};
}

ColourBar HeadMatrix::differenceBar() const
{
    if (!hasDifference())
        return {};
    return {{}, QStringLiteral("less in ") + letter(1), QStringLiteral("more in ") + letter(1), false};
}

// As many panels side by side as keep cells legible, the rest below.
HeadMatrixLayout HeadMatrix::layout(const QRectF& area, const Theme& theme) const
{
    HeadMatrixLayout layout;
    const double labels = textWidth(QStringLiteral("L%1").arg(m_layers), theme.ui(kTickPixels)) + theme.px(8.0);
    const double between = theme.px(kGapBetweenPanels), profile = theme.px(kProfileWidth) + between;
    const auto pitchFor = [&](std::size_t side) {
        const double count = static_cast<double>(side);
        const double last = side == panels() ? profile : 0.0;
        const double room = area.width() - labels - (count - 1.0) * between - last;
        const double largest = std::clamp(kWidestMap / static_cast<double>(m_columns), kUsualPitch, kLargestPitch);
        return std::min(std::floor(theme.px(largest)), std::floor(room / count / static_cast<double>(m_columns)));
    };
    const double least = theme.px(140.0);  // a header needs room for its title
    const auto tooNarrow = [&](std::size_t count) {
        return pitchFor(count) < kLegiblePitch
               || labels + static_cast<double>(count) * (least + between) - between > area.width();
    };
    std::size_t side = panels();
    while (side > 1 && tooNarrow(side))
        side = (side + 1) / 2;
    layout.pitch = std::max(kSmallestPitch, pitchFor(side));
    layout.gap = layout.pitch > 8.0 ? 1.0 : 0.0;
    const QSizeF map(layout.pitch * static_cast<double>(m_columns), layout.pitch * static_cast<double>(m_layers));
    const double advance = std::max(map.width(), side == 1 ? 0.0 : least) + between;
    const double header = headerHeight(advance - between, theme);
    const double row = header + theme.px(kColumnLabels) + map.height() + theme.px(kBarOffset);
    for (std::size_t panel = 0; panel < panels(); ++panel) {
        const double left = area.left() + labels + static_cast<double>(panel % side) * advance;
        const double top = area.top() + static_cast<double>(panel / side) * row;
        layout.headers.emplace_back(left, top, advance - between, header);
        layout.maps.emplace_back(QPointF(left, top + header + theme.px(kColumnLabels)), map);
        layout.rowLabels.push_back(panel % side == 0);
    }
    const QRectF& last = layout.maps.back();
    if (last.left() + advance + theme.px(kProfileWidth) <= area.right() + 1.0)
        layout.profile = QRectF(last.left() + advance, last.top(), theme.px(kProfileWidth), map.height());
    const double bottom = last.bottom() + theme.px(kBarOffset);
    const double first = layout.maps.front().left();
    const std::size_t beside = std::min(side, m_heads.size());
    double right = layout.maps[beside - 1].right();
    const bool barsBeside = hasDifference() && side == panels();
    right = std::max(right, first + (barsBeside ? right - first : std::min(theme.px(320.0), area.right() - first)));
    if (barsBeside)
        right -= theme.px(14.0);  // the last tick of one bar stands clear of the first of the other
    layout.weightBar = QRectF(first, bottom, right - first, colourBarHeight(weightBar(), right - first, theme));
    layout.height = layout.weightBar->bottom() - area.top();
    if (!hasDifference())
        return layout;
    const QRectF& delta = layout.maps.back();
    const double deltaTop = barsBeside ? bottom : layout.weightBar->bottom() + theme.px(8.0);
    const double deltaLeft = barsBeside ? delta.left() : first;
    const double deltaWidth = std::max(barsBeside ? delta.width() : right - first, theme.px(110.0));
    layout.differenceBar = QRectF(deltaLeft, deltaTop, deltaWidth, colourBarHeight(differenceBar(), deltaWidth, theme));
    layout.height = std::max(layout.height, layout.differenceBar->bottom() - area.top());
    return layout;
}

double HeadMatrix::heightFor(double width, const Theme& theme) const
{
    return layout(QRectF(0.0, 0.0, width, 0.0), theme).height;
}

double HeadMatrix::smallestText(double, const Theme& theme) const { return theme.px(kTickPixels); }

Hit HeadMatrix::hit(QPointF where, const QRectF& area, const Theme& theme) const
{
    const HeadMatrixLayout layout = this->layout(area, theme);
    Hit hit;
    for (std::size_t panel = 0; panel < layout.maps.size(); ++panel) {
        const QRectF& map = layout.maps[panel];
        if (!map.contains(where))
            continue;
        hit.panel = static_cast<int>(panel);
        hit.layer = std::min(m_layers - 1, static_cast<std::size_t>((where.y() - map.top()) / layout.pitch));
        hit.head = std::min(m_columns - 1, static_cast<std::size_t>((where.x() - map.left()) / layout.pitch));
        QStringList values;
        for (std::size_t place = 0; place < m_heads.size(); ++place)
            values << letter(place) + QLatin1Char(' ') + formatNumber(value(place, *hit.layer, *hit.head), 4);
        if (hasDifference())
            values << QStringLiteral("Δ ") + formatSigned(value(m_heads.size(), *hit.layer, *hit.head), 4);
        hit.sentence =
            QStringLiteral("layer %1, head %2: %3 %4%5")
                .arg(QString::number(*hit.layer), QString::number(*hit.head),
                     QString::fromStdString(m_measure.title).toLower(), values.join(QStringLiteral(", ")), unit());
        if (!m_scope.isEmpty())
            hit.sentence += QStringLiteral(" (%1)").arg(m_scope.join(QStringLiteral("; ")));
    }
    return hit;
}

Table HeadMatrix::table() const
{
    Table table;
    table.header = QStringList{QStringLiteral("layer"), QStringLiteral("head"),
                               QStringLiteral("patched by ") + patchers().join(QStringLiteral(" or "))};
    const QString scope =
        m_scope.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(m_scope.join(QStringLiteral("; ")));
    for (std::size_t place = 0; place < m_heads.size(); ++place)
        table.header << letter(place) + scope;
    const std::size_t columns = m_heads.size() + (hasPair() ? 1 : 0);
    if (hasPair())
        table.header << QStringLiteral("Δ") + scope;
    for (std::size_t layer = 0; layer < m_layers; ++layer)
        for (std::size_t head = 0; head < m_columns; ++head) {
            QStringList row{QString::number(layer), QString::number(head),
                            isPatchedByAny(layer, head) ? QStringLiteral("yes") : QStringLiteral("no")};
            for (std::size_t panel = 0; panel < columns; ++panel)
                row << QString::number(value(panel, layer, head), 'g', 9);
            table.rows.push_back(std::move(row));
        }
    return table;
}

QString HeadMatrix::caption() const
{
    return QStringLiteral("%1 of every head in %2, %3%4 %5%6")
        .arg(QString::fromStdString(m_measure.title), modelName(m_comparison->model),
             captionOfStack(*m_comparison, m_selection.stack), captionOfInput(*m_comparison),
             captionOfTraces(*m_comparison, m_traces, m_selection.stack), notes());
}

QString HeadMatrix::panelCaption() const
{
    return QStringLiteral("%1 of every head.%2").arg(QString::fromStdString(m_measure.title), notes());
}

QString HeadMatrix::notes() const
{
    QString notes = QStringLiteral(" Means over the queries.") + captionOfScope(m_scope);
    if (hasDifference())
        notes += QStringLiteral(" Δ is %1 − %2%3.")
                     .arg(letter(1), letter(0),
                          plansAreKnown(*m_comparison, m_pair) ? QStringLiteral(", of patched heads only") : QString());
    return notes;
}

}  // namespace ketscope
