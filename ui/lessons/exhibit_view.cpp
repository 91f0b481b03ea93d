// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/lessons/exhibit_view.h"

#include "ui/controls/table_access.h"
#include "ui/views/figure_frame.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kChosen = 9.0;
constexpr double kSqueezed = 0.75;  // of the height that suits it
constexpr int kFast = 10;           // steps with Shift

}  // namespace

ExhibitView::ExhibitView(Appearance& appearance, QWidget* parent) : QWidget(parent), m_appearance(appearance)
{
    setObjectName(u"exhibit"_s);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Exhibit"));
    exposeAsTable(*this, {[this] { return m_figure ? m_figure->table() : Table(); }, [] { return QString(); }});
    connect(&appearance, &Appearance::changed, this, qOverload<>(&QWidget::update));
}

void ExhibitView::show(const ExhibitType& type, const ExhibitState& state)
{
    if (m_figure && &m_figure->type() != &type)
        m_chosen = 0;
    m_figure = std::make_unique<ExhibitFigure>(type, state);
    setAccessibleDescription(m_figure->description());
    tableChanged(*this);
    update();
}

QRectF ExhibitView::area() const { return figureArea(*this, m_appearance.theme()); }

QPointF ExhibitView::placeOf(const ExhibitGrip& grip) const
{
    return m_figure->placeOf(grip, area(), m_appearance.theme());
}

QSize ExhibitView::minimumSizeHint() const
{
    const Theme& theme = m_appearance.theme();
    const double width = std::max(1, this->width());
    return {qRound(theme.px(300)),
            m_figure ? qRound(m_figure->heightFor(width, theme) * kSqueezed) : qRound(theme.px(300))};
}

void ExhibitView::resizeEvent(QResizeEvent*) { updateGeometry(); }

void ExhibitView::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme& theme = m_appearance.theme();
    painter.fillRect(rect(), theme.panel);
    if (!m_figure)
        return;
    m_figure->paint(painter, area(), theme);
    if (hasFocus() && m_chosen < m_figure->grips().size()) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(theme.accent, 2.0));
        painter.setBrush(Qt::NoBrush);
        const double radius = theme.px(kChosen);
        painter.drawEllipse(placeOf(m_figure->grips()[m_chosen]), radius, radius);
    }
    paintFigureFrame(painter, *this, false, theme);
}

void ExhibitView::mousePressEvent(QMouseEvent* event)
{
    if (!m_figure || event->button() != Qt::LeftButton)
        return;
    const auto grip = m_figure->gripAt(event->position(), area(), m_appearance.theme());
    m_dragging = grip.has_value();
    if (grip)
        m_chosen = static_cast<std::size_t>(std::ranges::find(m_figure->grips(), *grip) - m_figure->grips().begin());
    update();
}

void ExhibitView::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_figure)
        return;
    const Theme& theme = m_appearance.theme();
    if (m_dragging)
        emit moved(m_figure->dragged(m_figure->grips().at(m_chosen), event->position(), area(), theme));
    const bool above = m_dragging || m_figure->gripAt(event->position(), area(), theme);
    setCursor(m_dragging ? Qt::ClosedHandCursor : above ? Qt::OpenHandCursor : Qt::ArrowCursor);
}

void ExhibitView::mouseReleaseEvent(QMouseEvent*) { m_dragging = false; }

void ExhibitView::choose(int by)
{
    const auto count = static_cast<int>(m_figure->grips().size());
    if (count > 0)
        m_chosen = static_cast<std::size_t>((static_cast<int>(m_chosen) + by + count) % count);
    update();
}

void ExhibitView::keyPressEvent(QKeyEvent* event)
{
    if (!m_figure || m_chosen >= m_figure->grips().size())
        return QWidget::keyPressEvent(event);
    const int step = event->modifiers().testFlag(Qt::ShiftModifier) ? kFast : 1;
    const auto nudge = [&](int right, int up) { emit moved(m_figure->nudged(m_figure->grips()[m_chosen], right, up)); };
    switch (event->key()) {
    case Qt::Key_Left: return nudge(-step, 0);
    case Qt::Key_Right: return nudge(step, 0);
    case Qt::Key_Up: return nudge(0, step);
    case Qt::Key_Down: return nudge(0, -step);
    case Qt::Key_PageDown: return choose(1);
    case Qt::Key_PageUp: return choose(-1);
    default: QWidget::keyPressEvent(event);
    }
}

}  // namespace ketscope
