// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lessons/lesson_walk.h"
#include "ui/docks/start_panel.h"
#include "ui/lessons/exhibit_page.h"
#include "ui/lessons/lesson_overlay.h"
#include "ui/main_tool_bar.h"
#include "ui/main_window.h"
#include "ui/message_strip.h"
#include "ui/presentation.h"
#include "ui/views/perspective.h"
#include "viz/handout.h"
#include "viz/picture.h"

#include <QActionGroup>
#include <QDir>
#include <QFileDialog>
#include <QMenuBar>
#include <QStatusBar>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

QString titleOf(const Lesson& lesson)
{
    return u"%1 %2"_s.arg(lesson.number).arg(QString::fromStdString(lesson.title));
}

QString titleOf(const Lesson& lesson, std::size_t step)
{
    return u"%1 %2"_s.arg(step + 1).arg(QString::fromStdString(lesson.steps[step].title));
}

// What whoever presents wants to know of a step, and the way out where nobody finds it.
QString noteOf(const LessonStep& step)
{
    QString note;
    if (!step.notes.empty())
        note += u"<p>%1</p>"_s.arg(QString::fromStdString(step.notes).toHtmlEscaped());
    if (!step.hint.empty())
        note +=
            u"<p><i>%1</i> %2</p>"_s.arg(MainWindow::tr("Hint:"), QString::fromStdString(step.hint).toHtmlEscaped());
    return note;
}

}  // namespace

void MainWindow::createLessons()
{
    m_lessons = new LessonPlayer(m_controller, this);
    m_overlay = new LessonOverlay(*m_lessons, m_appearance, *this);
    m_overlay->setKeys({QKeySequence(u"Shift+F11"_s), QKeySequence(u"F12"_s), QKeySequence(u"Shift+F12"_s)});
    connect(m_lessons, &LessonPlayer::stepChanged, this, &MainWindow::followLesson);
    connect(m_lessons, &LessonPlayer::exhibitChanged, this, &MainWindow::showExhibit);
    connect(m_lessons, &LessonPlayer::deedWanted, this, &MainWindow::doLessonDeed);
    connect(m_lessons, &LessonPlayer::ended, this, &MainWindow::endLesson);
    connect(m_lessons, &LessonPlayer::completed, this, [this] {
        m_settings.addFinishedLesson(QString::fromStdString(m_lessons->lesson().id));
        m_start->refreshLessons();
        sayDone(tr("Finished lesson %1.").arg(m_lessons->lesson().number));
    });
    connect(m_exhibit, &ExhibitPage::moved, m_lessons, &LessonPlayer::setExhibit);
}

void MainWindow::createLessonMenu()
{
    QMenu& menu = *menuBar()->addMenu(tr("&Lesson"));
    try {
        for (const Lesson& lesson : lessons(m_settings.languageOfLessons())) {
            QAction* action =
                add(menu, titleOf(lesson), {}, [this, id = QString::fromStdString(lesson.id)] { openLesson(id); });
            action->setData(QString::fromStdString(lesson.id));
            action->setCheckable(true);
            action->setToolTip(QString::fromStdString(lesson.summary));
        }
        createLanguageMenu(menu);
    } catch (const Error& error) {
        menu.addAction(QString::fromUtf8(error.what()))->setEnabled(false);
    }
    connect(&menu, &QMenu::aboutToShow, this, &MainWindow::refreshLessonMenu);
    QMenu& handouts = *menu.addMenu(tr("&Handout as PDF"));
    for (QAction* lesson : menu.actions())
        if (lesson->data().isValid())
            add(handouts, {}, {}, [this, id = lesson->data().toString()] {
                chooseHandout(id);
            })->setData(lesson->data());
    m_lessonMenu = &menu;
    m_handoutMenu = &handouts;
    refreshLessonMenu();
}

