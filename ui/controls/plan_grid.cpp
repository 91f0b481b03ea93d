// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/plan_grid.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kRowHeader = 34.0;
constexpr double kColumnHeader = 22.0;
constexpr double kLargest = 32.0;
constexpr double kSmallest = 20.0;
constexpr double kUsualWidth = 400.0;

}  // namespace

PlanGrid::PlanGrid(PlanTable& table, const Theme& theme, QWidget* parent)
    : QWidget(parent), m_table(table), m_theme(theme)
{
    setObjectName(u"planGrid"_s);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Plan, layers by heads"));
    describe();
}

QColor PlanGrid::colourOf(std::size_t choice, const Theme& theme)
{
    const QColor colours[] = {theme.traceB, theme.traceA, theme.traceC, theme.traceD, theme.key, theme.accent};
    return colours[choice % std::size(colours)];
}

void PlanGrid::setStack(std::size_t stack)
{
    m_stack = stack;
    m_at = {};
    updateGeometry();
    describe();
}

void PlanGrid::setBrush(std::optional<std::size_t> choice)
{
    m_brush = choice;
    describe();
}

double PlanGrid::side() const
{
    const double fitting = kUsualWidth / static_cast<double>(std::max<std::size_t>(heads(), 1));
    return std::floor(m_theme.px(std::clamp(fitting, kSmallest, kLargest)));
}

QSize PlanGrid::sizeHint() const
{
    return {qCeil(m_theme.px(kRowHeader) + side() * static_cast<double>(heads()) + 4.0),
            qCeil(m_theme.px(kColumnHeader) + side() * static_cast<double>(layers()) + 4.0)};
}

QRectF PlanGrid::cellRect(std::size_t layer, std::size_t head) const
{
    return {m_theme.px(kRowHeader) + side() * static_cast<double>(head),
            m_theme.px(kColumnHeader) + side() * static_cast<double>(layer), side(), side()};
}

QRectF PlanGrid::layerHeader(std::size_t layer) const
{
    return {0.0, cellRect(layer, 0).top(), m_theme.px(kRowHeader), side()};
}

QRectF PlanGrid::headHeader(std::size_t head) const
{
    return {cellRect(0, head).left(), 0.0, side(), m_theme.px(kColumnHeader)};
}

std::optional<PlanGrid::Cell> PlanGrid::cellAt(QPointF where) const
{
    const QRectF first = cellRect(0, 0);
    const double column = std::floor((where.x() - first.left()) / side());
    const double row = std::floor((where.y() - first.top()) / side());
    if (column < 0 || row < 0 || column >= static_cast<double>(heads()) || row >= static_cast<double>(layers()))
        return {};
    return Cell{static_cast<std::size_t>(row), static_cast<std::size_t>(column)};
}

void PlanGrid::paint(const Cell& cell)
{
    if (m_table.at(m_stack, cell.layer, cell.head) == m_stroke)
        return;
    m_table.set(m_stack, cell.layer, cell.head, m_stroke);
    describe();
    emit painted();
}

void PlanGrid::toggle(const std::vector<Cell>& cells)
{
    const bool all = std::ranges::all_of(
        cells, [this](const Cell& cell) { return m_table.at(m_stack, cell.layer, cell.head) == m_brush; });
    m_stroke = all ? std::nullopt : m_brush;
    for (const Cell& cell : cells)
        m_table.set(m_stack, cell.layer, cell.head, m_stroke);
    describe();
    emit painted();
}

void PlanGrid::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    if (const auto cell = cellAt(event->position())) {
        m_stroke = m_table.at(m_stack, cell->layer, cell->head) == m_brush ? std::nullopt : m_brush;
        m_dragging = true;
        m_at = *cell;
        return paint(*cell);
    }
    std::vector<Cell> cells;
    for (std::size_t layer = 0; layer < layers(); ++layer)
        for (std::size_t head = 0; head < heads(); ++head)
            if (layerHeader(layer).contains(event->position()) || headHeader(head).contains(event->position()))
                cells.push_back({layer, head});
    if (!cells.empty())
        toggle(cells);
}

