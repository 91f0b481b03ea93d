// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/model.h"
#include "ui/controls/controls.h"
#include "ui/plan_text.h"

#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

namespace ketscope {

// Stack, layers and heads for one mechanism, as index lists: "4-5, 7"; empty means all.
class PlanDialog : public QDialog {
    Q_OBJECT

public:
    PlanDialog(const ModelInfo& model, const PlanEntry& entry, QWidget* parent = nullptr);

    Scope scope() const;  // of what is entered, which must be valid
    QString problem() const;

private:
    void check();
    const StackInfo& stack() const;

    std::vector<StackInfo> m_stacks;
    ChoiceBox* m_stack;
    QLineEdit* m_layers;
    QLineEdit* m_heads;
    QLabel* m_problem;
    QPushButton* m_apply;
};

}  // namespace ketscope
