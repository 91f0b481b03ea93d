// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/study_controller.h"

namespace ketscope {

// The file that the open study is kept in: its name, whether the study differs from what the file holds, and saving,
// which runs in a job.
class StudyFile : public QObject {
    Q_OBJECT

public:
    explicit StudyFile(StudyController& controller, QObject* parent = nullptr);

    const QString& path() const { return m_path; }  // empty = the study has no file yet
    // Whether model, input, plans, seed or kept layers are not as the file has them; selection and view do not count.
    bool isModified() const;

    // What is open was read from `file`, or is in no file.
    void adopt(const QString& file);
    void leave();
    // Writes the study with its results, after the run that is going on; then it is the one in `file`, and `then` is
    // called. Results that are not of the study as it is are not written.
    void save(const QString& file, std::function<void()> then = {});

signals:
    void changed();  // the file, or whether the study differs from it
    void saved(const QString& file);
    void failed(const QString& message);

private:
    struct Request {
        QString file;
        std::function<void()> then;
    };

    void goOn();
    void write(const Request& request);

    StudyController& m_controller;
    QString m_path;
    std::shared_ptr<const Sweep> m_keptSweep;
    Study m_kept;  // of the file, without selection and view
    std::optional<Request> m_waiting;
    Job m_job;
};

}  // namespace ketscope
