// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/compared_pair.h"
#include "viz/figures/heatmap.h"
#include "viz/fitted_title.h"
#include "viz/labels.h"
#include "viz/map_panel.h"
#include "viz/token_font.h"

#include <QFontMetricsF>
#include <QPainterPath>
#include <QTransform>
#include <QtMath>

#include <cmath>

namespace ketscope {

namespace {

std::unique_ptr<Figure> makeHeatmap(const ComparisonPointer& comparison)
{
    return std::make_unique<Heatmap>(comparison);
}

std::unique_ptr<Figure> makeStandardError(const ComparisonPointer& comparison)
{
    HeatmapOptions options;
    options.content = HeatmapContent::StandardErrors;
    return std::make_unique<Heatmap>(comparison, options);
}

QString errorObstacle(const Comparison& comparison)
{
    const Selection& at = comparison.study.selection;
    for (const std::size_t trace : shownTraces(comparison)) {
        const auto& layers = comparison.traces.at(trace)->stacks.at(at.stack).standardError;
        if (at.layer < layers.size() && layers[at.layer] != nullptr)
            return {};
    }
    return QStringLiteral(
        "No trace has standard errors for this head: choose one that is patched with sampling, such as "
        "shots; some estimators need 2 repeats or more.");
}

QFont labelFont(const HeatmapLayout& layout, const Theme& theme, int weight = QFont::Normal)
{
    return tokenFont(theme, layout.labelPixels / theme.scale, weight);
}

constexpr double kTouching = 0.97;  // of their size: labels closer than that touch
constexpr double kHalfLine = 0.66;  // of their size, from the middle of a label to beyond its letters

double rowMiddle(const HeatmapLayout& layout, const HeatmapLayout::Panel& panel, std::size_t query)
{
    return panel.map.top() + (static_cast<double>(query - layout.originQuery()) + 0.5) * layout.cell;
}

// To where a column's slanted label begins, above the middle of the column, with the text along x.
QTransform columnAxis(const HeatmapLayout& layout, const HeatmapLayout::Panel& panel, std::size_t key,
                      const Theme& theme)
{
    const double x =
        panel.map.left() + (static_cast<double>(key - layout.originKey()) + 0.5) * layout.cell - layout.gap / 2.0;
    QTransform axis;
    axis.translate(x, panel.map.top() - theme.px(5.0));
    axis.rotate(-layout.labelAngle);
    return axis;
}

// Of an emphasised row label.
QRectF rowGround(const HeatmapLayout& layout, const HeatmapLayout::Panel& panel, std::size_t query)
{
    const double height = std::max(layout.cell, layout.labelPixels * 1.3);
    return {panel.rowLabels->left(), rowMiddle(layout, panel, query) - height / 2.0, panel.rowLabels->width(), height};
}

std::vector<std::size_t> labelled(std::size_t first, std::size_t count, std::size_t step,
                                  std::optional<std::size_t> selected)
{
    std::vector<std::size_t> tokens;
    for (std::size_t token = first; token < first + count; ++token) {
        const std::size_t from = selected.value_or(token);
        const std::size_t distance = token > from ? token - from : from - token;
        const bool due = token % step == 0 && (!selected || distance >= step);
        if (due || token == selected)
            tokens.push_back(token);
    }
    return tokens;
}

// What stands in the way of the label of `token`, and what is near it; `apart`: between the labels of two tokens.
struct Neighbours {
    std::vector<std::size_t> touched, near;
};
Neighbours neighboursOf(std::size_t token, const std::vector<std::size_t>& there, double apart, double pixels)
{
    constexpr double kNear = 3.0;
    Neighbours found;
    for (const std::size_t other : there) {
        const double distance = apart * std::abs(static_cast<double>(other) - static_cast<double>(token));
        if (other == token || distance < kTouching * pixels)
            found.touched.push_back(other);
        else if (distance < kNear * pixels)
            found.near.push_back(other);
    }
    return found;
}

// What reaches into `ground` of some labels.
void paintInside(QPainter& painter, const QPainterPath& ground, const std::vector<std::size_t>& labels,
                 const std::function<void(std::size_t)>& paintOne)
{
    painter.save();
    painter.setClipPath(ground, Qt::IntersectClip);
    std::ranges::for_each(labels, paintOne);
    painter.restore();
}

// Outlines around a row and a column, and a ring around the cell where they meet.
void paintBands(QPainter& painter, const HeatmapLayout& layout, int panel, std::optional<std::size_t> query,
                std::optional<std::size_t> key, const Theme& theme)
{
    const bool large = layout.cell >= 6.0;  // smaller cells would drown in thick lines
    painter.setBrush(Qt::NoBrush);
    const auto outline = [&](const QColor& colour, double width) {
        painter.setPen(QPen(colour, width));
        if (query)
            painter.drawRect(layout.rowBand(panel, *query).adjusted(-0.5, -0.5, 0.5, 0.5));
        if (key)
            painter.drawRect(layout.columnBand(panel, *key).adjusted(-0.5, -0.5, 0.5, 0.5));
    };
    if (!large)
        outline(theme.panel, 2.0);  // without gaps between cells a line needs its own ground
    outline(theme.text, large ? 1.0 : 0.8);
    if (!query || !key)
        return;
    const QRectF cell = layout.cellRect(panel, *query, *key);
    if (large) {
        painter.setPen(QPen(theme.panel, 1.0));
        painter.drawRect(cell.adjusted(0.5, 0.5, -0.5, -0.5));
    }
    painter.setPen(QPen(theme.text, large ? 2.0 : 1.2));
    painter.drawRect(cell.adjusted(-1.0, -1.0, 1.0, 1.0));
}

}  // namespace

const FigureType& heatmapFigure()
{
    static const FigureType type{QStringLiteral("heatmap"),
                                 QStringLiteral("Heatmap: A, B and difference"),
                                 &makeHeatmap,
                                 &flowObstacleOf,
                                 false,
                                 false,
                                 true};
    return type;
}

const FigureType& standard_errorFigure()
{
    static const FigureType type{QStringLiteral("standard-error"), QStringLiteral("Standard error of the weights"),
                                 &makeStandardError, &errorObstacle};
    return type;
}

void Heatmap::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    paint(painter, layout(area, theme), theme);
}

