// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/live_figure.h"

#include "ui/controls/table_access.h"
#include "ui/views/figure_frame.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

namespace ketscope {

LiveFigure::LiveFigure(const QString& title, Appearance& appearance, QWidget* parent)
    : QWidget(parent), m_appearance(appearance)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(title);
    exposeAsTable(*this, {[this] { return m_figure ? m_figure->table() : Table(); },
                          [this] { return m_figure ? QString() : m_reason; }});
    connect(&appearance, &Appearance::changed, this, qOverload<>(&QWidget::update));
}

void LiveFigure::show(std::shared_ptr<const Figure> figure, const QString& reason)
{
    m_figure = std::move(figure);
    m_reason = reason;
    setAccessibleDescription(m_figure ? m_figure->description() : m_reason);
    tableChanged(*this);
    update();
}

QSize LiveFigure::minimumSizeHint() const
{
    const Theme& theme = m_appearance.theme();
    return {qRound(theme.px(260)), qRound(theme.px(200))};
}

void LiveFigure::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme& theme = m_appearance.theme();
    painter.fillRect(rect(), theme.panel);
    if (m_figure) {
        m_figure->paint(painter, figureArea(*this, theme), theme);
    } else {
        painter.setFont(theme.ui(kLabelPixels));
        painter.setPen(theme.text2);
        painter.drawText(figureArea(*this, theme), Qt::AlignCenter | Qt::TextWordWrap, m_reason);
    }
    paintFigureFrame(painter, *this, false, theme);
}

void LiveFigure::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_figure)
        return;
    const Theme& theme = m_appearance.theme();
    const Hit hit = m_figure->hit(event->position(), figureArea(*this, theme), theme);
    if (hit.sentence.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(event->globalPosition().toPoint() + QPoint(12, 12), hit.sentence, this);
}

void LiveFigure::keyPressEvent(QKeyEvent* event)
{
    if (m_figure && event->matches(QKeySequence::Copy))
        copyAsText(m_figure->table());
    else
        QWidget::keyPressEvent(event);
}

}  // namespace ketscope
