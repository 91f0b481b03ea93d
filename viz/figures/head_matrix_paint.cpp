// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/head_matrix.h"
#include "viz/figures/heatmap_layout.h"
#include "viz/fitted_title.h"
#include "viz/labels.h"
#include "viz/trace_style.h"

#include <QFontMetricsF>
#include <QPolygonF>

#include <cmath>

namespace ketscope {

namespace {

// Every k-th number, so that neighbours do not touch.
std::size_t labelStep(std::size_t count, double pitch, double width)
{
    const double needed = width / pitch;
    for (const std::size_t step : {1, 2, 5, 10, 20, 50, 100})
        if (static_cast<double>(step) >= needed)
            return step;
    return std::max<std::size_t>(count, 1);
}

QRectF cellOf(const HeadMatrixLayout& layout, std::size_t panel, std::size_t layer, std::size_t head)
{
    const QRectF& map = layout.maps[panel];
    return {map.left() + static_cast<double>(head) * layout.pitch,
            map.top() + static_cast<double>(layer) * layout.pitch, layout.pitch - layout.gap,
            layout.pitch - layout.gap};
}

}  // namespace

void HeadMatrix::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    const HeadMatrixLayout layout = this->layout(area, theme);
    for (std::size_t panel = 0; panel < layout.maps.size(); ++panel) {
        paintPanel(painter, layout, panel, theme);
        paintAxes(painter, layout, panel, theme);
        paintMarks(painter, layout, panel, theme);
    }
    if (layout.profile)
        paintProfile(painter, layout, theme);
    paintColourBar(painter, *layout.weightBar, weightBar(), coloursOf(0, theme), m_scale, theme);
    if (layout.differenceBar)
        paintColourBar(painter, *layout.differenceBar, differenceBar(), divergingMap(theme.dark), m_deltaScale, theme);
}

void HeadMatrix::paintPanel(QPainter& painter, const HeadMatrixLayout& layout, std::size_t panel,
                            const Theme& theme) const
{
    const QRectF& header = layout.headers[panel];
    const double chip = theme.px(16.0), left = header.left() + theme.px(kHeaderIndent), width = header.right() - left;
    const bool difference = isDifference(panel);
    drawChip(painter, QRectF(header.topLeft(), QSizeF(chip, chip)), difference ? QStringLiteral("Δ") : letter(panel),
             difference ? QColor() : theme.trace(m_traces[panel]), theme);
    const QFont bold = theme.ui(kTitlePixels, QFont::DemiBold), small = theme.ui(kTickPixels);
    const FittedTitle title = fitTitle(titleOf(panel), bold, width, theme);
    drawTitle(painter, {left, header.top() + (chip + QFontMetricsF(title.font).capHeight()) / 2.0}, title, theme.text,
              theme);
    drawLabel(painter, {left, header.top() + theme.px(20.0) + title.more() + QFontMetricsF(small).ascent()},
              fitParts(detailOf(panel), small, width), small, theme.text3, theme);
    const QRectF& map = layout.maps[panel];
    if (difference) {
        painter.fillRect(map, theme.panel2);
        painter.setPen(QPen(theme.line, 1.0));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(map.adjusted(-0.5, -0.5, 0.5 - layout.gap, 0.5 - layout.gap));
    }
    paintMap(painter, grid(panel), {map, layout.pitch, layout.gap, false, difference, difference || m_signed},
             coloursOf(panel, theme), scaleOf(panel), theme);
}

void HeadMatrix::paintAxes(QPainter& painter, const HeadMatrixLayout& layout, std::size_t panel,
                           const Theme& theme) const
{
    const QRectF& map = layout.maps[panel];
    const auto font = [&](bool selected) { return theme.ui(kTickPixels, selected ? QFont::Bold : QFont::Normal); };
    const double half = QFontMetricsF(font(false)).capHeight() / 2.0;
    const double widest = textWidth(QString::number(m_columns), font(true)) + theme.px(3.0);
    const std::size_t columnStep = labelStep(m_columns, layout.pitch, widest);
    const std::size_t rowStep = labelStep(m_layers, layout.pitch, QFontMetricsF(font(false)).height());
    const auto colour = [&](bool selected) { return selected ? theme.accent : theme.text2; };
    for (std::size_t head = 0; head < m_columns; ++head) {
        const bool selected = head == m_selection.head;
        if (selected || head % columnStep == 0)
            drawLabel(painter, {cellOf(layout, panel, 0, head).center().x(), map.top() - theme.px(5.0)},
                      QString::number(head), font(selected), colour(selected), theme, Anchor::Centre);
    }
    for (std::size_t layer = 0; layer < m_layers && layout.rowLabels[panel]; ++layer) {
        const bool selected = layer == m_selection.layer;
        if (selected || layer % rowStep == 0)
            drawLabel(painter, {map.left() - theme.px(6.0), cellOf(layout, panel, layer, 0).center().y() + half},
                      QStringLiteral("L%1").arg(layer), font(selected), colour(selected), theme, Anchor::Right);
    }
}