void Heatmap::paint(QPainter& painter, const HeatmapLayout& layout, const Theme& theme) const
{
    for (std::size_t panel = 0; panel < layout.panels.size(); ++panel) {
        paintHeader(painter, layout, panel, theme);
        paintLabels(painter, layout, layout.panels[panel], theme);
        paintMapOf(painter, layout, panel, theme);
    }
    if (layout.weightBar)
        paintColourBar(painter, *layout.weightBar, weightBar(), coloursOf(m_sources.front(), theme), m_weightScale,
                       theme);
    if (layout.differenceBar)
        paintColourBar(painter, *layout.differenceBar, differenceBar(), divergingMap(theme.dark), m_deltaScale, theme);
    if (layout.errorLegend)
        paintErrorLegend(painter, *layout.errorLegend, theme);
    if (layout.overview)
        paintOverview(painter, *layout.overview, theme);
    if (m_options.crosshair && m_selection.query < maps().queries() && m_selection.key < maps().keys())
        paintSelection(painter, layout, theme);
}

void Heatmap::paintHeader(QPainter& painter, const HeatmapLayout& layout, std::size_t panel, const Theme& theme) const
{
    const MapSource& source = m_sources[panel];
    const QRectF header = layout.panels[panel].header;
    const double chip = theme.px(16.0), left = header.left() + theme.px(kHeaderIndent);
    drawChip(painter, QRectF(header.left(), header.top(), chip, chip), letter(source),
             source.isDifference() ? QColor() : theme.trace(source.trace), theme);
    const QFont titleFont = theme.ui(kTitlePixels, QFont::DemiBold);
    const double width = header.right() - left;
    const bool fits = textWidth(title(source), titleFont) <= width;
    const FittedTitle name = fitTitle(fits ? title(source) : shortTitle(source), titleFont, width, theme);
    drawTitle(painter, {left, header.top() + (chip + QFontMetricsF(name.font).capHeight()) / 2.0}, name, theme.text,
              theme);

    QStringList parts = panelDetails(panel);
    if (layout.pool > 1)
        parts << QStringLiteral("max of %1 × %1").arg(layout.pool);
    const QFont font = theme.ui(kTickPixels);
    double baseline = header.top() + theme.px(20.0) + name.more() + QFontMetricsF(font).ascent();
    for (const QString& line : wrapParts(parts, font, width)) {
        drawLabel(painter, {left, baseline}, line, font, theme.text3, theme);
        baseline += theme.px(15.0);
    }
}

std::vector<std::size_t> Heatmap::labelledQueries(const HeatmapLayout& layout) const
{
    return labelled(layout.firstQuery, layout.queries, layout.rowLabelStep,
                    m_options.crosshair ? std::optional(m_selection.query) : std::nullopt);
}

std::vector<std::size_t> Heatmap::labelledKeys(const HeatmapLayout& layout) const
{
    return labelled(layout.firstKey, layout.keys, layout.labelStep,
                    m_options.crosshair ? std::optional(m_selection.key) : std::nullopt);
}

