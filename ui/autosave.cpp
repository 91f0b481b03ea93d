// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/autosave.h"

#include "core/study/run_file.h"

#include <QDir>
#include <QRegularExpression>
#include <QStandardPaths>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kMostProcesses = 16;
constexpr std::uint64_t kMostMiB = 256;

// What a process that was ended while it wrote has left of its temporary file.
void removeUnfinished(const QDir& folder, const QString& stem)
{
    const QRegularExpression unfinished(u"^\\.%1-\\d+\\.ket$"_s.arg(stem));
    for (const QString& name : folder.entryList(QDir::Files | QDir::Hidden).filter(unfinished))
        QFile::remove(folder.filePath(name));
}

}  // namespace

Autosave::Autosave(StudyController& controller, const QString& folder, int delayMs, QObject* parent)
    : QObject(parent), m_controller(controller), m_folder(folder)
{
    m_delay.setSingleShot(true);
    m_delay.setInterval(delayMs);
    claim();
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::selectionChanged,
                              &StudyController::viewChanged, &StudyController::perspectiveChanged})
        connect(&controller, signal, this, &Autosave::schedule);
    connect(&m_delay, &QTimer::timeout, this, [this] {
        // A running job is of something older: what is new waits for it, and for the run that will replace it.
        if (m_job.isRunning() || m_controller.state() == StudyController::State::Running || m_controller.isHeadAlone())
            m_delay.start();
        else
            write();
    });
    connect(&m_job, &Job::failed, this, &Autosave::say);
    for (const auto over : {&Job::finished, &Job::cancelled})
        connect(&m_job, over, this, &Autosave::settle);
    connect(&m_job, &Job::failed, this, &Autosave::settle);
}

QString Autosave::usualFolder() { return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation); }

void Autosave::claim()
{
    QDir().mkpath(m_folder);
    for (const bool leftBehindOnly : {true, false})
        for (int process = 1; process <= kMostProcesses; ++process)
            if (claimPair(process == 1 ? u"autosave"_s : u"autosave-%1"_s.arg(process), leftBehindOnly))
                return;
}

bool Autosave::claimPair(const QString& stem, bool leftBehindOnly)
{
    const QDir folder(m_folder);
    const QString file = folder.filePath(stem + u".ket"_s);
    const QString marker = folder.filePath(stem + u".running"_s);
    const bool leftBehind = QFile::exists(marker) && QFile::exists(file);
    if (leftBehindOnly && !leftBehind)
        return false;
    auto lock = std::make_unique<QLockFile>(marker);
    lock->setStaleLockTime(0);  // however old: only the end of its process makes it void
    if (!lock->tryLock(0))
        return false;
    m_lock = std::move(lock);
    m_file = file;
    m_endedUnexpectedly = leftBehind;
    removeUnfinished(folder, stem);
    const QString last = folder.filePath(stem + u"-last.ket"_s);
    if (QFile::exists(file)) {
        QFile::remove(last);
        QFile::rename(file, last);
    }
    m_last = QFile::exists(last) ? last : QString();
    return true;
}

void Autosave::schedule()
{
    // Not put off by what comes next: under constant change it is written all the same.
    if (m_controller.canSave() && !m_delay.isActive())
        m_delay.start();
}

void Autosave::write()
{
    const ComparisonPointer comparison = m_controller.comparison();
    if (!m_controller.canSave() || comparison == m_written)
        return;
    if (m_file.isEmpty())
        return say(tr("%1: expected a folder that can be written, found none. Nothing is kept in case the program ends "
                      "unexpectedly.")
                       .arg(m_folder));
    if (const std::uint64_t size = runFileBytes(*comparison) >> 20; size > kMostMiB)
        return say(tr("These results take %1 MiB: more than %2 MiB are not kept in case the program ends unexpectedly. "
                      "Save the study.")
                       .arg(size)
                       .arg(kMostMiB));
    m_job.start([this, comparison, file = m_file.toStdString()](Monitor& monitor) -> Job::Delivery {
        writeRunFile(*comparison, file, monitor);
        return [this, comparison] { m_written = comparison; };
    });
}

void Autosave::finish(const std::function<void()>& then)
{
    if (m_delay.isActive()) {
        m_delay.stop();
        write();
    }
    if (!m_job.isRunning())
        return then();
    m_then = then;
}

void Autosave::say(const QString& message)
{
    if (!std::exchange(m_said, true))
        emit failed(message);
}

void Autosave::settle()
{
    if (const auto then = std::exchange(m_then, nullptr))
        then();
}

}  // namespace ketscope