// The languages that lessons are translated to.
void MainWindow::createLanguageMenu(QMenu& menu)
{
    menu.addSeparator();
    QMenu& languages = *menu.addMenu(tr("L&anguage of lessons"));
    auto* group = new QActionGroup(this);
    const auto offer = [&](const QString& title, const QString& code) {
        QAction* action = add(languages, title, {}, [this, code] {
            m_settings.setLessonLanguage(code);
            refreshLessonMenu();
            m_start->refreshLessons();
        });
        action->setCheckable(true);
        action->setChecked(m_settings.lessonLanguage() == code);
        group->addAction(action);
    };
    offer(tr("As the system"), {});
    offer(tr("English"), u"en"_s);
    for (const std::string& code : lessonLanguages())
        offer(QLocale(QString::fromStdString(code)).nativeLanguageName(), QString::fromStdString(code));
}

// Titles in the chosen language; a tick says that a lesson was finished.
void MainWindow::refreshLessonMenu()
{
    const QStringList finished = m_settings.finishedLessons();
    std::map<QString, Lesson> all;
    try {
        for (Lesson& lesson : lessons(m_settings.languageOfLessons()))
            all.emplace(QString::fromStdString(lesson.id), std::move(lesson));
    } catch (const Error& error) {
        if (m_errors != nullptr)
            sayError(QString::fromUtf8(error.what()));
        return;
    }
    for (QAction* action : m_lessonMenu->actions() + m_handoutMenu->actions()) {
        const auto lesson = all.find(action->data().toString());
        if (lesson == all.end())
            continue;
        const bool isHandout = !action->isCheckable();
        action->setText(isHandout ? tr("Handout %1…").arg(titleOf(lesson->second)) : titleOf(lesson->second));
        action->setToolTip(QString::fromStdString(lesson->second.summary));
        if (!isHandout)
            action->setChecked(finished.contains(lesson->first));
    }
}

void MainWindow::openLesson(const QString& id)
{
    try {
        startLesson(lessonOf(id.toStdString(), m_settings.languageOfLessons()));
    } catch (const Error& error) {
        sayError(QString::fromUtf8(error.what()));
    }
}

void MainWindow::startLesson(const Lesson& lesson)
{
    m_errors->say({});
    m_lessons->end();
    beginLesson();
    m_lessons->start(lesson);
    refreshTitle();
}

void MainWindow::beginLesson()
{
    m_beforeLesson = {m_startShown, {}};
    for (QDockWidget* dock : {m_left, m_right, m_bottom})
        if (dock->isHidden())
            m_beforeLesson.hidden.push_back(dock);
    showStart(false);
}

// A step with an exhibit has the whole centre for it; any other has the window as it is.
void MainWindow::followLesson()
{
    const bool exhibits = m_lessons->step().exhibit != nullptr;
    m_presentation->refreshNotes();
    m_exhibit->setVisible(exhibits);
    refreshCentre();
    showCentreOnly(exhibits);
    showExhibit();
}

void MainWindow::showExhibit()
{
    const LessonStep& step = m_lessons->step();
    if (step.exhibit != nullptr && m_lessons->exhibitState().size() == step.exhibit->controls.size())
        m_exhibit->show(*step.exhibit, m_lessons->exhibitState());
}

void MainWindow::endLesson()
{
    m_exhibit->hide();
    refreshCentre();
    showCentreOnly(false);
    for (QDockWidget* dock : m_beforeLesson.hidden)
        dock->hide();
    showStart(m_beforeLesson.start);
    refreshTitle();
    perspective().takeFocus();
}

void MainWindow::chooseHandout(const QString& id)
{
    const QString folder = m_settings.exportChoice().folder;
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Write the handout"), QDir(folder).filePath(u"lesson-%1.pdf"_s.arg(id)), tr("PDF (*.pdf)"));
    if (!file.isEmpty())
        writeLessonHandout(id, file);
}

