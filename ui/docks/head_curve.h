// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/sweep.h"
#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/study_controller.h"
#include "ui/views/figure_pane.h"

#include <QTimer>

namespace ketscope {

// How a number of the selected head follows from one parameter of the edited entry. Computed when nothing else is going
// on, dropped as soon as anything changes that it depends on. A click on a point sets the parameter.
class HeadCurve : public Section {
    Q_OBJECT

public:
    FigurePane& curve() const { return *m_pane; }
    bool isComputing() const { return m_job.isRunning(); }

signals:
    void computed();
    void exportWanted(const QString& figureId, const ComparisonPointer& comparison);

protected:
    using SweepPointer = std::shared_ptr<const Sweep>;

    HeadCurve(const QString& title, const char* figureId, StudyController& controller, Appearance& appearance,
              QWidget* parent);

    // What is to be varied; empty = nothing.
    virtual std::string varied() const = 0;
    // What is known without computing; null = nothing.
    virtual SweepPointer known() const { return nullptr; }
    virtual std::string measure() const { return "standard_error"; }
    // Something of this changed: what else the section shows follows.
    virtual void refresh() = 0;

    virtual void reconsider();
    void connectFailure(QLabel& note);  // says there why nothing could be computed
    const StudyController& controller() const { return m_controller; }
    bool hasCurve() const { return m_known || m_sweep; }
    void showEvent(QShowEvent* event) override;

private:
    ComparisonPointer shown(const SweepPointer& sweep) const;
    void compute();
    std::optional<SweepRequest> request(const std::string& parameter) const;
    bool holds(const SweepPointer& sweep, const std::string& parameter) const;
    const SweepPointer& sweep() const { return m_known ? m_known : m_sweep; }
    void refreshAll();
    void setFromRow(std::size_t row);

    StudyController& m_controller;
    SweepPointer m_sweep, m_known;
    FigurePane* m_pane;
    QTimer m_idle;
    Job m_job;
};

}  // namespace ketscope
