// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/study_controller.h"

#include <QElapsedTimer>
#include <QLabel>
#include <QProgressBar>
#include <QStatusBar>

namespace ketscope {

// State, progress, times, selection, precision, threads, memory.
class StatusLine : public QStatusBar {
    Q_OBJECT

public:
    StatusLine(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    QString stateText() const { return m_state->text(); }

private:
    void refreshState();
    void refreshSelection();
    void refreshTimes();
    void showProgress(double fraction, const QString& what);
    void setBusy(bool busy);
    QString keptText() const;
    QString hintText() const;
    QColor dotColour() const;

    StudyController& m_controller;
    Appearance& m_appearance;
    bool m_busy = false;
    QElapsedTimer m_begun;  // with what is being done
    double m_fraction = 0.0;
    QString m_step;
    QLabel* m_dot;
    QLabel* m_state;
    QProgressBar* m_bar;
    QLabel* m_hint;
    QLabel* m_times;
    QLabel* m_selection;
    QLabel* m_machine;
};

}  // namespace ketscope
