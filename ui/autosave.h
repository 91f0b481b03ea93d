// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/study_controller.h"

#include <QLockFile>

namespace ketscope {

// Keeps what is open in a study file, some seconds after it changed, for when the program ends without a word. A lock
// file beside it says which process is running; it goes when that process ends as it should. Every process has a pair
// of files of its own. What a failed or cancelled run left unshown is not kept.
class Autosave : public QObject {
    Q_OBJECT

public:
    // Takes the files of a process that ended unexpectedly, else files that no living process has. `folder` is made.
    Autosave(StudyController& controller, const QString& folder, int delayMs = 3000, QObject* parent = nullptr);

    static QString usualFolder();

    // Whether a session ended without a word and left something to go on with.
    bool endedUnexpectedly() const { return m_endedUnexpectedly; }
    // What the session before this one had open, moved aside: so it is tried once only, should opening it be what ends
    // the program. Empty = nothing.
    const QString& lastSession() const { return m_last; }

    // Whether something is not yet written.
    bool isPending() const { return m_delay.isActive() || m_job.isRunning(); }
    // Writes that now and calls `then` when it is over, well or not.
    void finish(const std::function<void()>& then);

signals:
    void failed(const QString& message);  // once

private:
    void claim();
    bool claimPair(const QString& stem, bool leftBehindOnly);
    void schedule();
    void write();
    void say(const QString& message);
    void settle();

    StudyController& m_controller;
    QString m_folder;
    QString m_file;  // empty = there is no place to write to
    QString m_last;
    bool m_endedUnexpectedly = false;
    bool m_said = false;
    std::unique_ptr<QLockFile> m_lock;
    ComparisonPointer m_written;
    std::function<void()> m_then;
    QTimer m_delay;
    Job m_job;
};

}  // namespace ketscope
