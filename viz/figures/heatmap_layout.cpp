// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/heatmap_layout.h"

#include "viz/fitted_title.h"
#include "viz/labels.h"
#include "viz/map_levels.h"

#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

constexpr double kSlant = 47.0 * std::numbers::pi / 180.0;
constexpr double kSmallestLabel = 9.0;
constexpr double kGapBetweenPanels = 18.0;
constexpr double kGapBetweenBars = 34.0;
constexpr double kLeastOverview = 56.0;
constexpr double kLargestOverview = 84.0;
constexpr double kRounding = 1e-6;
constexpr double kBarOffset = 16.0;  // between a map and what lies below it

double toRadians(double degrees) { return degrees * std::numbers::pi / 180.0; }

// One way to arrange the panels: tried for every number of columns, the best is kept.
class Arrangement {
public:
    Arrangement(const HeatmapContents& contents, const QRectF& area, const Theme& theme, std::size_t columns)
        : m_contents(contents), m_area(area), m_theme(theme), m_columns(columns),
          m_panels(contents.traces + (contents.difference ? 1 : 0)), m_rows((m_panels + columns - 1) / columns)
    {
        m_layout.queries = contents.queries;
        m_layout.keys = contents.keys;
        m_layout.firstQuery = contents.firstQuery;
        m_layout.firstKey = contents.firstKey;
        // Labels depend on the cell, and the room for cells on the labels: the second pass settles it.
        for (int pass = 0; pass < 2; ++pass) {
            chooseCell();
            chooseLabels();
        }
        place();
        while (!fits() && shrink()) {
            chooseLabels();
            place();
        }
    }

    double cell() const { return m_layout.cell; }
    // Whether cells are as large as a reader wants before panels move below one another.
    bool isLegible() const
    {
        const double side = longest() * m_layout.cell;
        // A low, wide map would have no room for its row labels.
        if (m_columns > 1 && longest() > 2.0 * shortest() && m_layout.cell < m_theme.px(kSmallestLabel))
            return false;
        return m_columns == 1 || m_layout.cell >= m_theme.px(m_columns == m_panels ? 12.0 : 9.0)
               || side >= m_theme.px(m_columns == m_panels ? 190.0 : 130.0);
    }
    const HeatmapLayout& result() const { return m_layout; }

private:
    double longest() const { return static_cast<double>(std::max(m_contents.queries, m_contents.keys)); }

    double shortest() const { return static_cast<double>(std::min(m_contents.queries, m_contents.keys)); }

    // As large as the width allows.
    void chooseCell()
    {
        const double columns = static_cast<double>(m_columns);
        const double width = m_area.width() - m_rowLabels - (columns - 1.0) * panelGap() - rightMargin();
        const double largest = m_theme.px(std::clamp(168.0 / longest(), 28.0, 64.0));
        const double cell = std::min(largest, width / columns / static_cast<double>(m_contents.keys));
        quantise(std::max(cell, 1.0 / longest()));
    }

    bool fits() const
    {
        const double columns = static_cast<double>(m_columns);
        const double width = m_rowLabels + columns * m_map.width() + (columns - 1.0) * panelGap() + rightMargin();
        return width <= m_area.width() + kRounding && m_layout.height <= m_area.height() + kRounding;
    }

    // The next smaller cell; false when one block is all that is left.
    bool shrink()
    {
        if (m_layout.cell > 1.0) {
            quantise(std::max(1.0, m_layout.cell - (m_layout.cell > 4.0 ? 1.0 : 0.25)));
            return true;
        }
        const double before = m_layout.cell;
        for (double cell = before; m_layout.cell >= before; cell *= 0.95) {
            if (static_cast<double>(m_layout.pool) >= longest())
                return false;
            quantise(cell);
        }
        return true;
    }

    // Whole units keep cells equal on screen; below one unit, blocks of cells are one.
    void quantise(double cell)
    {
        m_layout.pool = 1;
        if (cell >= 1.0) {
            const double step = cell >= 4.0 ? 1.0 : 0.25;
            m_layout.cell = std::floor((cell + kRounding) / step) * step;
        } else {
            const double side = cell * longest();
            m_layout.pool = poolAtHand(static_cast<std::size_t>(std::ceil(1.0 / cell - 1e-6)));
            const double blocks = std::ceil(longest() / static_cast<double>(m_layout.pool));
            const double block = std::max(1.0, std::floor(side / blocks * 8.0) / 8.0);
            m_layout.cell = block / static_cast<double>(m_layout.pool);
        }
        m_layout.gap = m_layout.cell > 8.0 ? 1.0 : 0.0;
        const double pitch = m_layout.cell * static_cast<double>(m_layout.pool);
        const auto blocksOf = [&](std::size_t first, std::size_t n) {
            return static_cast<double>((first + n + m_layout.pool - 1) / m_layout.pool - first / m_layout.pool);
        };
        m_map = {pitch * blocksOf(m_contents.firstKey, m_contents.keys),
                 pitch * blocksOf(m_contents.firstQuery, m_contents.queries)};
    }

