// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/samples.h"
#include "ui/appearance.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/dialogs/info_dialogs.h"
#include "ui/dialogs/key_list.h"
#include "ui/settings.h"
#include "ui/study_controller.h"

#include <QDockWidget>
#include <QMainWindow>
#include <QMessageBox>
#include <QStackedWidget>

namespace ketscope {

class Autosave;
class ClaimsWindow;
class ExhibitPage;
class FigureView;
struct Command;
class HeatmapPage;
struct Lesson;
class LessonOverlay;
class LessonPlayer;
class MainToolBar;
class MessageStrip;
class ParameterSection;
class Perspective;
class PlanSection;
class Presentation;
struct PresenterNote;
class StartPanel;
class StudyFile;
class TrainingWindow;
class VacantPage;

// Arranges tool bar, docks, page and menus; what they do is the controller's.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    MainWindow(StudyController& controller, Appearance& appearance, Settings& settings);

    void sayError(const QString& text);
    // Where to begin, in place of the left dock's sections.
    void showStart(bool on);
    // Puts away what is open until the lesson ends.
    void startLesson(const Lesson& lesson);
    LessonPlayer& lessonPlayer() { return *m_lessons; }
    LessonOverlay& lessonOverlay() { return *m_overlay; }
    Presentation& presentation() { return *m_presentation; }
    void openModel(const QString& path);
    // Whatever a user may drop or name: a model folder or GGUF file, a run file or captured attention, a picture, a
    // text.
    void openPath(const QString& path);
    // Keeps what is open in `autosave`, which outlives the window, and offers the session before this one.
    void useAutosave(Autosave& autosave);
    // Opens what was open when the program ended unexpectedly, and says so.
    void restoreSession();
    void saveStudyTo(const QString& file, const std::function<void()>& then = {});
    // What is answered, in place of asking, when unsaved changes would be lost.
    void setAnswer(std::function<QMessageBox::StandardButton()> answer) { m_answer = std::move(answer); }

protected:
    void closeEvent(QCloseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    using Slot = std::function<void()>;

    void createCentre();
    void createDocks();
    QDockWidget* createDock(const QString& title, const QString& name, QWidget* content, Qt::DockWidgetArea area);
    std::vector<QWidget*> makeLeftSections();
    std::vector<QWidget*> makeRightSections();
    QStackedWidget* createColumn(const std::vector<QWidget*>& own, std::vector<QWidget*> (Perspective::*sections)());
    void connectController();
    void arrangeDocks();
    void applySizes();
    void resizeSideDocks();
    void restore();

    void createMenus();
    void createFileMenu();
    void createStudyActions(QMenu& menu);
    void connectStudyFile();
    void refreshStudyActions();
    void createEditMenu();
    void createViewMenu();
    void createLookMenus(QMenu& menu);
    void createRunMenu();
    void connectPage(Perspective& page);
    void createPlanMenus();
    void createCompareActions(QMenu& menu);
    void createModelMenu();
    void createHelpMenu();
    void createSelectionActions(QMenu& menu);
    QAction* add(QMenu& menu, const QString& title, const QList<QKeySequence>& keys, Slot slot);
    void fillRecent(QMenu& menu);
    void sayFailure(const QString& text);  // of the controller
    void sayDone(const QString& text);     // for a while, in the status line
    void refreshNotices();
    void refreshTitle();
    void refreshCentre();

    void acceptFile(const QString& file);
    bool isLastSession(const QString& file) const;
    void chooseStudy();
    void saveStudy(const std::function<void()>& then = {});
    void saveStudyAs(const std::function<void()>& then = {});
    QMessageBox::StandardButton askAboutChanges();
    void leaveStudy(const std::function<void()>& next);
    bool isReadyToClose();
    void reopenSession();
    void locateModel();

    void chooseModel();
    void chooseFile();
    void choosePicture();
    void openInputDialog();
    void chooseKeptLayers();
    void openSample(const Sample& sample);
    void openAsNew(const Study& study);
    void showClaims();
    void showTraining();
    void fillSamples(QMenu& menu);
    void openText(const QString& file);
    void openFigure(const QString& file, bool orPicture);
    void openStudyOfFigure(const Study& study);
    void openExport();
    void openExportOf(const QString& type);
    void openDataExport();
    void openExportFor(const QString& type, const ComparisonPointer& comparison);
    void showPerspective(int index);
    void followPerspective();
    Perspective& perspective(int index) const;
    Perspective& perspective() const;
    void refreshPerspectives();
    void createStart();
    void createLessons();
    void createLessonMenu();
    void beginLesson();
    void followLesson();
    void showExhibit();
    void endLesson();
    void doLessonDeed(const QString& deed);
    void exportLessonFigure();
    void openLesson(const QString& id);
    void createLanguageMenu(QMenu& menu);
    void refreshLessonMenu();
    void chooseHandout(const QString& id);
    void writeLessonHandout(const QString& id, const QString& file);
    void createPresentation(QMenu& menu);
    void hideForPresentation(bool hide);
    PresenterNote presenterNote() const;
    void refreshColumns();
    void exportAgain();
    // Everything that the palette finds.
    std::vector<Command> commands();
    void addComparisonCommands(std::vector<Command>& all);
    void addPageCommands(std::vector<Command>& all);
    void fillTokenMenu();
    void showPalette();
    void showPerspectiveOf(const QString& id);
    static bool isTyping();
    void escape();
    void moveHead(int layers, int heads);
    void showCentreOnly(bool on);

    StudyController& m_controller;
    Appearance& m_appearance;
    Settings& m_settings;
    MainToolBar* m_tools = nullptr;
    MessageStrip* m_errors = nullptr;
    MessageStrip* m_notices = nullptr;
    QStackedWidget* m_perspectives = nullptr;
    VacantPage* m_vacant = nullptr;
    QStackedWidget* m_leftColumns = nullptr;   // the window's own, one for each perspective, the start
    QStackedWidget* m_rightColumns = nullptr;  // likewise
    HeatmapPage* m_page = nullptr;
    PlanSection* m_plan = nullptr;
    ParameterSection* m_parameters = nullptr;
    QDockWidget* m_left = nullptr;
    QDockWidget* m_right = nullptr;
    QDockWidget* m_bottom = nullptr;
    QMenu* m_runMenu = nullptr;
    QMenu* m_modelMenu = nullptr;
    QMenu* m_tokenMenu = nullptr;  // filled when it is opened
    QAction* m_saveStudy = nullptr;
    QAction* m_saveStudyAs = nullptr;
    QAction* m_reopen = nullptr;
    QAction* m_locateModel = nullptr;
    QAction* m_copyValue = nullptr;
    QAction* m_copyRow = nullptr;
    QAction* m_exportAction = nullptr;
    QAction* m_exportAgain = nullptr;
    QAction* m_exportData = nullptr;
    StudyFile* m_file = nullptr;
    ClaimsWindow* m_claims = nullptr;      // made when it is first wanted
    TrainingWindow* m_training = nullptr;  // likewise
    Autosave* m_autosave = nullptr;
    std::function<QMessageBox::StandardButton()> m_answer;
    bool m_restoring = false;  // the last session is being opened because it ended unexpectedly
    bool m_restored = false;   // it was, and nothing was changed since
    bool m_mayClose = false;
    std::optional<ExportTask> m_lastExport;
    std::optional<Study> m_figureStudy;  // of the last figure that was opened
    bool m_startShown = false;
    LessonPlayer* m_lessons = nullptr;
    LessonOverlay* m_overlay = nullptr;
    ExhibitPage* m_exhibit = nullptr;
    StartPanel* m_start = nullptr;
    Presentation* m_presentation = nullptr;
    QMenu* m_lessonMenu = nullptr;
    QMenu* m_handoutMenu = nullptr;
    std::vector<QDockWidget*> m_hiddenByPresentation;
    struct BeforeLesson {
        bool start = false;
        std::vector<QDockWidget*> hidden;
    };
    BeforeLesson m_beforeLesson;
    QAction* m_startAction = nullptr;
    Job m_exportJob;
    QList<KeyHelp> m_keys;
};

}  // namespace ketscope
