// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/job.h"
#include "ui/settings.h"
#include "viz/figures/heatmap.h"

#include <QDialog>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QTimer>

#include <filesystem>

namespace ketscope {

// One figure of one comparison into one file.
struct ExportTask {
    ComparisonPointer comparison;
    QString type;            // an id of figureTypes()
    HeatmapOptions heatmap;  // for that figure
    ExportOptions options;
    std::filesystem::path file;
};

// Work for a Job: writes the file, then calls `done`.
Job::Work exportWork(const ExportTask& task, const std::function<void()>& done);

class ExportDialog : public QDialog {
    Q_OBJECT

public:
    // `type` is the figure to begin with, an id of figureTypes().
    ExportDialog(const ComparisonPointer& comparison, const QString& type, std::optional<double> lockedMaximum,
                 Settings& settings, Appearance& appearance, QWidget* parent = nullptr);

    ExportTask task() const;
    void setFile(const QString& file);
    QString message() const { return m_message->text(); }
    bool hasPreview() const { return !m_image.isNull(); }
    void exportNow();

signals:
    void exported(const ExportTask& task);

private:
    QWidget* makeOptions();
    QWidget* makePreview();
    QWidget* makeBottom();
    void addSizes(QFormLayout& form);
    void addIncluded(QVBoxLayout& column);
    void connectControls();
    void load(const ExportChoice& choice);
    ExportOptions options() const;
    void formatChosen();
    void widthChosen();
    void typeChosen();
    void browse();
    void refresh();
    void renderPreview();
    void showPreview();
    void finish();
    void say(const QString& text, bool error);

    ComparisonPointer m_comparison;
    std::optional<double> m_lockedMaximum;
    Settings& m_settings;
    Appearance& m_appearance;
    ChoiceBox* m_type;
    ChoiceBox* m_preset;
    QDoubleSpinBox* m_width;
    QDoubleSpinBox* m_dpi;
    QDoubleSpinBox* m_text;
    QLabel* m_size;
    TickBox* m_caption;
    TickBox* m_embed;
    TickBox* m_crosshair;
    TickBox* m_dark;
    TickBox* m_outlines;
    QLabel* m_preview;
    QLabel* m_notices;
    Segment* m_format;
    QLineEdit* m_file;
    QLabel* m_message;
    QPushButton* m_export;
    QImage m_image;
    QTimer m_debounce;
    Job m_previewJob;
    Job m_exportJob;
};

}  // namespace ketscope
