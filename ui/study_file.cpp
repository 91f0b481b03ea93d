// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/study_file.h"

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

}  // namespace

StudyFile::StudyFile(StudyController& controller, QObject* parent) : QObject(parent), m_controller(controller)
{
    connect(&controller, &StudyController::studyChanged, this, &StudyFile::changed);
    connect(&controller, &StudyController::stateChanged, this, &StudyFile::goOn);
    connect(&m_job, &Job::failed, this, &StudyFile::failed);
}

bool StudyFile::isModified() const { return !m_path.isEmpty() && workOf(m_controller.ownStudy()) != m_kept; }

void StudyFile::adopt(const QString& file)
{
    m_path = file;
    m_kept = workOf(m_controller.study());
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
    if (m_controller.canSave() && m_controller.isUpToDate())
        return write(request);
    emit failed(tr("%1: expected results of the study as it is, found edits that were not run. Run it first (F5).")
                    .arg(QFileInfo(request.file).fileName()));
}

void StudyFile::write(const Request& request)
{
    m_job.start([this, request, comparison = m_controller.comparison()](Monitor& monitor) -> Job::Delivery {
        writeRunFile(*comparison, request.file.toStdString(), monitor);
        return [this, request, kept = workOf(comparison->study)] {
            m_path = request.file;
            m_kept = kept;
            emit changed();
            emit saved(request.file);
            if (request.then)
                request.then();
        };
    });
}

}  // namespace ketscope
