// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/controls/page_header.h"
#include "ui/docks/sweep_section.h"
#include "ui/views/pane_page.h"
#include "ui/views/vacant_page.h"

#include <QElapsedTimer>
#include <QPointer>
#include <QProgressBar>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableWidget>

namespace ketscope {

// A measure against a parameter of B: what is varied stands in the right dock, the result here as a figure and a table. A
// click on a point or a row sets B to it.
class SweepPage : public PanePage {
    Q_OBJECT

public:
    SweepPage(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    std::vector<QWidget*> makeRightSections() override;
    QString obstacle() const override;
    bool says(const QString& error) const override;
    QString explanation() const override;
    SweepSection& form() const { return *m_form; }
    void runOrCancel();
    void setFromRow(std::size_t row);  // of the sweep's rows; a baseline changes nothing
    void exportData(const QString& file);

private:
    QWidget* makeHeader();
    QWidget* makeEmpty();
    QWidget* makeProgress();
    void askForFile();
    void refresh();
    Vacancy vacancy(const QString& problem) const;
    void refreshEmpty(const QString& problem);
    void fitEmpty();
    void refreshTable();
    void showProgress(double fraction, const QString& what);
    void arrange() override;
    int fitColumns();
    void widenColumns(int room);

    QPointer<SweepSection> m_form;  // lives in the dock once it was asked for
    PageHeader* m_header = nullptr;
    ChoiceBox* m_measure = nullptr;
    QPushButton* m_export = nullptr;
    QPushButton* m_run = nullptr;
    QAction* m_action = nullptr;  // what m_run does, from everywhere
    QLabel* m_emptyTitle = nullptr;
    QLabel* m_emptyText = nullptr;
    QPushButton* m_emptyRun = nullptr;
    QWidget* m_progressRow = nullptr;
    QProgressBar* m_bar = nullptr;
    ElidedLabel* m_step = nullptr;
    QStackedWidget* m_body = nullptr;
    QScrollArea* m_scroll = nullptr;  // of the whole, where the table is below the figure
    QSplitter* m_split = nullptr;
    FigurePane* m_figure = nullptr;
    QTableWidget* m_table = nullptr;
    QElapsedTimer m_clock;
    bool m_wasSweeping = false;
    Job m_exportJob;
};

}  // namespace ketscope
