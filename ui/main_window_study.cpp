// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/autosave.h"
#include "ui/lessons/exhibit_page.h"
#include "ui/lessons/lesson_player.h"
#include "ui/main_window.h"
#include "ui/message_strip.h"
#include "ui/study_file.h"
#include "ui/views/perspective.h"
#include "ui/views/vacant_page.h"

#include <QApplication>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QStatusBar>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

const QString kSuffix = u"ket"_s;

QString studyFilter() { return MainWindow::tr("Study (*.%1)").arg(kSuffix); }

}  // namespace

void MainWindow::createStudyActions(QMenu& menu)
{
    add(menu, tr("Open s&tudy…"), {QKeySequence(u"Ctrl+Shift+O"_s)}, [this] { chooseStudy(); });
    m_saveStudy = add(menu, tr("&Save study"), {QKeySequence(u"Ctrl+S"_s)}, [this] { saveStudy(); });
    m_saveStudyAs = add(menu, tr("Save study &as…"), {QKeySequence(u"Ctrl+Shift+S"_s)}, [this] { saveStudyAs(); });
    m_reopen = add(menu, tr("Reopen the &last session"), {}, [this] { reopenSession(); });
    m_reopen->setEnabled(false);
}

void MainWindow::connectStudyFile()
{
    m_file = new StudyFile(m_controller, this);
    connect(m_file, &StudyFile::changed, this, &MainWindow::refreshTitle);
    connect(m_file, &StudyFile::saved, this, [this](const QString& file) {
        m_settings.addRecentFile(file);
        sayDone(tr("Saved %1").arg(file));
    });
    connect(m_file, &StudyFile::failed, this, [this](const QString& message) {
        statusBar()->clearMessage();
        sayError(message);
    });
    connect(&m_controller, &StudyController::modelChanged, this, [this] {
        if (m_controller.recordedFile().isEmpty() && !m_controller.isAside())
            m_file->leave();
    });
    connect(&m_controller, &StudyController::studyChanged, this,
            [this] { m_restored = m_restored && m_controller.isAside(); });
    connect(&m_controller, &StudyController::comparisonChanged, this, &MainWindow::refreshStudyActions);
    connect(&m_controller, &StudyController::fileOpened, this, &MainWindow::acceptFile);
    connect(&m_controller, &StudyController::failed, this, [this] { m_restoring = false; });
    refreshStudyActions();
}

void MainWindow::refreshStudyActions()
{
    for (QAction* action : {m_saveStudy, m_saveStudyAs})
        action->setEnabled(m_controller.canSave());
    m_locateModel->setEnabled(m_controller.lacksModel());
}

bool MainWindow::isLastSession(const QString& file) const { return m_autosave && file == m_autosave->lastSession(); }

void MainWindow::acceptFile(const QString& file)
{
    if (QFileInfo(file).suffix() != kSuffix || isLastSession(file))
        m_file->leave();
    else
        m_file->adopt(file);
    m_restored = isLastSession(file) && m_restoring;
    m_restoring = false;
    refreshNotices();
}

void MainWindow::refreshTitle()
{
    const ModelInfo* model = m_controller.model();
    QString name = QFileInfo(m_file->path()).fileName();
    if (name.isEmpty() && model != nullptr)
        name = QString::fromStdString(model->path.filename().string());
    if (m_controller.isAside() && m_lessons->isPlaying())
        name =
            tr("Lesson %1 · %2").arg(m_lessons->lesson().number).arg(QString::fromStdString(m_lessons->lesson().title));
    name.replace(u"[*]"_s, u"[*][*]"_s);  // Qt's mark where it is part of a name
    setWindowTitle(name.isEmpty() ? tr("Ketscope") : name + u"[*]"_s);
    setWindowModified(m_file->isModified());
}

// The centre is an exhibit's, else a perspective's; without a result, what can be done about that stands there.
void MainWindow::refreshCentre()
{
    const bool exhibits = !m_exhibit->isHidden(), vacant = !exhibits && !m_controller.comparison();
    const QWidget* focused = focusWidget();
    const bool follow = focused == m_vacant || m_vacant->isAncestorOf(focused) || m_perspectives->isAncestorOf(focused);
    m_vacant->setVisible(vacant);
    m_perspectives->setVisible(!exhibits && !vacant);
    if (follow && vacant)
        m_vacant->setFocus();
    else if (follow && !exhibits)
        perspective().takeFocus();
}

