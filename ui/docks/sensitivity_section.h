// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/sweep.h"
#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/study_controller.h"
#include "ui/views/figure_pane.h"

#include <QTimer>

namespace ketscope {

// How one measure of the selected head depends on one parameter of the edited entry, and of sampled mechanisms how
// standard errors fall: with the stages of the run itself, where it was run in stages of its repeats, else of a sweep.
// Computed when nothing else is going on, dropped as soon as anything changes that it depends on.
// A click on a point sets the parameter.
class SensitivitySection : public Section {
    Q_OBJECT

public:
    SensitivitySection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    FigurePane& curve() const { return *m_curve; }
    FigurePane& convergence() const { return *m_convergence; }
    ChoiceBox& measure() const { return *m_measure; }
    ChoiceBox& parameter() const { return *m_parameter; }
    bool isComputing() const { return m_job.isRunning(); }

signals:
    void computed();
    void exportWanted(const QString& figureId, const ComparisonPointer& comparison);

protected:
    void showEvent(QShowEvent* event) override;

private:
    using SweepPointer = std::shared_ptr<const Sweep>;

    FigurePane* addPane(const char* figureId, const std::function<SweepPointer()>& sweep);
    ComparisonPointer shown(const SweepPointer& sweep) const;
    void offer();
    void reconsider();
    void compute();
    void refresh();
    std::optional<SweepRequest> request(const std::string& parameter) const;
    std::string convergenceParameter() const;
    bool holds(const SweepPointer& sweep, const std::string& parameter) const;
    const SweepPointer& errors() const { return m_stages ? m_stages : m_errors; }
    void setFromRow(const SweepPointer& sweep, std::size_t row);

    StudyController& m_controller;
    Appearance& m_appearance;
    ChoiceBox* m_measure;
    ChoiceBox* m_parameter;
    std::vector<std::pair<QString, QString>> m_offered;  // titles and ids of the parameters in it
    QLabel* m_note;
    SweepPointer m_sweep;   // over the chosen parameter
    SweepPointer m_errors;  // over repeats or shots; null = nothing is sampled
    SweepPointer m_stages;  // of the run, over its repeats; null = it was not run in stages
    FigurePane* m_curve;
    FigurePane* m_convergence;
    QTimer m_idle;
    Job m_job;
};

}  // namespace ketscope
