// SPDX-License-Identifier: GPL-3.0-or-later
// What may be opened in the window: chosen in a dialog, dropped, or named on the command line.
#include "ui/main_window.h"

#include "core/study/path_kind.h"
#include "core/study/sweep.h"
#include "ui/dialogs/input_dialog.h"
#include "ui/message_strip.h"
#include "viz/figure_study.h"

#include <QDropEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMimeData>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 kTextBytes = 64 * 1024;

}  // namespace

void MainWindow::openModel(const QString& path)
{
    m_errors->say({});
    leaveStudy([this, path] { m_controller.openModel(path); });
}

void MainWindow::chooseModel()
{
    const QString start = QString::fromStdString(m_controller.study().modelPath);
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Open a model folder"), start);
    if (!folder.isEmpty())
        openModel(folder);
}

void MainWindow::chooseFile()
{
    const QString start = QFileInfo(QString::fromStdString(m_controller.study().modelPath)).path();
    const QString file = QFileDialog::getOpenFileName(
        this, tr("Open a file"), start,
        QStringList{tr("All that Ketscope opens (*.gguf *.h5 *.hdf5 *.ket *.npz *.npy *.safetensors *.txt *.png *.jpg "
                       "*.jpeg *.webp *.bmp *.tif *.tiff *.pdf *.svg)"),
                    tr("Model (*.gguf *.safetensors)"),
                    tr("Run file, captured attention (*.h5 *.hdf5 *.ket *.npz *.npy)"),
                    tr("Exported figure (*.pdf *.svg *.png)"), pictureFilter(), tr("Text (*.txt)"), tr("All files (*)")}
            .join(u";;"_s));
    if (!file.isEmpty())
        openPath(file);
}

void MainWindow::choosePicture()
{
    const auto& image = m_controller.study().input.image;
    const QString now = image ? QString::fromStdString(image->path) : QString();
    const QString file =
        QFileDialog::getOpenFileName(this, tr("Open a picture"), QFileInfo(now).path(), pictureFilter());
    if (!file.isEmpty())
        m_controller.setPicture(file);
}

void MainWindow::openPath(const QString& path)
{
    const QFileInfo info(path);
    if (info.fileName() == u"config.json"_s)
        return openModel(info.absolutePath());
    switch (kindOfPath(path.toStdString())) {
    case PathKind::Folder:
    case PathKind::Gguf: return openModel(info.absoluteFilePath());
    case PathKind::Safetensors: return openModel(info.absolutePath());
    case PathKind::RunFile:
        m_errors->say({});
        if (isSweepFile(path.toStdString()))
            return m_controller.openSweep(info.absoluteFilePath());
        return leaveStudy([this, file = info.absoluteFilePath()] { m_controller.openRecorded(file); });
    case PathKind::Figure: return openFigure(info.absoluteFilePath(), false);
    case PathKind::Image: return openFigure(info.absoluteFilePath(), true);
    case PathKind::Text: return openText(path);
    case PathKind::Missing: return sayError(tr("%1: expected a file or folder, found none. Check the path.").arg(path));
    case PathKind::Unknown: break;
    }
    sayError(tr("%1: expected a model folder, a GGUF file, a run file, captured attention, a figure, a picture or a "
                "text, found "
                "another kind of file.")
                 .arg(info.fileName()));
}

// The study that an exported figure was drawn from, its view too. Pictures that are no figure are input.
void MainWindow::openFigure(const QString& path, bool orPicture)
{
    m_errors->say({});
    m_controller.readFile([this, path, orPicture](Monitor& monitor) -> Job::Delivery {
        const std::optional<Study> study = studyOfFigure(path.toStdString(), monitor);
        return [this, path, orPicture, study] {
            if (study)
                return leaveStudy([this, study] { openStudyOfFigure(*study); });
            if (orPicture)
                return m_controller.setPicture(path);
            sayError(tr("%1: expected a figure with the study that it was drawn from, found none. Export with "
                        "“Embed study data”, or open the study's own file.")
                         .arg(QFileInfo(path).fileName()));
        };
    });
}

void MainWindow::openStudyOfFigure(const Study& study)
{
    m_figureStudy = study;
    m_controller.openStudy(study, false);
}

void MainWindow::openText(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return sayError(tr("%1: %2.").arg(path, file.errorString()));
    if (file.size() > kTextBytes)
        return sayError(
            tr("%1: expected a text of at most 64 KiB, found %2 KiB. Shorten it.").arg(path).arg(file.size() / 1024));
    m_controller.setInputText(QString::fromUtf8(file.readAll()).simplified());
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    event->acceptProposedAction();
    if (urls.size() != 1 || !urls.front().isLocalFile())
        return sayError(tr("Drop: expected one file or folder from this machine, found %1. Drop one.")
                            .arg(urls.size() == 1 ? urls.front().toString() : tr("%1 things").arg(urls.size())));
    openPath(urls.front().toLocalFile());
}

}  // namespace ketscope