// The lesson is gone through in the background, as "Show me" does, for its figures and measured answers.
void MainWindow::writeLessonHandout(const QString& id, const QString& file)
{
    m_exportJob.start([this, id, file, threads = m_controller.threads(),
                       language = m_settings.languageOfLessons()](Monitor& monitor) -> Job::Delivery {
        const Lesson lesson = lessonOf(id.toStdString(), language);
        const auto moments = walkLesson(
            lesson, [](Study study) { return withPicture(study); }, threads, monitor);
        writeHandout(lesson, moments, file.toStdString());
        return [this, file] { sayDone(tr("Saved %1").arg(file)); };
    });
}

void MainWindow::createPresentation(QMenu& menu)
{
    m_presentation = new Presentation(
        *this, m_appearance, m_settings, [this](bool hide) { hideForPresentation(hide); },
        [this] { return presenterNote(); });
    add(menu, tr("&Presentation"), {QKeySequence(u"Shift+F11"_s)},
        [this] { m_presentation->setOn(!m_presentation->isOn()); });
    add(menu, tr("Sp&otlight: pointer, panel, off"), {QKeySequence(u"F12"_s)},
        [this] { m_presentation->nextSpotlight(); });
    add(menu, tr("Presenter's &notes"), {QKeySequence(u"Shift+F12"_s)},
        [this] { m_presentation->showNotes(!m_presentation->showsNotes()); });
    connect(&m_controller, &StudyController::perspectiveChanged, m_presentation, &Presentation::refreshNotes);
}

// The menu bar keeps its keys: it is made flat, for hidden ones have none.
void MainWindow::hideForPresentation(bool hide)
{
    menuBar()->setMaximumHeight(hide ? 0 : QWIDGETSIZE_MAX);
    m_tools->setVisible(!hide);
    statusBar()->setVisible(!hide);
    if (hide)
        m_hiddenByPresentation.clear();
    for (QDockWidget* dock : {m_left, m_right, m_bottom}) {
        if (hide && !dock->isHidden() && !m_lessons->isPlaying()) {
            dock->hide();
            m_hiddenByPresentation.push_back(dock);
        }
    }
    if (!hide)
        for (QDockWidget* dock : std::exchange(m_hiddenByPresentation, {}))
            dock->show();
}

// Of the lesson's step, else what the page says of itself.
PresenterNote MainWindow::presenterNote() const
{
    PresenterNote note;
    if (!m_lessons->isPlaying()) {
        note.title = perspectiveTypes()[static_cast<std::size_t>(m_perspectives->currentIndex())].title;
        note.note = perspective().explanation();
        note.all = u"<h2>%1</h2>%2"_s.arg(note.title.toHtmlEscaped(), note.note);
        return note;
    }
    const Lesson& lesson = m_lessons->lesson();
    const std::size_t at = m_lessons->index();
    note.title = titleOf(lesson, at);
    note.note = noteOf(lesson.steps[at]);
    if (at + 1 < lesson.steps.size())
        note.next = titleOf(lesson, at + 1);
    note.all = u"<h2>%1</h2>"_s.arg(titleOf(lesson).toHtmlEscaped());
    for (std::size_t step = 0; step < lesson.steps.size(); ++step)
        note.all += u"<h3>%1</h3>%2"_s.arg(titleOf(lesson, step).toHtmlEscaped(), noteOf(lesson.steps[step]));
    return note;
}

void MainWindow::doLessonDeed(const QString& deed)
{
    if (deed == u"sanity"_s)
        m_controller.checkSanity();
    else if (deed == u"relevance"_s)
        m_controller.computeRelevance();
    else
        exportLessonFigure();
}

// What "Show me" exports goes where nothing of the learner's is.
void MainWindow::exportLessonFigure()
{
    const ComparisonPointer comparison = m_controller.comparison();
    const QString file = QDir::temp().filePath(u"ketscope-lesson.pdf"_s);
    m_exportJob.start([this, comparison, file, id = perspective().figureId()](Monitor&) -> Job::Delivery {
        const auto figure = makePage(comparison, {{id}});
        exportFigure(*figure, *comparison, file.toStdString(), {});
        return [this, file] {
            sayDone(tr("Saved %1").arg(file));
            m_lessons->report("export");
        };
    });
}

}  // namespace ketscope
