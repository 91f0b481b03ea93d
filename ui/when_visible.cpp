// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/when_visible.h"

#include <QEvent>

namespace ketscope {

WhenVisible::WhenVisible(QWidget& widget, std::function<void()> work)
    : QObject(&widget), m_widget(widget), m_work(std::move(work))
{
    widget.installEventFilter(this);
}

void WhenVisible::request()
{
    m_waiting = !m_widget.isVisible();
    if (!m_waiting)
        m_work();
}

bool WhenVisible::eventFilter(QObject* watched, QEvent* event)
{
    if (m_waiting && event->type() == QEvent::Show) {
        m_waiting = false;
        m_work();
    }
    return QObject::eventFilter(watched, event);
}

}  // namespace ketscope