    void chooseLabels()
    {
        const double pixels =
            std::floor(std::clamp(m_layout.cell * 0.95, m_theme.px(kSmallestLabel), m_theme.px(kLabelPixels)));
        const double needed = pixels * 0.98, cell = m_layout.cell;
        const bool few = longest() <= 40.0 && cell >= needed;
        double angle = kSlant;
        std::size_t step = 1;
        if (few && cell * std::sin(kSlant) < needed)
            angle = std::asin(needed / cell);
        else if (!few)
            step = static_cast<std::size_t>(std::max(1.0, std::ceil(needed / (cell * std::sin(kSlant)))));
        m_layout.labelPixels = pixels;
        m_layout.labelStep = step;
        m_layout.rowLabelStep = m_contents.queries == m_contents.keys
                                    ? step
                                    : static_cast<std::size_t>(std::max(1.0, std::ceil(needed / cell)));
        m_layout.labelAngle = angle * 180.0 / std::numbers::pi;
        if (!m_contents.labels)
            m_layout.labelAngle = 0.0;
        measureLabels(pixels / kLabelPixels, angle);
        measureHeader();
    }

    void measureLabels(double ratio, double angle)
    {
        m_rowLabels = m_columnLabels = m_overhang = 0.0;
        if (!m_contents.labels)
            return;
        for (const double width : m_contents.queryLabels)
            m_rowLabels = std::max(m_rowLabels, width * ratio);
        for (std::size_t key = 0; key < m_contents.keyLabels.size(); ++key) {
            const double width = m_contents.keyLabels[key] * ratio;
            m_columnLabels = std::max(m_columnLabels, width * std::sin(angle));
            const double reach = (static_cast<double>(key) + 0.5) * m_layout.cell + width * std::cos(angle) + 4.0;
            if ((m_contents.firstKey + key) % m_layout.labelStep == 0)
                m_overhang = std::max(m_overhang, reach - m_map.width());
        }
        m_rowLabels = std::max(m_rowLabels + m_theme.px(9.0), m_contents.zoomed ? m_theme.px(kLeastOverview) : 0.0);
        m_columnLabels += m_layout.labelPixels * std::cos(angle) + m_theme.px(5.0);
    }

    void measureHeader()
    {
        const QFont font = m_theme.ui(kTickPixels);
        const QFont titleFont = m_theme.ui(kTitlePixels, QFont::DemiBold);
        const double width = pitchX() - m_theme.px(6.0 + kHeaderIndent);
        double below = 0.0;
        for (std::size_t panel = 0; panel < m_contents.details.size(); ++panel) {
            const auto lines = static_cast<double>(wrapParts(m_contents.details[panel], font, width).size());
            const double more = panel < m_contents.titles.size()
                                    ? fitTitle(m_contents.titles[panel], titleFont, width, m_theme).more()
                                    : 0.0;
            below = std::max(below, lines * m_theme.px(15.0) + more);
        }
        m_header = m_theme.px(20.0) + below + m_theme.px(6.0);
    }

    double rightMargin() const { return std::max(m_overhang, m_theme.px(10.0)); }
    double panelGap() const
    {
        // The numbers below the ends of two bars must not meet.
        const double least = sameRow() ? kGapBetweenBars : kGapBetweenPanels;
        return std::max(m_theme.px(least), m_overhang + m_theme.px(6.0));
    }
    // Whether the difference stands in the row of the last trace.
    bool sameRow() const
    {
        return m_contents.difference && (m_contents.traces - 1) / m_columns == (m_panels - 1) / m_columns;
    }

    // From one panel's left edge to the next: spare width goes between the panels, within reason, so that headers have
    // room.
    double pitchX() const
    {
        const double columns = static_cast<double>(m_columns);
        const double needed = m_map.width() + panelGap();
        const double spare = (m_area.width() - m_rowLabels + panelGap() - rightMargin()) / columns;
        const double wanted = std::max(needed + m_theme.px(60.0), m_theme.px(230.0));
        return std::max(needed, std::min(spare, wanted));
    }

