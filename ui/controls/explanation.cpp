// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/explanation.h"

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/controls/popover.h"

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kWidth = 470.0;

}  // namespace

ExplanationButton::ExplanationButton(std::function<QString()> text, Appearance& appearance, QWidget* parent)
    : QPushButton(u"?"_s, parent), m_text(std::move(text)), m_appearance(appearance)
{
    setObjectName(u"explain"_s);
    setProperty("role", u"explain"_s);
    setAccessibleName(tr("What am I looking at?"));
    setToolTip(tr("What am I looking at? F1"));
    connect(this, &QPushButton::clicked, this, &ExplanationButton::explain);
}

void ExplanationButton::explain()
{
    auto* label = makeLabel({}, "value", nullptr);
    label->setObjectName(u"explanation"_s);
    label->setTextFormat(Qt::RichText);
    label->setText(m_text());
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    label->setMargin(qRound(m_appearance.theme().px(14)));
    label->setMinimumWidth(qRound(m_appearance.theme().px(kWidth)));
    auto* popover = new Popover(label, m_appearance, this);
    popover->setAttribute(Qt::WA_DeleteOnClose);
    popover->openBelow(*this);
}

}  // namespace ketscope