std::vector<QRectF> HeadMatrix::placesOf(const Pointed& pointed, const QRectF& area, const Theme& theme) const
{
    std::vector<QRectF> places;
    const HeadMatrixLayout layout = this->layout(area, theme);
    const bool shown = pointed.layer && pointed.head && *pointed.layer < m_layers && *pointed.head < m_columns;
    for (std::size_t panel = 0; shown && panel < layout.maps.size(); ++panel)
        places.push_back(cellOf(layout, panel, *pointed.layer, *pointed.head));
    return places;
}

// The corner of patched heads and the ring of the selected one.
void HeadMatrix::paintMarks(QPainter& painter, const HeadMatrixLayout& layout, std::size_t panel,
                            const Theme& theme) const
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    if (!isDifference(panel) && planIsKnown(*m_comparison, m_traces[panel]) && layout.pitch >= 6.0)
        for (std::size_t layer = 0; layer < m_layers; ++layer)
            for (std::size_t head = 0; head < m_columns; ++head) {
                if (!isPatched(panel, layer, head))
                    continue;
                const QPointF corner = cellOf(layout, panel, layer, head).topRight();
                const double side = std::clamp(layout.pitch * 0.28, 3.0, 7.0);
                painter.setPen(Qt::NoPen);
                painter.setBrush(theme.trace(m_traces[panel]));
                painter.drawPolygon(QPolygonF({corner, corner + QPointF(-side, 0.0), corner + QPointF(0.0, side)}));
            }
    const QRectF ring = cellOf(layout, panel, m_selection.layer, m_selection.head);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.panel, 1.0));
    painter.drawRect(ring.adjusted(0.5, 0.5, -0.5, -0.5));
    painter.setPen(QPen(theme.accent, 2.0));
    painter.drawRect(ring.adjusted(-1.0, -1.0, 1.0, 1.0));
    painter.restore();
}

// The mean of every layer, on the rows of the matrix.
void HeadMatrix::paintProfile(QPainter& painter, const HeadMatrixLayout& layout, const Theme& theme) const
{
    const QRectF box = layout.profile->adjusted(theme.px(4.0), 0.0, -theme.px(10.0), 0.0);
    const QFont bold = theme.ui(kLabelPixels, QFont::DemiBold), small = theme.ui(kTickPixels);
    drawLabel(painter, {box.left(), layout.headers.back().top() + theme.px(4.0) + QFontMetricsF(bold).capHeight()},
              QStringLiteral("Layer mean"), bold, theme.text, theme);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    for (const double share : {0.0, 0.5, 1.0}) {
        const double x = box.left() + share * box.width();
        painter.setPen(QPen(theme.line, 1.0));
        painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()));
        drawLabel(painter, {x, box.top() - theme.px(5.0)}, formatNumber(share * m_limit, m_limit >= 10.0 ? 0 : 1),
                  small, theme.text2, theme, Anchor::Centre);
    }
    for (std::size_t place = 0; place < m_heads.size(); ++place) {
        const std::size_t trace = m_traces[place];
        QPolygonF line;
        for (std::size_t layer = 0; layer < m_layers; ++layer)
            if (const double mean = meanOfLayer(place, layer); std::isfinite(mean))
                line << QPointF(box.left() + std::min(mean / m_limit, 1.0) * box.width(),
                                cellOf(layout, 0, layer, 0).center().y() - layout.maps.front().top() + box.top());
        painter.setPen(tracePen(trace, theme));
        painter.drawPolyline(line);
        for (const QPointF& point : line)
            paintMarker(painter, point, trace, theme.px(2.4), theme);
    }
    painter.restore();
}

}  // namespace ketscope
