// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/controls/page_header.h"
#include "ui/views/pane_page.h"

#include <QSplitter>

namespace ketscope {

// What the model says and how that changes: its answers, the change in numbers, the hidden states on the way there, and
// for causal models how well every token is foreseen.
class OutputsPage : public PanePage {
    Q_OBJECT

public:
    OutputsPage(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    QString obstacle() const override;
    QString explanation() const override;

private:
    PageHeader* m_header = nullptr;
    QWidget* makeHeader();
    void connectHeader();
    void refresh();
    void arrange() override;

    ChoiceBox* m_rows = nullptr;
    Segment* m_place = nullptr;
    Segment* m_measure = nullptr;
    QLabel* m_none;
    QSplitter* m_answers;
    QSplitter* m_hidden;
    FigurePane* m_outputs;
    FigurePane* m_change;
    FigurePane* m_loss;
    std::vector<QWidget*> m_hiddenPanes;
};

}  // namespace ketscope
