// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/settings.h"
#include "ui/study_controller.h"

#include <QLineEdit>
#include <QToolBar>

namespace ketscope {

// Model, input, plan, run. Actions of the window that it needs are handed in.
class MainToolBar : public QToolBar {
    Q_OBJECT

public:
    MainToolBar(StudyController& controller, Appearance& appearance, QMenu& modelMenu, QWidget* parent = nullptr);

    QLineEdit& input() const { return *m_input; }
    void commitInput();  // what the field says now is run
    void showPerspective(int index);
    // `obstacle`: why there is nothing to see in a perspective; empty = there is.
    void setObstacle(int index, const QString& obstacle);

signals:
    void planDialogWanted();
    void inputDialogWanted();
    void pictureWanted();
    void exportWanted();
    void perspectiveChosen(int index);

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* makeInput();
    QWidget* makePerspectives();
    QWidget* field(const QString& title, QWidget* control);
    void refreshModel();
    void refreshStudy();
    void rebuildPlanMenu();
    void refreshRun(bool busy);
    void runOrCancel();
    void applySize();
    void chooseControls();
    void widenFields();
    int neededWidth() const;

    // A control with the least and the wanted of its width.
    struct Field {
        QWidget* control;
        int least, wanted;
    };

    StudyController& m_controller;
    Appearance& m_appearance;
    MenuButton* m_model;
    QPushButton* m_picture;
    QLineEdit* m_input;
    QPushButton* m_more;
    QWidget* m_inputField = nullptr;
    MenuButton* m_plan;
    QMenu* m_planMenu;
    QPushButton* m_run;
    Segment* m_perspectives;
    ChoiceBox* m_perspectiveChoice;  // in its place where there is no room
    QPushButton* m_export;
    std::vector<Field> m_fields;
    bool m_busy = false;
    bool m_tight = false;  // large text in a small window: Run is without its key's name
};

}  // namespace ketscope
