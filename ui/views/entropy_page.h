// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/study_controller.h"
#include "ui/views/figure_pane.h"

#include <QSplitter>

namespace ketscope {

// Entropy and distance: every head of the stack in one number, the selected head's entropy by token and its attention by
// distance, and the heads that change most.
class EntropyPage : public QWidget {
    Q_OBJECT

public:
    EntropyPage(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    // The one with the focus, else the matrix.
    FigurePane& currentPane() const;

signals:
    void exportWanted(const QString& figureId);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeHeader();
    FigurePane* pane(const char* figureId, QWidget* parent);
    void arrange();
    void refreshControls();

    StudyController& m_controller;
    Appearance& m_appearance;
    ChoiceBox* m_measure = nullptr;
    ChoiceBox* m_colourMap = nullptr;
    Segment* m_curve = nullptr;
    ElidedLabel* m_note = nullptr;
    QSplitter* m_above = nullptr;
    QSplitter* m_below = nullptr;
    FigurePane* m_matrix = nullptr;
};

}  // namespace ketscope
