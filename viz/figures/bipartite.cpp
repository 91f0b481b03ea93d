// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/compared_pair.h"
#include "viz/caption.h"
#include "viz/figure.h"
#include "viz/fitted_title.h"
#include "viz/head_maps.h"
#include "viz/labels.h"
#include "viz/scale.h"
#include "viz/token_font.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace ketscope {

namespace {

constexpr double kHeader = 58.0;
constexpr double kRow = 17.0;
constexpr double kSmallestRow = 7.0;
constexpr double kLeastPanel = 250.0;  // width
constexpr double kBetween = 26.0;
constexpr std::size_t kMostLines = 4000;
constexpr std::size_t kReadAhead = 16 * kMostLines;
constexpr std::size_t kMostApart = 128;  // lines to or from one token that can be told apart
constexpr double kThickest = 5.0;
constexpr double kFaintest = 0.004;  // of the largest weight: thinner lines cannot be seen

struct Line {
    std::size_t query, key;
    double weight;
};

// One trace: queries at the left, keys at the right.
struct Side {
    QRectF header;
    QRectF lines;
    double row = 0.0;                // pitch
    double left = 0.0, right = 0.0;  // where the labels end and begin
};

class Bipartite final : public Figure {
public:
    explicit Bipartite(const ComparisonPointer& comparison);

    double heightFor(double width, const Theme& theme) const override;
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override;
    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override;
    std::vector<QRectF> placesOf(const Pointed& pointed, const QRectF& area, const Theme& theme) const override;
    Table table() const override;
    QString caption() const override;
    QString metrics() const override;
    QString panelCaption() const override;
    double smallestText(double, const Theme& theme) const override { return theme.px(kTickPixels); }

private:
    std::size_t rows() const { return std::max(m_window.queries, m_window.keys); }
    std::size_t across(double width, const Theme& theme) const;
    std::vector<Side> sides(const QRectF& area, const Theme& theme) const;
    std::vector<Line> linesOf(std::size_t place) const;
    void readRow(std::size_t place, std::size_t query);
    std::size_t thin(std::vector<Line>& lines) const;
    std::size_t pool(std::vector<Line>& lines) const;
    QString poolText() const;
    bool isSelected(std::size_t query, std::size_t key) const;
    bool byQuery() const { return m_view.direction == AttentionDirection::FromQuery; }
    QString weights(std::size_t query, std::size_t key) const;
    QString emphasis() const;
    QString notes() const;
    void paintHeader(QPainter& painter, const Side& side, std::size_t place, const Theme& theme) const;
    void paintLines(QPainter& painter, const Side& side, std::size_t place, const Theme& theme) const;
    void paintLabels(QPainter& painter, const Side& side, const Theme& theme) const;

