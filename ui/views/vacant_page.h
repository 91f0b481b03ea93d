// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/study_controller.h"

#include <QProgressBar>

namespace ketscope {

// Why there is no result, and what can be done about it; both empty when there is one.
struct Vacancy {
    QString title;
    QString hint;
};

Vacancy vacancyOf(const StudyController& controller);

// In the place of every perspective while there is no result: nothing is open, a model is being opened, it could not be
// run. Each with what can be done.
class VacantPage : public QWidget {
    Q_OBJECT

public:
    VacantPage(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    // Whether `message` stands here, so that it need not be said elsewhere.
    bool says(const QString& message) const { return !isHidden() && m_hint->text() == message; }

signals:
    void modelWanted();
    void sampleWanted();
    void keptLayersWanted();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void refresh();
    void fit();

    StudyController& m_controller;
    Appearance& m_appearance;
    QLabel* m_title;
    QLabel* m_hint;
    QProgressBar* m_bar;
    QPushButton* m_cancel;
    QPushButton* m_run;
    QPushButton* m_keep;
    QPushButton* m_open;
    QPushButton* m_sample;
};

}  // namespace ketscope
