// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/views/figure_pane.h"
#include "ui/views/perspective.h"

namespace ketscope {

// A perspective made of figure panes: what is copied and exported is the pane with the focus, else the first one made.
class PanePage : public Perspective {
    Q_OBJECT

public:
    PanePage(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    QString figureId() const override { return currentPane().figureId(); }
    void copyImage() const override { currentPane().copyImage(); }
    void copyValues() const override { currentPane().copyTable(); }
    void takeFocus() override { currentPane().setFocus(); }

    FigurePane& currentPane() const;

protected:
    FigurePane* addPane(const char* figureId, QWidget* parent);
    void addPane(FigurePane* pane);
    // Sizes and places that depend on the page's width and the size of text; called whenever one of them changes.
    virtual void arrange() {}
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

    StudyController& controller() const { return m_controller; }
    Appearance& appearance() const { return m_appearance; }

private:
    StudyController& m_controller;
    Appearance& m_appearance;
    std::vector<FigurePane*> m_panes;
};

}  // namespace ketscope
