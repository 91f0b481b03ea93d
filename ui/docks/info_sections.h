// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/kept_grid.h"
#include "ui/study_controller.h"

namespace ketscope {

// Which mechanism a trace uses, and what it is. A can be looked at; candidates can be changed.
class MechanismSection : public Section {
    Q_OBJECT

public:
    MechanismSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void refresh();
    void refreshTraces();

    StudyController& m_controller;
    Segment* m_traces = nullptr;
    int m_count = 0;          // of the traces there
    std::size_t m_shown = 0;  // the candidate that was current when A was chosen
    bool m_baseline = false;  // A is looked at
    ChoiceBox* m_choice;
    QLabel* m_formula;
    QLabel* m_summary;
};

// The selected cell's values to six digits.
class CellSection : public Section {
    Q_OBJECT

public:
    CellSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void refresh();
    void addPlace(const Comparison& comparison);
    void addValues(const Comparison& comparison);

    StudyController& m_controller;
    Appearance& m_appearance;
    KeptGrid* m_list;
};

// What the mechanism of the selected head knows beside its weights: shots used, leaked mass, Schmidt values …
class DiagnosticsSection : public Section {
    Q_OBJECT

public:
    DiagnosticsSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void refresh();

    StudyController& m_controller;
    KeptGrid* m_list;
};

// Time and arithmetic of every trace.
class CostSection : public Section {
    Q_OBJECT

public:
    CostSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void refresh();
    void addCosts(const Comparison& comparison, const std::vector<double>& flops);

    StudyController& m_controller;
    KeptGrid* m_list;
};

}  // namespace ketscope