    HeatmapView m_view;
    HeadMaps m_maps;
    std::vector<std::size_t> m_traces;  // shown, a place each
    Selection m_selection;
    MapWindow m_window;
    std::vector<std::vector<Line>> m_lines;  // of each place, the thinnest first
    std::vector<std::size_t> m_left;         // how many were left out
    std::size_t m_poolQueries, m_poolKeys;   // tokens of each side that one line stands for
    double m_largest = 0.0;
    bool m_negative = false;
};

Bipartite::Bipartite(const ComparisonPointer& comparison)
    : m_view(comparison ? comparison->study.view.heatmap : HeatmapView()),
      m_maps(comparison, comparison ? comparison->study.selection : Selection(), m_view),
      m_traces(shownTraces(*comparison)), m_selection(comparison->study.selection),
      m_window(windowInside(m_view.window, m_maps.queries(), m_maps.keys())),
      m_poolQueries((m_window.queries + kMostApart - 1) / kMostApart),
      m_poolKeys((m_window.keys + kMostApart - 1) / kMostApart)
{
    for (std::size_t place = 0; place < m_traces.size(); ++place) {
        m_lines.emplace_back();
        m_left.push_back(0);
        for (std::size_t query = m_window.firstQuery; query < m_window.firstQuery + m_window.queries; ++query)
            readRow(place, query);
        for (const Line& line : m_lines.back()) {
            m_largest = std::max(m_largest, std::abs(line.weight));
            m_negative = m_negative || line.weight < 0.0;
        }
    }
    for (std::size_t place = 0; place < m_lines.size(); ++place) {
        std::vector<Line>& lines = m_lines[place];
        double selected = 0.0;  // those are held against each other: even weights beside a map of one key are seen
        for (const Line& line : lines)
            if (isSelected(line.query, line.key))
                selected = std::max(selected, std::abs(line.weight));
        const std::size_t faint = std::erase_if(lines, [&](const Line& line) {
            return std::abs(line.weight) < kFaintest * (isSelected(line.query, line.key) ? selected : m_largest);
        });
        m_left[place] += pool(lines);
        m_left[place] += thin(lines) + (m_left[place] > 0 ? faint : 0);
        std::ranges::stable_sort(lines, std::ranges::less(), [](const Line& line) { return std::abs(line.weight); });
        // What is selected lies on top.
        std::ranges::stable_partition(lines, [this](const Line& line) { return !isSelected(line.query, line.key); });
    }
}

// Only the thickest lines of a large map are kept while it is read.
void Bipartite::readRow(std::size_t place, std::size_t query)
{
    std::vector<Line>& lines = m_lines[place];
    for (std::size_t key = m_window.firstKey; key < m_window.firstKey + m_window.keys; ++key)
        if (const Cell cell = m_maps.cell({m_traces[place], std::nullopt}, query, key);
            cell.state == CellState::Value && cell.value != 0.0)
            lines.push_back({query, key, cell.value});
    if (lines.size() > kReadAhead) {
        m_left[place] += pool(lines);
        m_left[place] += lines.size() > kReadAhead / 2 ? thin(lines) : 0;  // else room to read on
    }
}

// Leaves the thickest lines and those that are selected; returns how many went.
std::size_t Bipartite::thin(std::vector<Line>& lines) const
{
    if (lines.size() <= kMostLines)
        return 0;
    const std::size_t before = lines.size();
    const auto rest =
        std::ranges::partition(lines, [this](const Line& line) { return isSelected(line.query, line.key); });
    if (rest.size() > kMostLines) {
        const auto end = rest.begin() + static_cast<std::ptrdiff_t>(kMostLines);
        std::ranges::nth_element(rest.begin(), end, rest.end(), std::ranges::greater(),
                                 [](const Line& line) { return std::abs(line.weight); });
        lines.erase(end, lines.end());
    }
    return before - lines.size();
}

// Hundreds of lines that meet at one token are a surface: of neighbouring cells the thickest line stands for all. Returns
// how many went. Of the selected row or column neighbours are along it alone.
std::size_t Bipartite::pool(std::vector<Line>& lines) const
{
    if (m_poolQueries <= 1 && m_poolKeys <= 1)
        return 0;
    const std::size_t before = lines.size();
    std::map<std::tuple<bool, std::size_t, std::size_t>, Line> thickest;
    for (const Line& line : lines) {
        const bool selected = isSelected(line.query, line.key);
        const std::size_t query = (line.query - m_window.firstQuery) / m_poolQueries;
        const std::size_t key = (line.key - m_window.firstKey) / m_poolKeys;
        const auto [at, isNew] = thickest.try_emplace({selected, query, key}, line);
        if (!isNew && std::abs(line.weight) > std::abs(at->second.weight))
            at->second = line;
    }
    lines.clear();
    for (const auto& [cells, line] : thickest)
        lines.push_back(line);
    return before - lines.size();
}

std::vector<Line> Bipartite::linesOf(std::size_t place) const
{
    std::vector<Line> lines;
    for (std::size_t query = m_window.firstQuery; query < m_window.firstQuery + m_window.queries; ++query)
        for (std::size_t key = m_window.firstKey; key < m_window.firstKey + m_window.keys; ++key)
            if (const Cell cell = m_maps.cell({m_traces[place], std::nullopt}, query, key);
                cell.state == CellState::Value && cell.value != 0.0)
                lines.push_back({query, key, cell.value});
    return lines;
}

bool Bipartite::isSelected(std::size_t query, std::size_t key) const
{
    return byQuery() ? query == m_selection.query : key == m_selection.key;
}

std::size_t Bipartite::across(double width, const Theme& theme) const
{
    const double fitting = (width + theme.px(kBetween)) / theme.px(kLeastPanel + kBetween);
    return std::clamp<std::size_t>(static_cast<std::size_t>(fitting), 1, m_traces.size());
}

double Bipartite::heightFor(double width, const Theme& theme) const
{
    const std::size_t columns = across(width, theme);
    const auto below = static_cast<double>((m_traces.size() + columns - 1) / columns);
    return below * theme.px(kHeader + kRow * static_cast<double>(std::min<std::size_t>(rows(), 64)));
}

std::vector<Side> Bipartite::sides(const QRectF& area, const Theme& theme) const
{
    const std::size_t columns = across(area.width(), theme);
    const std::size_t below = (m_traces.size() + columns - 1) / columns;
    const double gap = theme.px(kBetween);
    const double width = std::min((area.width() + gap) / static_cast<double>(columns) - gap, theme.px(520.0));
    const double height = area.height() / static_cast<double>(below);
    double queries = 0.0, keys = 0.0;
    const QFont font = tokenFont(theme, kLabelPixels, QFont::DemiBold);
    for (std::size_t i = 0; i < m_window.queries; ++i)
        queries = std::max(queries, textWidth(elideMiddle(m_maps.queryText(m_window.firstQuery + i)), font));
    for (std::size_t i = 0; i < m_window.keys; ++i)
        keys = std::max(keys, textWidth(elideMiddle(m_maps.keyText(m_window.firstKey + i)), font));
    std::vector<Side> sides;
    for (std::size_t place = 0; place < m_traces.size(); ++place) {
        const double left = area.left() + static_cast<double>(place % columns) * (width + gap);
        const double top = area.top() + static_cast<double>(place / columns) * height;
        Side side;
        side.header = QRectF(left, top, width, theme.px(kHeader));
        side.lines = QRectF(left, side.header.bottom(), width, height - side.header.height() - theme.px(6.0));
        const double fitting = side.lines.height() / static_cast<double>(std::max<std::size_t>(1, rows()));
        side.row = std::clamp(fitting, rows() > 200 ? 0.1 : theme.px(kSmallestRow), theme.px(kRow * 1.4));
        side.left = left + queries + theme.px(9.0);
        side.right = left + width - keys - theme.px(9.0);
        sides.push_back(side);
    }
    return sides;
}

void Bipartite::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const std::vector<Side> all = sides(area, theme);
    for (std::size_t place = 0; place < all.size(); ++place) {
        paintHeader(painter, all[place], place, theme);
        paintLines(painter, all[place], place, theme);
        paintLabels(painter, all[place], theme);
    }
    painter.restore();
}

