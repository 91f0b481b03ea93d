// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/controls/popover.h"
#include "ui/study_controller.h"

#include <QDoubleSpinBox>
#include <QRadioButton>
#include <QSpinBox>

namespace ketscope {

// Which weights the heatmap shows: by size, the largest of a line, a share of its mass, special tokens.
class FilterPanel : public QWidget {
    Q_OBJECT

public:
    FilterPanel(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void addChoice(MapFilter::Kind kind, const QString& title, QAbstractSpinBox* number, QLabel* after);
    void nameForSearch();
    QAbstractButton* button(MapFilter::Kind kind) const { return m_kinds.button(static_cast<int>(kind)); }
    void connectAll();
    void change(const std::function<void(MapFilter&)>& edit);
    void refresh();

    StudyController& m_controller;
    QVBoxLayout* m_column;
    QButtonGroup m_kinds;
    QDoubleSpinBox* m_least;
    QSpinBox* m_largest;
    QSpinBox* m_mass;
    QLabel* m_ofWhat;
    QLabel* m_massOf;
    TickBox* m_hideSpecial;
    TickBox* m_renormalise;
    QPushButton* m_all;
};

// Opens the panel; says whether something is filtered.
class FilterButton : public MenuButton {
    Q_OBJECT

public:
    FilterButton(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    Popover& popover() const { return *m_popover; }

private:
    void refresh();

    StudyController& m_controller;
    Popover* m_popover;
};

}  // namespace ketscope
