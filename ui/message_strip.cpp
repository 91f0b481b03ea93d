// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/message_strip.h"

#include "ui/controls/controls.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>

namespace ketscope {

using namespace Qt::StringLiterals;

MessageStrip::MessageStrip(Kind kind, QWidget* parent)
    : QFrame(parent), m_kind(kind), m_text(new QLabel(this)), m_remedy(makeLink({}, this))
{
    setObjectName(kind == Kind::Error ? u"errorStrip"_s : u"noticeStrip"_s);
    setProperty("role", kind == Kind::Error ? u"error"_s : u"notice"_s);
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(14, 5, 8, 5);
    row->addWidget(new QLabel(kind == Kind::Error ? u"✕"_s : u"!"_s, this));
    row->addWidget(m_text, 1);
    m_remedy->setObjectName(u"stripRemedy"_s);
    connect(m_remedy, &QPushButton::clicked, this, &MessageStrip::remedyWanted);
    row->addWidget(m_remedy);
    if (kind == Kind::Error) {
        auto* copy = makeLink(tr("Copy details"), this);
        connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(m_text->text()); });
        row->addWidget(copy);
    }
    auto* close = makeLink(tr("Close"), this);
    close->setObjectName(u"closeStrip"_s);
    connect(close, &QPushButton::clicked, this, &QWidget::hide);
    row->addWidget(close);
    hide();
}

void MessageStrip::say(const QString& text, const QString& remedy)
{
    m_text->setText(text);
    m_remedy->setText(remedy);
    m_remedy->setVisible(!remedy.isEmpty());
    setVisible(!text.isEmpty());
    if (text.isEmpty() || m_kind != Kind::Error)
        return;
    QAccessibleEvent alert(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
}

}  // namespace ketscope