QString Bipartite::emphasis() const
{
    return byQuery() ? QStringLiteral("in colour: from query %1 “%2”")
                           .arg(QString::number(m_selection.query), m_maps.queryText(m_selection.query))
                     : QStringLiteral("in colour: to key %1 “%2”")
                           .arg(QString::number(m_selection.key), m_maps.keyText(m_selection.key));
}

// Empty where every line stands for itself.
QString Bipartite::poolText() const
{
    return m_poolQueries <= 1 && m_poolKeys <= 1
               ? QString()
               : QStringLiteral("the thickest of every %1 × %2 cells").arg(m_poolQueries).arg(m_poolKeys);
}

void Bipartite::paintHeader(QPainter& painter, const Side& side, std::size_t place, const Theme& theme) const
{
    const double chip = theme.px(16.0), left = side.header.left() + theme.px(23.0);
    drawChip(painter, QRectF(side.header.left(), side.header.top(), chip, chip),
             QString::fromStdString(traceTag(m_traces[place])), theme.trace(m_traces[place]), theme);
    const QFont titleFont = theme.ui(kTitlePixels, QFont::DemiBold), font = theme.ui(kTickPixels);
    const double width = side.header.right() - left;
    const FittedTitle title = fitTitle(QString::fromStdString(traceTitle(m_maps.comparison(), m_traces[place]).title),
                                       titleFont, width, theme);
    drawTitle(painter, {left, side.header.top() + (chip + QFontMetricsF(title.font).capHeight()) / 2.0}, title,
              theme.text, theme);
    QStringList parts{emphasis()};
    if (const std::string filter = describe(m_view.filter, m_view.direction); !filter.empty())
        parts << QString::fromStdString(filter);
    if (const QString pooled = poolText(); !pooled.isEmpty())
        parts << pooled;
    if (m_left[place] > 0)
        parts << QStringLiteral("%1 thinner lines left out").arg(m_left[place]);
    double baseline = side.header.top() + theme.px(20.0) + title.more() + QFontMetricsF(font).ascent();
    for (const QString& line : wrapParts(parts, font, width).mid(0, title.lines.size() > 1 ? 1 : 2)) {
        drawLabel(painter, {left, baseline}, fitParts(line, font, width), font, theme.text3, theme);
        baseline += theme.px(15.0);
    }
}

