// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/controls/page_header.h"
#include "ui/controls/view_boxes.h"
#include "ui/views/pane_page.h"

#include <QSplitter>
#include <QStackedWidget>

namespace ketscope {

// Entropy and distance: every head of the stack in one number, the selected head's entropy by token and its attention
// by distance, and the heads that change most.
class EntropyPage : public PanePage {
    Q_OBJECT

public:
    EntropyPage(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    QString explanation() const override;
    std::vector<QWidget*> makeLeftSections() override;

private:
    QWidget* makeHeader();
    void arrange() override;
    void refreshControls();
    QString explainGrid() const;  // of patches; empty where there are none

    PageHeader* m_header = nullptr;
    ChoiceBox* m_measure = nullptr;
    Segment* m_curve = nullptr;
    Segment* m_distance = nullptr;  // of patches
    QStackedWidget* m_distances = nullptr;
    QScrollArea* m_scroll = nullptr;
    QSplitter* m_split = nullptr;
    QSplitter* m_above = nullptr;
    QSplitter* m_below = nullptr;
    FigurePane* m_matrix = nullptr;
    bool m_arrangedByHand = false;
};

}  // namespace ketscope