void MainWindow::sayError(const QString& text) { m_errors->say(text); }

// One place says it: the page where it stands in place of what failed, else the strip.
void MainWindow::sayFailure(const QString& text)
{
    if (m_vacant->says(text) || (!m_perspectives->isHidden() && perspective().says(text)))
        return m_errors->say({});
    const auto& failure = m_controller.failure();
    const bool helps = failure.ofKeptLayers && failure.text == text && m_controller.canRun();
    m_errors->say(text, helps ? tr("Layers to keep…") : QString());
}

void MainWindow::sayDone(const QString& text)
{
    constexpr int kMessageMs = 8000;
    statusBar()->showMessage(text, kMessageMs);
}

void MainWindow::chooseStudy()
{
    const QString file =
        QFileDialog::getOpenFileName(this, tr("Open a study"), QFileInfo(m_file->path()).path(), studyFilter());
    if (!file.isEmpty())
        openPath(file);
}

void MainWindow::saveStudy(const std::function<void()>& then)
{
    if (m_file->path().isEmpty())
        return saveStudyAs(then);
    saveStudyTo(m_file->path(), then);
}

void MainWindow::saveStudyAs(const std::function<void()>& then)
{
    QFileDialog dialog(this, tr("Save the study"), QFileInfo(m_file->path()).path(), studyFilter());
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.setDefaultSuffix(kSuffix);
    dialog.selectFile(m_file->path().isEmpty() ? u"study.ket"_s : QFileInfo(m_file->path()).fileName());
    if (dialog.exec() == QDialog::Accepted)
        saveStudyTo(dialog.selectedFiles().front(), then);
}

void MainWindow::saveStudyTo(const QString& file, const std::function<void()>& then)
{
    statusBar()->showMessage(tr("Saving %1…").arg(file));
    m_file->save(file, then);
}

// What is done with changes that the study's file does not have.
QMessageBox::StandardButton MainWindow::askAboutChanges()
{
    const QString name = QFileInfo(m_file->path()).fileName();
    return QMessageBox::question(this, tr("Unsaved changes"), tr("%1 was changed. Save it?").arg(name),
                                 QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, QMessageBox::Save);
}

void MainWindow::leaveStudy(const std::function<void()>& next)
{
    if (!m_file->isModified())
        return next();
    const auto answer = m_answer ? m_answer() : askAboutChanges();
    if (answer == QMessageBox::Save)
        saveStudy(next);
    else if (answer == QMessageBox::Discard)
        next();
}

// True when there is nothing left to ask or to write; else closes again once that is done.
bool MainWindow::isReadyToClose()
{
    if (std::exchange(m_mayClose, false) || (!m_file->isModified() && !(m_autosave && m_autosave->isPending())))
        return true;
    leaveStudy([this] {
        const auto close = [this] {
            m_mayClose = true;
            QMetaObject::invokeMethod(this, &QWidget::close, Qt::QueuedConnection);
        };
        if (m_autosave)
            m_autosave->finish(close);
        else
            close();
    });
    return false;
}

void MainWindow::useAutosave(Autosave& autosave)
{
    m_autosave = &autosave;
    m_reopen->setEnabled(!autosave.lastSession().isEmpty());
    connect(&autosave, &Autosave::failed, this, &MainWindow::sayDone);
}

void MainWindow::reopenSession()
{
    leaveStudy([this] { m_controller.openRecorded(m_autosave->lastSession()); });
}

void MainWindow::restoreSession()
{
    m_restoring = true;
    reopenSession();
}

void MainWindow::locateModel()
{
    const QFileInfo was(QString::fromStdString(m_controller.study().modelPath));
    const bool file = was.suffix() == u"gguf"_s;
    const QString title = tr("Locate %1").arg(was.fileName());
    const QString found = file ? QFileDialog::getOpenFileName(this, title, was.path(), tr("Model (*.gguf)"))
                               : QFileDialog::getExistingDirectory(this, title, was.path());
    if (!found.isEmpty())
        m_controller.locateModel(found);
}

}  // namespace ketscope