// Width and opacity follow the weight: what is thin is also faint.
void Bipartite::paintLines(QPainter& painter, const Side& side, std::size_t place, const Theme& theme) const
{
    const auto y = [&](std::size_t token, std::size_t first) {
        return side.lines.top() + (static_cast<double>(token - first) + 0.5) * side.row;
    };
    // No wider than its row, or the lines of many tokens to one become a surface.
    const double thickest = std::clamp(side.row, theme.px(1.0), theme.px(kThickest));
    const double faintest = poolText().isEmpty() ? 0.35 : 0.12;  // many lines of one token lie over each other
    for (const Line& line : m_lines[place]) {
        const double share = std::min(1.0, std::abs(line.weight) / m_largest);
        const bool selected = isSelected(line.query, line.key);
        QColor colour = selected ? theme.trace(m_traces[place]) : theme.text3;
        colour.setAlphaF(static_cast<float>(selected ? faintest + (1.0 - faintest) * share : 0.06 + 0.44 * share));
        QPen pen(colour, std::max(0.5, thickest * share));
        pen.setCapStyle(Qt::FlatCap);
        if (line.weight < 0.0)
            pen.setStyle(Qt::DashLine);
        painter.setPen(pen);
        painter.drawLine(QPointF(side.left, y(line.query, m_window.firstQuery)),
                         QPointF(side.right, y(line.key, m_window.firstKey)));
    }
}

void Bipartite::paintLabels(QPainter& painter, const Side& side, const Theme& theme) const
{
    const double pixels = std::floor(std::clamp(side.row * 0.8, theme.px(kTickPixels), theme.px(kLabelPixels)));
    const auto step = static_cast<std::size_t>(std::max(1.0, std::ceil(pixels * 1.05 / side.row)));
    const auto draw = [&](std::size_t token, std::size_t first, const QString& text, bool selected, bool left) {
        const QFont font = tokenFont(theme, pixels / theme.scale, selected ? QFont::DemiBold : QFont::Normal);
        const double y = side.lines.top() + (static_cast<double>(token - first) + 0.5) * side.row;
        drawLabel(
            painter,
            {left ? side.left - theme.px(5.0) : side.right + theme.px(5.0), y + QFontMetricsF(font).capHeight() / 2.0},
            elideMiddle(text), font, selected ? theme.accent : theme.text2, theme, left ? Anchor::Right : Anchor::Left);
    };
    // With a step, a selected token in between gets its label, and those that it would touch give way.
    const auto isDrawn = [step](std::size_t token, std::size_t selected) {
        const std::size_t apart = token > selected ? token - selected : selected - token;
        return token == selected || (token % step == 0 && (step == 1 || apart >= step));
    };
    for (std::size_t query = m_window.firstQuery; query < m_window.firstQuery + m_window.queries; ++query)
        if (isDrawn(query, m_selection.query))
            draw(query, m_window.firstQuery, m_maps.queryText(query), query == m_selection.query, true);
    for (std::size_t key = m_window.firstKey; key < m_window.firstKey + m_window.keys; ++key)
        if (isDrawn(key, m_selection.key))
            draw(key, m_window.firstKey, m_maps.keyText(key), key == m_selection.key, false);
}

QString Bipartite::weights(std::size_t query, std::size_t key) const
{
    QStringList values;
    for (std::size_t place = 0; place < m_traces.size(); ++place) {
        const Cell cell = m_maps.cell({m_traces[place], std::nullopt}, query, key);
        if (cell.state == CellState::Masked)
            return QStringLiteral("masked");
        values << QString::fromStdString(traceTag(m_traces[place])) + QLatin1Char(' ') + formatNumber(cell.value, 6)
                      + (cell.state == CellState::Hidden ? QStringLiteral(" (filtered out)") : QString());
    }
    return values.join(QStringLiteral(", "));
}

// The token's label on its side.
std::vector<QRectF> Bipartite::placesOf(const Pointed& pointed, const QRectF& area, const Theme& theme) const
{
    std::vector<QRectF> places;
    for (const Side& side : sides(area, theme)) {
        const auto add = [&](double left, double right, std::size_t token, std::size_t first, std::size_t count) {
            const double height = std::max(side.row, theme.px(kTickPixels) * 1.3);
            const double y = side.lines.top() + (static_cast<double>(token - first) + 0.5) * side.row;
            if (token >= first && token < first + count)
                places.emplace_back(left, y - height / 2.0, right - left, height);
        };
        if (pointed.query)
            add(side.lines.left(), side.left, *pointed.query, m_window.firstQuery, m_window.queries);
        if (pointed.key)
            add(side.right, side.lines.right(), *pointed.key, m_window.firstKey, m_window.keys);
    }
    return places;
}

