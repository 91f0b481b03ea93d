// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/controls/parameter_slider.h"
#include "ui/study_controller.h"

#include <QLineEdit>

namespace ketscope {

// The controls of one parameter, made from its definition.
class ParameterRow : public QWidget {
    Q_OBJECT

public:
    ParameterRow(const Parameter& parameter, StudyController& controller, Appearance& appearance,
                 QWidget* parent = nullptr);

    const Parameter& parameter() const { return m_parameter; }
    // `model` is null before one is open.
    void refresh(const PlanEntry& entry, const ModelInfo* model);

private:
    void buildNumber(Appearance& appearance);
    void buildChoice();
    void buildFlag();
    void set(double value, StudyController::Pace pace = StudyController::Pace::Settled);
    void commitText();
    void refreshNote(const PlanEntry& entry, const ModelInfo* model);
    void showProblem(const QString& problem);  // empty = none
    void reset() { set(m_parameter.initial); }

    const Parameter& m_parameter;
    StudyController& m_controller;
    QVBoxLayout* m_column;
    ParameterSlider* m_slider = nullptr;
    QLineEdit* m_field = nullptr;
    Segment* m_segment = nullptr;
    ChoiceBox* m_box = nullptr;
    TickBox* m_tick = nullptr;
    QLabel* m_problem = nullptr;
    QLabel* m_note = nullptr;  // what is wrong with a choice that reproduces published code, or why it has no effect
};

// Every parameter of B's mechanism that has a meaning with the others as they are, the seed, and when to run.
class ParameterSection : public Section {
    Q_OBJECT

public:
    ParameterSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    const std::vector<ParameterRow*>& rows() const { return m_rows; }
    void newSeed();

private:
    void rebuild();
    void addHeading(const std::string& group);
    void refresh();
    void refreshHeadings();
    void refreshLive();
    QWidget* makeSeedRow();

    StudyController& m_controller;
    Appearance& m_appearance;
    const Mechanism* m_mechanism = nullptr;
    QVBoxLayout* m_list;
    std::vector<ParameterRow*> m_rows;
    std::map<std::string, QLabel*> m_headings;  // of each group
    QLabel* m_none;
    QLineEdit* m_seed = nullptr;  // made by makeSeedRow, which initialises the next one
    QWidget* m_seedRow;
    TickBox* m_live;
    QPushButton* m_reset;
};

}  // namespace ketscope
