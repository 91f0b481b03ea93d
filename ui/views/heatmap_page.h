// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/views/figure_view.h"
#include "ui/views/perspective.h"

#include <QScrollArea>
#include <QSplitter>

namespace ketscope {

// The centre of the window: the maps of the selected head, its row chart and its metrics.
class HeatmapPage : public Perspective {
    Q_OBJECT

public:
    HeatmapPage(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    QString figureId() const override { return QStringLiteral("heatmap"); }
    void copyImage() const override { m_figure->copyImage(); }
    void copyValues() const override { m_figure->copyMatrix(); }
    void takeFocus() override { m_figure->setFocus(); }
    void clearHover() override { m_figure->clearHover(); }

    FigureView& figureView() const { return *m_figure; }
    void toggleRangeLock() { m_lock->toggle(); }

protected:
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void arrange();
    QWidget* makeHeader();
    void refreshHeader();
    void refreshControls();

    StudyController& m_controller;
    Appearance& m_appearance;
    QLabel* m_title = nullptr;
    QLabel* m_note = nullptr;
    QBoxLayout* m_header = nullptr;
    QBoxLayout* m_controls = nullptr;
    QScrollArea* m_scroll = nullptr;
    QSplitter* m_split = nullptr;
    QSplitter* m_below = nullptr;
    bool m_arrangedByHand = false;
    ChoiceBox* m_scale = nullptr;
    ChoiceBox* m_colourMap = nullptr;
    TickBox* m_lock = nullptr;
    TickBox* m_difference = nullptr;
    FigureView* m_figure;
};

}  // namespace ketscope
