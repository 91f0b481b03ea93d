// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/data_set.h"
#include "ui/job.h"

#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

namespace ketscope {

// Writes numbers of a comparison for other programs: which, in what format, how many, then where.
class DataDialog : public QDialog {
    Q_OBJECT

public:
    DataDialog(ComparisonPointer comparison, QString folder, QWidget* parent);

    // As the button does once a file is chosen.
    void save(const QString& file);

signals:
    void saved(const QString& file);

private:
    void fillData();
    void refresh();
    void chooseFile();
    bool isEverything() const;
    QString suffix() const;
    QString describe() const;
    void setBusy(bool busy);

    ComparisonPointer m_comparison;
    QString m_folder;
    QComboBox* m_data = nullptr;
    QComboBox* m_format = nullptr;
    QLabel* m_shape = nullptr;
    QLabel* m_error = nullptr;
    QProgressBar* m_progress = nullptr;
    QPushButton* m_save = nullptr;
    Job m_job;
};

}  // namespace ketscope
