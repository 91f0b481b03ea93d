// SPDX-License-Identifier: GPL-3.0-or-later
// A run that takes long: what is finished of it is shown, kept when it is cancelled, and gone on with.
#include "core/study/output_errors.h"
#include "core/study/repeat_record.h"
#include "ui/study_controller.h"

#include <algorithm>

namespace ketscope {

bool StudyController::isPart() const
{
    if (!m_part || !m_comparison || isUpToDate())
        return false;
    const Study asked = askedStudy(*m_comparison);
    const auto& all = m_study.candidates;
    return asked.modelPath == m_study.modelPath && asked.input == m_study.input && asked.seed == m_study.seed
           && asked.keptLayers == m_study.keptLayers && asked.candidates.size() <= all.size()
           && std::equal(asked.candidates.begin(), asked.candidates.end(), all.begin());
}

// A part without what is looked at waits for it.
void StudyController::takePart(const ComparisonPointer& part)
{
    m_nextPart = part;
    if (!m_partPause.isActive())
        showFittingPart();
}

void StudyController::showFittingPart()
{
    const ComparisonView& view = m_study.view.compared;
    const std::size_t wanted = std::max(view.baseline, view.candidate);
    const bool shown = m_comparison && wanted < m_comparison->traces.size();
    if (m_nextPart && (!shown || wanted < m_nextPart->traces.size()))
        showPart();
}

void StudyController::showPart()
{
    if (!m_nextPart)
        return;
    m_part = true;
    m_partPause.start();
    show(std::exchange(m_nextPart, nullptr), m_wanted.value_or(m_study.selection));
    emit stateChanged();
    readOff();
}

bool StudyController::lacksErrors() const { return m_model && m_comparison && lacksOutputErrors(*m_comparison); }

// Of a result that was run without them while a slider moved, or when its model was opened.
void StudyController::completeErrors()
{
    if (!m_dragging && !m_runJob.isRunning() && isUpToDate() && lacksErrors())
        runWhole();
}

// The traces are those that are shown already.
void StudyController::acceptErrors(const ComparisonPointer& comparison)
{
    m_comparison = comparison;
    refreshShown();
    emit comparisonChanged();
    readOff();
}

}  // namespace ketscope