Hit Bipartite::hit(QPointF where, const QRectF& area, const Theme& theme) const
{
    Hit hit;
    const std::vector<Side> all = sides(area, theme);
    for (std::size_t panel = 0; panel < all.size(); ++panel) {
        const Side& side = all[panel];
        if (!side.lines.contains(where))
            continue;
        hit.panel = static_cast<int>(panel);
        const auto place = static_cast<std::size_t>((where.y() - side.lines.top()) / side.row);
        if (where.x() <= side.left && place < m_window.queries) {
            hit.query = m_window.firstQuery + place;
            hit.sentence = QStringLiteral("query %1 “%2”, to the selected key: %3")
                               .arg(QString::number(*hit.query), m_maps.queryText(*hit.query),
                                    weights(*hit.query, m_selection.key));
        } else if (where.x() >= side.right && place < m_window.keys) {
            hit.key = m_window.firstKey + place;
            hit.sentence =
                QStringLiteral("key %1 “%2”, from the selected query: %3")
                    .arg(QString::number(*hit.key), m_maps.keyText(*hit.key), weights(m_selection.query, *hit.key));
        }
    }
    return hit;
}

Table Bipartite::table() const
{
    Table table;
    table.header = QStringList{QStringLiteral("trace"), QStringLiteral("query"),     QStringLiteral("query token"),
                               QStringLiteral("key"),   QStringLiteral("key token"), QStringLiteral("weight")};
    for (std::size_t place = 0; place < m_traces.size(); ++place)
        for (const Line& line : linesOf(place))
            table.rows.push_back({QString::fromStdString(traceTag(m_traces[place])), QString::number(line.query),
                                  m_maps.queryText(line.query), QString::number(line.key), m_maps.keyText(line.key),
                                  QString::number(line.weight, 'g', 9)});
    return table;
}

QString Bipartite::caption() const
{
    const Comparison& comparison = m_maps.comparison();
    const QString place = m_maps.flow() ? captionOfStack(comparison, m_selection.stack)
                                        : captionOfHead(comparison, m_selection) + QStringLiteral(", ");
    return QStringLiteral("%1 in %2, %3%4 %5%6")
        .arg(m_maps.flow() ? captionOfFlow(*m_maps.flow()) : QStringLiteral("Attention"), modelName(comparison.model),
             place, captionOfInput(comparison), captionOfTraces(comparison, m_traces, m_selection.stack), notes());
}

QString Bipartite::metrics() const { return m_maps.flow() ? QString() : captionOfMeans(m_maps, m_traces); }

QString Bipartite::panelCaption() const
{
    const QString what = m_maps.flow() ? captionOfFlow(*m_maps.flow()) : QStringLiteral("Attention weights");
    return what + QStringLiteral(" as lines.") + notes();
}

QString Bipartite::notes() const
{
    QString text =
        QStringLiteral(" Queries left, keys right; the wider and darker a line, the larger its weight, up to %1; "
                       "%2.")
            .arg(formatNumber(m_largest, 3), emphasis());
    if (const QString pooled = poolText(); !pooled.isEmpty())
        text += QStringLiteral(" Only ") + pooled + QStringLiteral(" is drawn.");
    if (m_negative)
        text += QStringLiteral(" Dashed: negative.");
    if (QString filter = QString::fromStdString(describe(m_view.filter, m_view.direction)); !filter.isEmpty()) {
        filter[0] = filter[0].toUpper();
        text += QLatin1Char(' ') + filter + QLatin1Char('.');
    }
    return text;
}

std::unique_ptr<Figure> makeBipartite(const ComparisonPointer& comparison)
{
    return std::make_unique<Bipartite>(comparison);
}

}  // namespace

const FigureType& bipartiteFigure()
{
    static const FigureType type{QStringLiteral("bipartite"),
                                 QStringLiteral("Lines from queries to keys"),
                                 &makeBipartite,
                                 &flowObstacleOf,
                                 false,
                                 false,
                                 true};
    return type;
}

}  // namespace ketscope
