// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/plan_table.h"
#include "core/study/selection.h"
#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/controls/plan_grid.h"

#include <QDialog>
#include <QLineEdit>
#include <QListWidget>

namespace ketscope {

// Which heads of a model use which mechanism: a table to paint in, a list of the mechanisms to paint with, and the same as
// text, each following the other.
class PlanDialog : public QDialog {
    Q_OBJECT

public:
    // `trace`: whose plan it is, for its letter.
    PlanDialog(const ModelInfo& model, const Plan& plan, std::size_t trace, const Selection& selection,
               Appearance& appearance, QWidget* parent = nullptr);

    const Plan& plan() const { return m_plan; }  // as entered, which must be valid
    QString problem() const { return m_problem->text(); }
    PlanGrid& grid() const { return *m_grid; }

private:
    QWidget* makeChoices();
    QWidget* makeTable();
    QLayout* makeQuickChoices();
    QLayout* makeText();
    void addQuick(QLayout& row, const QString& title, const std::function<bool(std::size_t, std::size_t)>& wants);
    std::size_t brush() const;
    void refreshChoices();
    void chooseBrush(int row);
    void addChoice(const Mechanism& mechanism);
    void removeChoice();
    void paintedTable();  // text follows the table
    void readText();      // the table follows the text
    void check();

    ModelInfo m_model;
    Appearance& m_appearance;
    Selection m_selection;
    Plan m_plan;
    PlanTable m_table;
    std::size_t m_stack;
    ChoiceBox* m_stacks = nullptr;
    QListWidget* m_choices = nullptr;
    MenuButton* m_add = nullptr;
    QPushButton* m_remove = nullptr;
    PlanGrid* m_grid = nullptr;
    QLineEdit* m_text = nullptr;
    QLabel* m_problem = nullptr;
    QLabel* m_count = nullptr;
    QPushButton* m_apply = nullptr;
};

}  // namespace ketscope