void Heatmap::paintRowLabel(QPainter& painter, const HeatmapLayout& layout, const HeatmapLayout::Panel& panel,
                            std::size_t query, bool emphasised, const Theme& theme) const
{
    const QFont font = labelFont(layout, theme, emphasised ? QFont::DemiBold : QFont::Normal);
    const double baseline = rowMiddle(layout, panel, query) + QFontMetricsF(font).capHeight() / 2.0;
    drawLabel(painter, {panel.map.left() - theme.px(7.0), baseline},
              m_data->queryLabels()[static_cast<qsizetype>(query)], font, emphasised ? theme.accent : theme.text2,
              theme, Anchor::Right);
}

void Heatmap::paintColumnLabel(QPainter& painter, const HeatmapLayout& layout, const HeatmapLayout::Panel& panel,
                               std::size_t key, bool emphasised, const Theme& theme) const
{
    const QFont font = labelFont(layout, theme, emphasised ? QFont::DemiBold : QFont::Normal);
    painter.save();
    painter.setTransform(columnAxis(layout, panel, key, theme), true);
    drawLabel(painter, {0.0, QFontMetricsF(font).capHeight() / 2.0}, m_data->keyLabels()[static_cast<qsizetype>(key)],
              font, emphasised ? theme.accent : theme.text2, theme);
    painter.restore();
}

void Heatmap::paintLabels(QPainter& painter, const HeatmapLayout& layout, const HeatmapLayout::Panel& panel,
                          const Theme& theme) const
{
    if (layout.labelAngle == 0.0)
        return;
    if (panel.rowLabels) {
        if (m_options.crosshair && layout.showsQuery(m_selection.query))
            painter.fillRect(rowGround(layout, panel, m_selection.query), theme.accentBg);
        for (const std::size_t query : labelledQueries(layout))
            paintRowLabel(painter, layout, panel, query, m_options.crosshair && query == m_selection.query, theme);
    }
    for (const std::size_t key : labelledKeys(layout))
        paintColumnLabel(painter, layout, panel, key, m_options.crosshair && key == m_selection.key, theme);
}

// The labels that this one touches go, whole; of those beside them nothing is covered.
void Heatmap::replaceRowLabels(QPainter& painter, const HeatmapLayout& layout, const HeatmapLayout::Panel& panel,
                               std::size_t query, const Theme& theme) const
{
    const auto [touched, near] = neighboursOf(query, labelledQueries(layout), layout.cell, layout.labelPixels);
    const QRectF& place = *panel.rowLabels;
    const QRectF own = rowGround(layout, panel, query);
    QPainterPath ground;
    ground.setFillRule(Qt::WindingFill);
    ground.addRect(own);
    for (const std::size_t other : touched) {
        const double half = kHalfLine * layout.labelPixels;
        ground.addRect(QRectF(place.left(), rowMiddle(layout, panel, other) - half, place.width(), 2.0 * half));
    }
    painter.fillPath(ground, theme.panel);
    painter.fillRect(own, theme.accentBg);
    paintInside(painter, ground, near, [&](std::size_t other) {
        paintRowLabel(painter, layout, panel, other, m_options.crosshair && other == m_selection.query, theme);
    });
    paintRowLabel(painter, layout, panel, query, true, theme);
}

void Heatmap::replaceColumnLabels(QPainter& painter, const HeatmapLayout& layout, const HeatmapLayout::Panel& panel,
                                  std::size_t key, const Theme& theme) const
{
    const double apart = layout.cell * std::sin(qDegreesToRadians(layout.labelAngle));
    auto [touched, near] = neighboursOf(key, labelledKeys(layout), apart, layout.labelPixels);
    const QFont bold = labelFont(layout, theme, QFont::DemiBold);
    touched.push_back(key);
    QPainterPath ground;
    ground.setFillRule(Qt::WindingFill);
    for (const std::size_t other : touched) {
        const double half = kHalfLine * layout.labelPixels;
        QPainterPath line;
        line.addRect(-theme.px(1.0), -half,
                     textWidth(m_data->keyLabels()[static_cast<qsizetype>(other)], bold) + theme.px(3.0), 2.0 * half);
        ground.addPath(columnAxis(layout, panel, other, theme).map(line));
    }
    painter.fillPath(ground, theme.panel);
    paintInside(painter, ground, near, [&](std::size_t other) {
        paintColumnLabel(painter, layout, panel, other, m_options.crosshair && other == m_selection.key, theme);
    });
    paintColumnLabel(painter, layout, panel, key, true, theme);
}

