// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lessons/lesson.h"
#include "ui/docks/start_panel.h"
#include "ui/lessons/exhibit_page.h"
#include "ui/lessons/lesson_overlay.h"
#include "ui/main_window.h"
#include "ui/message_strip.h"
#include "ui/views/perspective.h"

#include <QDir>
#include <QMenuBar>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

std::string language() { return QLocale().name().left(2).toStdString(); }

}  // namespace

void MainWindow::createLessons()
{
    m_lessons = new LessonPlayer(m_controller, this);
    m_overlay = new LessonOverlay(*m_lessons, m_appearance, *this);
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
        for (const Lesson& lesson : lessons(language())) {
            QAction* action =
                add(menu, tr("%1 %2").arg(lesson.number).arg(QString::fromStdString(lesson.title)), {},
                    [this, id = QString::fromStdString(lesson.id)] { openLesson(id); });
            action->setData(QString::fromStdString(lesson.id));
            action->setCheckable(true);
            action->setToolTip(QString::fromStdString(lesson.summary));
        }
    } catch (const Error& error) {
        menu.addAction(QString::fromUtf8(error.what()))->setEnabled(false);
    }
    connect(&menu, &QMenu::aboutToShow, this, [this, &menu] { refreshLessonMenu(menu); });
    refreshLessonMenu(menu);
}

// A tick says that a lesson was finished.
void MainWindow::refreshLessonMenu(QMenu& menu)
{
    const QStringList finished = m_settings.finishedLessons();
    for (QAction* action : menu.actions())
        if (action->data().isValid())
            action->setChecked(finished.contains(action->data().toString()));
}

void MainWindow::openLesson(const QString& id)
{
    try {
        startLesson(lessonOf(id.toStdString(), language()));
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
    m_perspectives->setVisible(!exhibits);
    m_exhibit->setVisible(exhibits);
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
    m_perspectives->show();
    showCentreOnly(false);
    for (QDockWidget* dock : m_beforeLesson.hidden)
        dock->hide();
    showStart(m_beforeLesson.start);
    refreshTitle();
    perspective().takeFocus();
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
        const std::unique_ptr<Figure> figure = makeFigure(figureType(id), comparison);
        exportFigure(*figure, *comparison, file.toStdString(), {});
        return [this, file] {
            sayDone(tr("Saved %1").arg(file));
            m_lessons->report("export");
        };
    });
}

}  // namespace ketscope
