// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/study_controller.h"

namespace ketscope {

// Everything that takeBack() brings back.
struct StudyController::Aside {
    Study study;
    std::shared_ptr<const LoadedModel> model;
    ComparisonPointer comparison;
    bool part = false;
    std::optional<Readings> readings;
    std::shared_ptr<const WholeReadings> whole;
    std::size_t candidate = 0;
    std::size_t entry = 0;
    double lastRunMs = 0.0;
    int gesture = 1;
    bool runsAgain = false;  // it was not up to date because a run was on its way
    std::shared_ptr<const WorkPart> stagedWork;
    Failure failure;
    QString recordedFile;
    std::shared_ptr<const Sweep> sweep;
    QString sweepFile;
    std::unique_ptr<QUndoStack> undo;
};

StudyController::~StudyController() = default;

const Study& StudyController::ownStudy() const { return m_aside ? m_aside->study : m_study; }

void StudyController::useUndo(std::unique_ptr<QUndoStack> stack)
{
    m_undoGroup.addStack(stack.get());
    m_undoGroup.setActiveStack(stack.get());
    m_undo = std::move(stack);
}

void StudyController::setAside()
{
    if (m_aside)
        return;
    const auto aside = std::make_shared<Aside>();
    aside->runsAgain = (m_runJob.isRunning() || m_head) && !m_opening;
    for (Job* job : {&m_runJob, &m_readJob, &m_sweepJob})
        job->cancel();
    m_rest.stop();
    m_partPause.stop();
    m_nextPart.reset();
    aside->study = m_study;
    aside->model = m_model;
    aside->comparison = m_comparison;
    aside->part = m_part;
    aside->readings = m_readings;
    aside->whole = m_whole;
    aside->candidate = m_candidate;
    aside->entry = m_entry;
    aside->lastRunMs = m_lastRunMs;
    aside->gesture = m_gesture;
    aside->stagedWork = m_stagedWork;
    aside->failure = m_failure;
    aside->recordedFile = m_recordedFile;
    aside->sweep = m_sweep;
    aside->sweepFile = m_sweepFile;
    aside->undo = std::move(m_undo);
    useUndo(std::make_unique<QUndoStack>());
    forgetSteps();
    m_head.reset();
    m_dragging = false;
    m_aside = aside;
}

void StudyController::takeBack()
{
    if (!m_aside)
        return;
    for (Job* job : {&m_runJob, &m_readJob, &m_sweepJob})
        job->cancel();
    m_rest.stop();
    m_partPause.stop();
    m_nextPart.reset();
    m_dragging = m_opening = m_runAgain = false;
    Aside& aside = *m_aside;
    m_study = aside.study;
    m_model = aside.model;
    m_comparison = aside.comparison;
    m_part = aside.part;
    m_readings = aside.readings;
    m_whole = aside.whole;
    m_candidate = aside.candidate;
    m_entry = aside.entry;
    m_lastRunMs = aside.lastRunMs;
    m_gesture = aside.gesture;
    m_stagedWork = aside.stagedWork;
    m_failure = aside.failure;
    m_recordedFile = aside.recordedFile;
    m_sweep = aside.sweep;
    m_sweepFile = aside.sweepFile;
    m_wanted.reset();
    useUndo(std::move(aside.undo));
    m_shown.reset();
    m_head.reset();
    refreshShown();
    const bool runs = aside.runsAgain;
    tellAll();
    m_aside.reset();
    if (m_comparison)
        readOff();
    if (runs)
        run();
    emit studyChanged();  // again, for those that hold still while something is set aside
    emit comparisonChanged();
}

// Everything is another.
void StudyController::tellAll()
{
    for (const auto signal :
         {&StudyController::modelChanged, &StudyController::studyChanged, &StudyController::viewChanged,
          &StudyController::comparisonChanged, &StudyController::selectionChanged, &StudyController::readingsChanged,
          &StudyController::sweepChanged, &StudyController::perspectiveChanged, &StudyController::stateChanged})
        emit(this->*signal)();
}

}  // namespace ketscope
