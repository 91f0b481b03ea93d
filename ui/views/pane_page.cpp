// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/pane_page.h"

namespace ketscope {

using namespace Qt::StringLiterals;

PanePage::PanePage(StudyController& controller, Appearance& appearance, QWidget* parent)
    : Perspective(parent), m_controller(controller), m_appearance(appearance)
{
    setProperty("ground", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    connect(&appearance, &Appearance::changed, this, [this] { arrange(); });
}

void PanePage::resizeEvent(QResizeEvent* event)
{
    Perspective::resizeEvent(event);
    arrange();
}

// What was waiting to be seen is there now and has its height.
void PanePage::showEvent(QShowEvent* event)
{
    Perspective::showEvent(event);
    arrange();
}

FigurePane* PanePage::addPane(const char* figureId, QWidget* parent)
{
    auto* made = new FigurePane(QString::fromLatin1(figureId), m_controller, m_appearance, parent);
    addPane(made);
    return made;
}

void PanePage::addPane(FigurePane* pane)
{
    connect(pane, &FigurePane::exportWanted, this, &PanePage::exportWanted);
    m_panes.push_back(pane);
}

FigurePane& PanePage::currentPane() const
{
    for (FigurePane* each : m_panes)
        if (each->hasFocus())
            return *each;
    for (FigurePane* each : m_panes)
        if (!each->isHidden())
            return *each;
    return *m_panes.front();
}

}  // namespace ketscope
