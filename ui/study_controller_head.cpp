// SPDX-License-Identifier: GPL-3.0-or-later
// While a slider moves: the selected head alone is run, everything else when the slider rests.
#include "core/study/head_preview.h"
#include "ui/study_controller.h"

#include <QElapsedTimer>

namespace ketscope {

bool StudyController::isHeadUpToDate() const
{
    if (!m_head)
        return isUpToDate();
    const Selection& of = m_head->study.selection;
    const Selection& at = m_study.selection;
    const Study& done = m_head->study;
    return of.stack == at.stack && of.layer == at.layer && of.head == at.head
           && WorkPart{done.input, done.candidates, done.seed, done.keptLayers} == work();
}

// Only where no more than one head's map is looked at: the maps of the heatmap page, or lines in their place.
bool StudyController::canRunHead() const
{
    const HeatmapView& view = m_study.view.heatmap;
    const bool seen = (m_study.perspective.empty() || m_study.perspective == "heatmap")
                      && view.shown != HeatmapView::Shown::Elements && view.quantity == MapQuantity::Weights;
    return seen && m_model && !m_opening && m_comparison && canRunHeadAlone(*m_comparison, m_study, candidateTrace());
}

void StudyController::runHead()
{
    m_runAgain = false;
    m_rest.stop();
    m_pause.stop();
    const auto work = [this, study = m_study, trace = candidateTrace(), model = m_model,
                       last = m_comparison](Monitor& monitor) -> Job::Delivery {
        QElapsedTimer clock;
        clock.start();
        const HeadAnew head = withHeadAnew(last, study, trace, *model, m_threads, monitor);
        const double milliseconds = static_cast<double>(clock.nsecsElapsed()) / 1e6;
        return [this, head, milliseconds] {
            if (head.typical)
                m_lastHeadMs = milliseconds;
            acceptHead(head.comparison);
        };
    };
    m_runJob.start(work);
}

// The map is shown at once; its tables wait for the slider to pause.
void StudyController::acceptHead(const ComparisonPointer& comparison)
{
    m_head = comparison;
    m_whole.reset();
    m_failure = {};
    refreshShown();
    emit comparisonChanged();
    m_pause.start();
    if (m_runAgain && !isHeadUpToDate())
        run();
}

// The result of everything is shown again.
void StudyController::dropHead()
{
    if (!m_head)
        return;
    m_head.reset();
    refreshShown();
    emit comparisonChanged();
}

// Nothing moved for a while: what was left out is made up for.
void StudyController::rest()
{
    if (!m_head)
        return readOff(nullptr);
    m_rested = true;
    if (!isUpToDate())
        return runWhole();
    dropHead();
    readOff();
}

}  // namespace ketscope
