// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/alignment_pane.h"

#include "ui/alignment_choice.h"

#include <QKeyEvent>
#include <QMouseEvent>

namespace ketscope {

AlignmentPane::AlignmentPane(const char* figureId, Arrows arrows, StudyController& controller, Appearance& appearance,
                             QWidget* parent)
    : FigurePane(QString::fromLatin1(figureId), controller, appearance, parent), m_controller(controller),
      m_appearance(appearance), m_arrows(arrows)
{
}

Hit AlignmentPane::hitAt(const QMouseEvent& event) const
{
    return figure() == nullptr ? Hit() : figure()->hit(event.position(), area(), m_appearance.theme());
}

void AlignmentPane::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const Hit hit = hitAt(*event);
    m_first = m_last = hit.patch;
    if (hit.token)
        chooseToken(m_controller, *hit.token, event->modifiers().testFlag(Qt::ShiftModifier));
    else if (hit.patch)
        chooseRegion(m_controller, *hit.patch, *hit.patch);
}

void AlignmentPane::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_first || !event->buttons().testFlag(Qt::LeftButton))
        return FigurePane::mouseMoveEvent(event);
    const Hit hit = hitAt(*event);
    if (!hit.patch || hit.patch == m_last)
        return;
    m_last = hit.patch;
    chooseRegion(m_controller, *m_first, *m_last);
}

Pointed AlignmentPane::pointedAt(const Hit& hit) const { return pointedOf(m_controller, hit); }

void AlignmentPane::mouseReleaseEvent(QMouseEvent*) { m_first.reset(); }

void AlignmentPane::keyPressEvent(QKeyEvent* event)
{
    const int key = event->key();
    const bool arrow = key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Up || key == Qt::Key_Down;
    const bool held = event->modifiers().testFlag(Qt::AltModifier) || event->modifiers().testFlag(Qt::ControlModifier);
    if (!arrow || held)
        return FigurePane::keyPressEvent(event);
    const int rows = key == Qt::Key_Up ? -1 : key == Qt::Key_Down ? 1 : 0;
    const int columns = key == Qt::Key_Left ? -1 : key == Qt::Key_Right ? 1 : 0;
    if (m_arrows == Arrows::MoveToken)
        moveToken(m_controller, rows + columns);
    else if (event->modifiers().testFlag(Qt::ShiftModifier))
        growRegion(m_controller, rows, columns);
    else
        movePatch(m_controller, rows, columns);
}

}  // namespace ketscope
