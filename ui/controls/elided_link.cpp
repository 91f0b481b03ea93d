// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/elided_link.h"

#include <QStyleOptionButton>
#include <QStylePainter>

namespace ketscope {

using namespace Qt::StringLiterals;

ElidedLink::ElidedLink(QWidget* parent) : QPushButton(parent)
{
    setProperty("role", u"link"_s);
    setCursor(Qt::PointingHandCursor);
    setStyleSheet(u"text-align: left"_s);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

QString ElidedLink::shown() const
{
    constexpr int kEdges = 8;  // padding, and the frame of the focus
    return fontMetrics().elidedText(text(), Qt::ElideMiddle, width() - kEdges);
}

void ElidedLink::paintEvent(QPaintEvent*)
{
    QStyleOptionButton option;
    initStyleOption(&option);
    option.text = shown();
    QStylePainter(this).drawControl(QStyle::CE_PushButton, option);
}

}  // namespace ketscope