// A fast drag leaves no holes: every cell between two places of the pointer is painted.
void PlanGrid::mouseMoveEvent(QMouseEvent* event)
{
    const auto cell = cellAt(event->position());
    if (!m_dragging || !cell || *cell == m_at)
        return;
    const QPointF from = cellRect(m_at.layer, m_at.head).center(), to = cellRect(cell->layer, cell->head).center();
    const int steps = std::max(1, qCeil(QLineF(from, to).length() / side() * 2.0));
    for (int step = 1; step <= steps; ++step)
        if (const auto between = cellAt(from + (to - from) * step / steps))
            paint(*between);
    m_at = *cell;
}

void PlanGrid::mouseReleaseEvent(QMouseEvent*) { m_dragging = false; }

void PlanGrid::moveTo(const Cell& cell, bool painting)
{
    m_at = {std::min(cell.layer, layers() - 1), std::min(cell.head, heads() - 1)};
    if (painting) {
        m_stroke = m_brush;
        paint(m_at);
    }
    describe();
}

void PlanGrid::keyPressEvent(QKeyEvent* event)
{
    const auto before = [](std::size_t index) { return index == 0 ? 0 : index - 1; };
    const bool painting = event->modifiers().testFlag(Qt::ShiftModifier);
    switch (event->key()) {
    case Qt::Key_Up: return moveTo({before(m_at.layer), m_at.head}, painting);
    case Qt::Key_Down: return moveTo({m_at.layer + 1, m_at.head}, painting);
    case Qt::Key_Left: return moveTo({m_at.layer, before(m_at.head)}, painting);
    case Qt::Key_Right: return moveTo({m_at.layer, m_at.head + 1}, painting);
    case Qt::Key_Home: return moveTo({m_at.layer, 0}, painting);
    case Qt::Key_End: return moveTo({m_at.layer, heads() - 1}, painting);
    case Qt::Key_Space: return toggle({m_at});
    default: QWidget::keyPressEvent(event);
    }
}

void PlanGrid::describe()
{
    const auto choice = m_table.at(m_stack, m_at.layer, m_at.head);
    const QString uses =
        choice ? QString::fromStdString(m_table.choices()[*choice].mechanism->info().shortTitle) : tr("nothing");
    setAccessibleDescription(tr("Layer %1 head %2 uses %3").arg(m_at.layer).arg(m_at.head).arg(uses));
    update();
}

void PlanGrid::drawHeaders(QPainter& painter) const
{
    for (std::size_t layer = 0; layer < layers(); ++layer) {
        const bool here = hasFocus() && layer == m_at.layer;
        painter.setFont(m_theme.ui(kTickPixels, here ? QFont::DemiBold : QFont::Normal));
        painter.setPen(here ? m_theme.accent : m_theme.text2);
        painter.drawText(layerHeader(layer).adjusted(0, 0, -m_theme.px(6), 0), Qt::AlignRight | Qt::AlignVCenter,
                         u"L%1"_s.arg(layer));
    }
    for (std::size_t head = 0; head < heads(); ++head) {
        const bool here = hasFocus() && head == m_at.head;
        painter.setFont(m_theme.ui(kTickPixels, here ? QFont::DemiBold : QFont::Normal));
        painter.setPen(here ? m_theme.accent : m_theme.text2);
        painter.drawText(headHeader(head), Qt::AlignCenter, QString::number(head));
    }
}

void PlanGrid::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    drawHeaders(painter);
    painter.setFont(m_theme.ui(kTickPixels, QFont::DemiBold));
    for (std::size_t layer = 0; layer < layers(); ++layer) {
        for (std::size_t head = 0; head < heads(); ++head) {
            const QRectF cell = cellRect(layer, head).adjusted(1.5, 1.5, -1.5, -1.5);
            const auto choice = m_table.at(m_stack, layer, head);
            painter.setPen(QPen(choice ? Qt::transparent : m_theme.line2, 1));
            painter.setBrush(choice ? colourOf(*choice, m_theme) : m_theme.chip);
            painter.drawRoundedRect(cell, 3, 3);
            if (!choice)
                continue;
            painter.setPen(m_theme.panel);
            painter.drawText(cell, Qt::AlignCenter, QString::number(*choice + 1));
        }
    }
    if (!hasFocus() || layers() == 0)
        return;
    painter.setPen(QPen(m_theme.accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(cellRect(m_at.layer, m_at.head), 3, 3);
}

}  // namespace ketscope