void Heatmap::paintMapOf(QPainter& painter, const HeatmapLayout& layout, std::size_t panel, const Theme& theme) const
{
    const MapSource& source = m_sources[panel];
    const QRectF map = layout.panels[panel].map;
    const MapStyle style{map,
                         layout.cell * static_cast<double>(layout.pool),
                         layout.gap,
                         view().standardErrors,
                         source.isDifference(),
                         source.isDifference() || m_signed};
    const auto& list = m_data->list();
    const auto data = std::ranges::find(list, source, &HeatmapData::Map::source);
    paintMap(painter, maps().grid(source, layout.pool, m_window, data->levels ? &*data->levels : nullptr), style,
             coloursOf(source, theme), scaleOf(source), theme);
    if (source.isDifference()) {
        painter.setPen(QPen(theme.line, 1.0));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(map.adjusted(-0.5, -0.5, 0.5 - layout.gap, 0.5 - layout.gap));
    }
}

// The whole map, small, with what is in sight outlined.
void Heatmap::paintOverview(QPainter& painter, const QRectF& place, const Theme& theme) const
{
    const CellGrid& grid = m_data->overview();
    const double pitch = place.width() / static_cast<double>(std::max(grid.rows, grid.columns));
    const QSizeF size(pitch * static_cast<double>(grid.columns), pitch * static_cast<double>(grid.rows));
    const QRectF whole(place.topLeft(), size);
    const MapSource& first = m_sources.front();
    const QImage image = mapImage(grid, coloursOf(first, theme), scaleOf(first), theme.panel, theme.error);
    painter.save();
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(whole, image);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.line2, 1.0));
    painter.drawRect(whole);
    const double x = size.width() / static_cast<double>(maps().keys());
    const double y = size.height() / static_cast<double>(maps().queries());
    const QRectF seen(whole.left() + static_cast<double>(m_window.firstKey) * x,
                      whole.top() + static_cast<double>(m_window.firstQuery) * y,
                      std::max(3.0, static_cast<double>(m_window.keys) * x),
                      std::max(3.0, static_cast<double>(m_window.queries) * y));
    painter.setPen(QPen(theme.panel, 3.0));
    painter.drawRect(seen);
    painter.setPen(QPen(theme.accent, 1.6));
    painter.drawRect(seen);
    painter.restore();
}

void Heatmap::paintErrorLegend(QPainter& painter, const QRectF& place, const Theme& theme) const
{
    const double side = theme.px(15.0), step = theme.px(32.0), height = theme.px(9.0);
    const QFont font = theme.ui(kLabelPixels), small = theme.ui(kTickPixels);
    drawLabel(painter, {place.left(), place.top() + (height + QFontMetricsF(font).capHeight()) / 2.0},
              QStringLiteral("SE / value"), font, theme.text2, theme);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QRgb colour = coloursOf(m_sources.front(), theme).at(0.4);
    double x = place.right() - 3.0 * step - theme.px(12.0);  // half of the last one's text
    for (const auto& [ratio, text] : {std::pair{0.1, "10%"}, {0.25, "25%"}, {0.5, "50%"}, {1.0, "≥ 1"}}) {
        const QRectF box(x - side / 2.0, place.top() + (height - side) / 2.0, side, side);
        painter.fillRect(box, QColor(colour));
        painter.setPen(QPen(inkOn(colour), 1.0));
        painter.setBrush(Qt::NoBrush);
        const double radius = ringRadius(ratio, 1.0, side);
        painter.drawEllipse(box.center(), radius, radius);
        drawLabel(painter, {x, box.bottom() + theme.px(3.0) + QFontMetricsF(small).ascent()}, QString::fromUtf8(text),
                  small, theme.text2, theme, Anchor::Centre);
        x += step;
    }
    painter.restore();
}

// Its labels are emphasised already.
void Heatmap::paintSelection(QPainter& painter, const HeatmapLayout& layout, const Theme& theme) const
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const auto shown = [](std::size_t token, bool inSight) { return inSight ? std::optional(token) : std::nullopt; };
    for (int index = 0; index < layout.panelCount(); ++index)
        paintBands(painter, layout, index, shown(m_selection.query, layout.showsQuery(m_selection.query)),
                   shown(m_selection.key, layout.showsKey(m_selection.key)), theme);
    painter.restore();
}

void Heatmap::paintCrosshair(QPainter& painter, const HeatmapLayout& layout, std::optional<std::size_t> query,
                             std::optional<std::size_t> key, const Theme& theme) const
{
    if (query && !layout.showsQuery(*query))
        query.reset();
    if (key && !layout.showsKey(*key))
        key.reset();
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    for (int index = 0; index < layout.panelCount(); ++index) {
        const HeatmapLayout::Panel& panel = layout.panels[static_cast<std::size_t>(index)];
        if (layout.labelAngle > 0.0 && key)
            replaceColumnLabels(painter, layout, panel, *key, theme);
        if (layout.labelAngle > 0.0 && query && panel.rowLabels)
            replaceRowLabels(painter, layout, panel, *query, theme);
        paintBands(painter, layout, index, query, key, theme);
    }
    painter.restore();
}

}  // namespace ketscope
