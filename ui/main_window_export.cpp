// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/data_dialog.h"
#include "ui/lessons/lesson_player.h"
#include "ui/main_window.h"
#include "ui/views/heatmap_page.h"

#include <QFileInfo>
#include <QStatusBar>

namespace ketscope {

// The page of a figure that was opened, as long as its perspective is in sight; else what the perspective shows.
void MainWindow::openExport()
{
    const Study& study = m_controller.study();
    const QStringList figures = contentsOf(study.view.page).figures;
    const bool asOpened = m_figureStudy && m_figureStudy->view.page == study.view.page
                          && m_figureStudy->perspective == study.perspective && !figures.isEmpty();
    openExportOf(asOpened ? figures.front() : perspective().figureId());
}

void MainWindow::openExportOf(const QString& type) { openExportFor(type, m_controller.comparison()); }

void MainWindow::openExportFor(const QString& type, const ComparisonPointer& comparison)
{
    if (!comparison)
        return;
    auto* dialog = new ExportDialog(comparison, type, m_settings, m_appearance, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ExportDialog::exported, this, [this](const ExportTask& task) {
        m_lastExport = task;
        ViewSettings view = m_controller.study().view;
        view.parts = task.options.parts;
        view.page = {};  // that of the figure it came from; from now on the last one counts
        m_controller.look(tr("Change parts of figures"), view, m_controller.selection());
        m_exportAgain->setEnabled(true);
        m_lessons->report("export");
        sayDone(tr("Saved %1").arg(QString::fromStdString(task.file.string())));
    });
    dialog->open();
}

void MainWindow::exportAgain()
{
    if (!m_lastExport || !m_controller.comparison())
        return;
    m_lastExport->comparison = m_controller.comparison();
    const QString file = QString::fromStdString(m_lastExport->file.string());
    m_exportJob.start(exportWork(*m_lastExport, [this, file] { sayDone(tr("Saved %1").arg(file)); }));
}

void MainWindow::openDataExport()
{
    if (!m_controller.comparison())
        return;
    auto* dialog = new DataDialog(m_controller.comparison(), m_settings.exportChoice().folder, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &DataDialog::saved, this, [this](const QString& file) {
        ExportChoice choice = m_settings.exportChoice();
        choice.folder = QFileInfo(file).absolutePath();
        m_settings.setExportChoice(choice);
        sayDone(tr("Saved %1").arg(file));
    });
    dialog->open();
}

}  // namespace ketscope
