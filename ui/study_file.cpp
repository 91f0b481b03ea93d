// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/study_file.h"

#include "core/study/repeat_record.h"
#include "core/study/run_file.h"

#include <QFileInfo>

namespace ketscope {

namespace {

// What a study would be missed for.
Study workOf(Study study)
{
    study.selection = {};
    study.view = {};
    study.perspective.clear();
    return study;
}

std::shared_ptr<const Sweep> sweepOf(const ComparisonPointer& comparison)
{
    return comparison ? comparison->sweep : nullptr;
}

}  // namespace

StudyFile::StudyFile(StudyController& controller, QObject* parent) : QObject(parent), m_controller(controller)
{
    connect(&controller, &StudyController::studyChanged, this, &StudyFile::changed);
    connect(&controller, &StudyController::stateChanged, this, &StudyFile::goOn);
    connect(&controller, &StudyController::sweepChanged, this, &StudyFile::changed);
    connect(&m_job, &Job::failed, this, &StudyFile::failed);
}

// A lesson's sweep is no one's work.
bool StudyFile::isModified() const
{
    if (m_path.isEmpty())
        return false;
    return workOf(m_controller.ownStudy()) != m_kept
           || (!m_controller.isAside() && sweepOf(m_controller.comparison()) != m_keptSweep);
}

void StudyFile::adopt(const QString& file)
{
    m_path = file;
    m_kept = workOf(m_controller.study());
    m_keptSweep = sweepOf(m_controller.comparison());
    emit changed();
}

void StudyFile::leave()
{
    m_path.clear();
    emit changed();
}

void StudyFile::save(const QString& file, std::function<void()> then)
{
    m_waiting = Request{file, std::move(then)};
    goOn();
}

void StudyFile::goOn()
{
    if (!m_waiting || m_controller.state() == StudyController::State::Running || m_controller.isHeadAlone())
        return;
    const Request request = *std::exchange(m_waiting, std::nullopt);
    if (m_controller.canSave() && (m_controller.isUpToDate() || m_controller.isPart()))
        return write(request);
    emit failed(tr("%1: expected results of the study as it is, found edits that were not run. Run it first (F5).")
                    .arg(QFileInfo(request.file).fileName()));
}

void StudyFile::write(const Request& request)
{
    m_job.start([this, request, comparison = m_controller.comparison()](Monitor& monitor) -> Job::Delivery {
        writeRunFile(*comparison, request.file.toStdString(), monitor);
        return [this, request, kept = workOf(askedStudy(*comparison)), sweep = comparison->sweep] {
            m_path = request.file;
            m_kept = kept;
            m_keptSweep = sweep;
            emit changed();
            emit saved(request.file);
            if (request.then)
                request.then();
        };
    });
}

}  // namespace ketscope