    bool differenceBeside() const { return m_contents.difference && m_panels % m_columns == 1 && m_columns > 1; }

    std::size_t tracesInLastRow() const { return (m_contents.traces - 1) % m_columns + 1; }
    double blockWidth() const { return static_cast<double>(tracesInLastRow() - 1) * pitchX() + m_map.width(); }
    bool legendBeside() const { return m_contents.errorLegend && blockWidth() >= m_theme.px(520.0); }
    double legendHeight() const { return m_contents.errorLegend && !legendBeside() ? m_theme.px(44.0) : 0.0; }
    double weightBarWidth() const
    {
        return atLeast(m_contents.weightBar, blockWidth() - (legendBeside() ? m_theme.px(205.0) : 0.0));
    }
    // A bar below a narrow map is wider than it, as far as the next panel's own.
    double atLeast(const ColourBar& bar, double width) const
    {
        return std::max(width, std::min(leastColourBarWidth(bar, m_theme), pitchX() - m_theme.px(kGapBetweenPanels)));
    }

    void place()
    {
        m_layout.panels.clear();
        double top = m_area.top();
        for (std::size_t row = 0; row < m_rows; ++row) {
            const double mapTop = top + m_header + m_columnLabels;
            for (std::size_t panel = row * m_columns; panel < std::min((row + 1) * m_columns, m_panels); ++panel)
                placePanel(panel, top, mapTop);
            top = placeBars(row, mapTop + m_map.height());
        }
        m_layout.height = top - m_area.top();
        m_layout.overview.reset();
        if (m_contents.zoomed && m_contents.labels) {
            const double side = std::min({m_rowLabels - m_theme.px(8.0), m_header + m_columnLabels - m_theme.px(8.0),
                                          m_theme.px(kLargestOverview)});
            m_layout.overview = QRectF(m_area.left(), m_area.top(), side, side);
        }
    }

    void placePanel(std::size_t index, double top, double mapTop)
    {
        const auto column = static_cast<double>(index % m_columns);
        const double left = m_area.left() + m_rowLabels + column * pitchX();
        HeatmapLayout::Panel panel;
        panel.header = QRectF(left, top, pitchX() - m_theme.px(6.0), m_header);
        panel.columnLabels = QRectF(left, top + m_header, pitchX(), m_columnLabels);
        panel.map = QRectF(QPointF(left, mapTop), m_map);
        if (index % m_columns == 0)
            panel.rowLabels = QRectF(m_area.left(), mapTop, m_rowLabels, m_map.height());
        m_layout.panels.push_back(panel);
    }

    // The bars that belong below grid row `row`; returns where the next row begins.
    double placeBars(std::size_t row, double bottom)
    {
        const double top = bottom + m_theme.px(kBarOffset);
        double end = bottom + m_theme.px(row + 1 < m_rows ? kBarOffset : 0.0);
        if (row == (m_contents.traces - 1) / m_columns) {
            const double left = m_area.left() + m_rowLabels;
            const double height = colourBarHeight(m_contents.weightBar, weightBarWidth(), m_theme);
            m_layout.weightBar = QRectF(left, top, weightBarWidth(), height);
            if (legendBeside())
                m_layout.errorLegend =
                    QRectF(left + blockWidth() - m_theme.px(185.0), top, m_theme.px(185.0), m_theme.px(34.0));
            else if (m_contents.errorLegend)
                m_layout.errorLegend = QRectF(std::clamp(m_area.right() - m_theme.px(185.0), m_area.left(), left),
                                              top + height + m_theme.px(8.0), m_theme.px(185.0), m_theme.px(34.0));
            end = top + height + legendHeight() + m_theme.px(row + 1 < m_rows ? kBarOffset : 0.0);
        }
        if (!m_contents.difference || row != (m_panels - 1) / m_columns)
            return end;
        const double width = atLeast(m_contents.differenceBar, m_map.width());
        const double height = colourBarHeight(m_contents.differenceBar, width, m_theme);
        const QRectF map = m_layout.panels.back().map;
        if (differenceBeside()) {
            m_layout.differenceBar = QRectF(map.left() + pitchX(), map.bottom() - height, width, height);
            return std::max(end, map.bottom());
        }
        m_layout.differenceBar = QRectF(map.left(), top, width, height);
        return std::max(end, top + height);
    }

