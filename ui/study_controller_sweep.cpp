// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/study_controller.h"
#include "viz/picture.h"

namespace ketscope {

SweepRequest StudyController::sweepRequest(const std::vector<SweepAxis>& axes, std::size_t seeds) const
{
    SweepRequest request{m_study, *entry(), axes, seeds, true};
    request.study.view = {};  // what is measured does not depend on what is shown
    return request;
}

void StudyController::startSweep(const std::vector<SweepAxis>& axes, std::size_t seeds)
{
    if (!m_model || m_opening || entry() == nullptr)
        return;
    m_sweepJob.start([this, request = sweepRequest(axes, seeds), model = m_model,
                      previous = m_comparison](Monitor& monitor) mutable -> Job::Delivery {
        request.study = withPicture(request.study, previous.get());
        const auto sweep = std::make_shared<const Sweep>(runSweep(request, *model, m_threads, monitor));
        return [this, sweep] {
            m_sweep = sweep;
            m_sweepFile.clear();
            refreshShown();
        };
    });
}

void StudyController::openSweep(const QString& file)
{
    m_sweepJob.start([this, file](Monitor&) -> Job::Delivery {
        const auto sweep = std::make_shared<const Sweep>(readSweep(file.toStdString()));
        return [this, sweep, file] {
            m_sweep = sweep;
            m_sweepFile = file;
            if (!m_comparison && !m_opening) {
                Study study = sweep->request.study;
                study.candidates = {{{sweep->request.candidate}}};
                openStudy(study, true);
            }
            refreshShown();
            emit sweepOpened();
        };
    });
}

}  // namespace ketscope
