// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/popover.h"

#include "ui/appearance.h"
#include "ui/controls/controls.h"

#include <QKeyEvent>
#include <QScreen>
#include <QScrollBar>
#include <QVBoxLayout>

namespace ketscope {

namespace {

constexpr int kBorder = 2;  // of the frame and its rounding

}  // namespace

Popover::Popover(QWidget* content, Appearance& appearance, QWidget* parent)
    : QFrame(parent, Qt::Popup), m_content(content), m_appearance(appearance)
{
    setProperty("role", QStringLiteral("popover"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    QScrollArea* area = makeScrollArea(content, this);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    column->addWidget(area);
}

void Popover::openBelow(const QWidget& control)
{
    const int gap = qRound(m_appearance.theme().px(4));
    const QRect screen = control.screen()->availableGeometry();
    const QSize border(2 * kBorder, 2 * kBorder);
    const QSize wanted = m_content->sizeHint() + border;
    const int width = std::min(wanted.width(), screen.width() - 2 * gap);
    const int needed = m_content->hasHeightForWidth()
                           ? m_content->heightForWidth(width - border.width()) + border.height()
                           : wanted.height();
    const QPoint below = control.mapToGlobal(QPoint(control.width() - width, control.height() + gap));
    const int left = std::clamp(below.x(), screen.left() + gap, std::max(screen.left() + gap, screen.right() - width));
    setGeometry(left, below.y(), width, std::min(needed, std::max(120, screen.bottom() - below.y() - gap)));
    show();
    m_content->setFocus();
}

void Popover::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        close();
    else
        QFrame::keyPressEvent(event);
}

}  // namespace ketscope