    const HeatmapContents& m_contents;
    const QRectF m_area;
    const Theme& m_theme;
    const std::size_t m_columns, m_panels, m_rows;
    HeatmapLayout m_layout;
    QSizeF m_map;
    double m_rowLabels = 60.0, m_columnLabels = 60.0, m_overhang = 20.0, m_header = 46.0;
};

}  // namespace

HeatmapLayout layoutHeatmap(const HeatmapContents& contents, const QRectF& area, const Theme& theme)
{
    const std::size_t panels = contents.traces + (contents.difference ? 1 : 0);
    std::optional<HeatmapLayout> best;
    double bestCell = 0.0;
    // More than three traces stand in two rows, unless one row has larger cells where the height is given.
    const bool bounded = area.height() < kUnboundedHeight;
    const std::size_t most = contents.traces > 3 ? (panels + 1) / 2 : panels;
    std::vector<std::size_t> sides;
    for (std::size_t columns = most; columns >= 1; --columns)
        sides.push_back(columns);
    if (bounded && most < panels)
        sides.push_back(panels);
    for (const std::size_t columns : sides) {
        const Arrangement arrangement(contents, area, theme, columns);
        if (arrangement.isLegible() && !bounded)
            return arrangement.result();
        if (!best || arrangement.cell() > bestCell + 1e-9) {
            best = arrangement.result();
            bestCell = arrangement.cell();
        }
    }
    return *best;
}

QRectF HeatmapLayout::cellRect(int panel, std::size_t query, std::size_t key) const
{
    const QRectF map = mapRect(panel);
    const double pitch = cell * static_cast<double>(pool);
    const auto blocks = [this](std::size_t token, std::size_t first) {
        return static_cast<double>(token / pool) - static_cast<double>(first / pool);
    };
    return {map.left() + blocks(key, firstKey) * pitch, map.top() + blocks(query, firstQuery) * pitch, pitch - gap,
            pitch - gap};
}

QRectF HeatmapLayout::rowBand(int panel, std::size_t query) const
{
    const QRectF first = cellRect(panel, query, firstKey), last = cellRect(panel, query, firstKey + keys - 1);
    return first.united(last);
}

QRectF HeatmapLayout::columnBand(int panel, std::size_t key) const
{
    return cellRect(panel, firstQuery, key).united(cellRect(panel, firstQuery + queries - 1, key));
}

int HeatmapLayout::panelAt(QPointF where) const
{
    for (int panel = 0; panel < panelCount(); ++panel)
        if (mapRect(panel).contains(where))
            return panel;
    return -1;
}

HeatmapLayout::CellAt HeatmapLayout::nearestCell(int panel, QPointF where) const
{
    const QPointF inside = (where - mapRect(panel).topLeft()) / cell;
    const auto token = [](double place, std::size_t origin, std::size_t first, std::size_t count) {
        const double at = std::floor(place) + static_cast<double>(origin);
        const double last = static_cast<double>(first + count - 1);
        return static_cast<std::size_t>(std::clamp(at, static_cast<double>(first), last));
    };
    return {token(inside.y(), originQuery(), firstQuery, queries), token(inside.x(), originKey(), firstKey, keys)};
}

std::optional<HeatmapLayout::CellAt> HeatmapLayout::cellAt(int panel, QPointF where) const
{
    if (panel < 0 || panel >= panelCount() || !mapRect(panel).contains(where))
        return std::nullopt;
    return nearestCell(panel, where);
}

std::optional<std::size_t> HeatmapLayout::rowLabelAt(QPointF where) const
{
    for (int panel = 0; panel < panelCount(); ++panel) {
        const std::optional<QRectF>& labels = panels[static_cast<std::size_t>(panel)].rowLabels;
        if (labels && labels->contains(where))
            return nearestCell(panel, where).query;
    }
    return std::nullopt;
}

std::optional<std::size_t> HeatmapLayout::columnLabelAt(QPointF where) const
{
    for (int index = 0; index < panelCount(); ++index) {
        const Panel& panel = panels[static_cast<std::size_t>(index)];
        if (!panel.columnLabels.contains(where) || labelAngle == 0.0)
            continue;
        const double x = where.x() - (panel.map.top() - where.y()) / std::tan(toRadians(labelAngle));
        if (x >= panel.map.left() && x < panel.map.right())
            return nearestCell(index, {x, panel.map.top()}).key;
    }
    return std::nullopt;
}

}  // namespace ketscope
