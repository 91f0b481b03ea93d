// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/dialogs/export_preview.h"
#include "ui/dialogs/panel_list.h"
#include "ui/job.h"
#include "ui/settings.h"
#include "viz/composition.h"

#include <QDialog>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QTimer>

#include <filesystem>

namespace ketscope {

// One page of one comparison into one file.
struct ExportTask {
    ComparisonPointer comparison;
    PageContents page;
    ExportOptions options;
    std::filesystem::path file;
};

// Work for a Job: writes the file, then calls `done`.
Job::Work exportWork(const ExportTask& task, const std::function<void()>& done);

class ExportDialog : public QDialog {
    Q_OBJECT

public:
    // `type` is the figure to begin with, an id of figureTypes().
    ExportDialog(const ComparisonPointer& comparison, const QString& type, Settings& settings, Appearance& appearance,
                 QWidget* parent = nullptr);

    ExportTask task() const;
    void setFile(const QString& file);
    QString message() const { return m_message->text(); }
    bool hasPreview() const { return m_preview->hasPage(); }
    PanelList& panels() const { return *m_panels; }
    void exportNow();

signals:
    void exported(const ExportTask& task);

private:
    QWidget* makeOptions();
    QWidget* makeBottom();
    void addSizes(QFormLayout& form);
    void addIncluded(QVBoxLayout& column);
    void addStyle(QFormLayout& form);
    void connectControls();
    ExportChoice choiceFor(const QString& type) const;
    void load(const ExportChoice& choice);
    ExportOptions options() const;
    PageContents page() const;
    void chooseFormat(const QString& id);
    void formatChosen();
    void widthChosen();
    void panelsChosen();
    void browse();
    void refresh();
    void renderPreview();
    void copyPage();
    void finish();
    void say(const QString& text, bool error);

    ComparisonPointer m_comparison;
    QString m_mayReplace;  // a file that is there and may be lost
    Settings& m_settings;
    Appearance& m_appearance;
    ChoiceBox* m_preset;
    QDoubleSpinBox* m_width;
    QDoubleSpinBox* m_dpi;
    QLabel* m_size;
    PanelList* m_panels;
    ChoiceBox* m_arrangement;
    TickBox* m_colourBars;
    TickBox* m_tokenLabels;
    TickBox* m_metrics;
    TickBox* m_signs;
    TickBox* m_caption;
    TickBox* m_letters;
    TickBox* m_crosshair;
    TickBox* m_embed;
    TickBox* m_values;
    TickBox* m_dark;
    TickBox* m_outlines;
    ChoiceBox* m_font;
    QDoubleSpinBox* m_text;
    ChoiceBox* m_colourMap;
    Segment* m_vision;
    ExportPreview* m_preview;
    Segment* m_format;
    QLineEdit* m_file;
    QLabel* m_message;
    QPushButton* m_export;
    bool m_fileByHand = false;  // the suggested name was changed
    QTimer m_debounce;
    Job m_previewJob;
    Job m_exportJob;
};

}  // namespace ketscope
