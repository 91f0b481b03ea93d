// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/trainer.h"
#include "ui/appearance.h"
#include "ui/controls/page_header.h"
#include "ui/dialogs/training_session.h"
#include "ui/job.h"

#include <QBoxLayout>
#include <QDialog>
#include <QLineEdit>
#include <QProgressBar>
#include <QSplitter>
#include <QTimer>

namespace ketscope {

class LiveFigure;
class MessageStrip;
class TrainingMap;
class StudyController;

// Trains a model by a recipe while its curves and one of its heads are watched. A run that is paused or closed goes on from
// its folder later, to the same numbers.
class TrainingWindow : public QDialog {
    Q_OBJECT

public:
    // Empty: nothing was started in this folder. Ready: its run can go on.
    enum class State { Empty, Ready, Running, Paused, Finished, Failed };

    TrainingWindow(StudyController& controller, Appearance& appearance, Settings& settings, QWidget* parent = nullptr);
    ~TrainingWindow() override;

    State state() const { return m_state; }
    void choose(const QString& recipe, const QString& dataFolder, const QString& runFolder);
    void start();
    void pause();  // after a checkpoint of the last whole step
    const TrainingCurves& curves() const { return m_curves; }
    TrainingMap& map() const { return *m_map; }
    void done(int result) override;

signals:
    void modelWanted(const QString& folder);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeForm();
    QWidget* makeField(const QString& title, QWidget* field, QWidget* button);
    QWidget* makeCurves();
    QLayout* makeFooter();
    void fillRecipes();
    void chooseRecipeFile();
    void addRecipes(const QString& file);
    QStringList entry() const;  // of the list of recipes: file and variant
    void chooseFolder(QLineEdit& field, const QString& title);
    void recipeChanged();
    void lookAtFolder();
    void takeNews();
    void addPoint(const CurvePoint& point);
    void showCurves();
    QString mapReason() const;
    void followText();
    void setState(State state);
    void refresh();
    void finish(const TrainingResult& result);
    void say(const QString& text);
    void arrange();
    TrainingTask task() const;
    QString progressText() const;

    StudyController& m_controller;
    Appearance& m_appearance;
    Settings& m_settings;
    State m_state = State::Empty;
    TrainingCurves m_curves;
    TrainingTask m_looked;  // whose folder was looked into
    QString m_note;         // what the status line says beside the step
    QBoxLayout* m_form = nullptr;
    ChoiceBox* m_recipe = nullptr;
    QLineEdit* m_data = nullptr;
    QLineEdit* m_out = nullptr;
    std::vector<QWidget*> m_fields;
    QWidget* m_lastOfForm = nullptr;  // in the order of Tab
    MessageStrip* m_error = nullptr;
    QSplitter* m_splitter = nullptr;
    PageHeader* m_curvesHeader = nullptr;
    LiveFigure* m_curvesView = nullptr;
    TrainingMap* m_map = nullptr;
    QPushButton* m_start = nullptr;
    QPushButton* m_open = nullptr;
    QProgressBar* m_progress = nullptr;
    QLabel* m_status = nullptr;
    std::shared_ptr<TrainingFeed> m_feed;
    QTimer m_news;
    Job m_looking;
    Job m_job;  // last, so that it ends before what it uses
};

}  // namespace ketscope
