// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/claim.h"
#include "ui/appearance.h"
#include "ui/job.h"

#include <QDialog>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSplitter>
#include <QTableWidget>
#include <QTextBrowser>
#include <QTimer>

#include <map>

namespace ketscope {

// The table of published claims: what each says, what is measured here, and what follows. Results stay as long as the window
// lives. It stands beside the main window and belongs to no perspective.
class ClaimsWindow : public QDialog {
    Q_OBJECT

public:
    ClaimsWindow(Appearance& appearance, QWidget* parent = nullptr);

    // Measures one claim after the other in a job; what was measured before stays until it is replaced.
    void run(const std::vector<int>& numbers);
    bool isRunning() const { return m_job.isRunning(); }
    void setBudget(const ClaimBudget& budget) { m_budget = budget; }
    const std::map<int, ClaimResult>& results() const { return m_results; }
    void choose(int number);
    int chosen() const;  // its number
    void copyTable() const;

signals:
    void studyWanted(const Study& study);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    enum Column { Number, Source, Statement, Found, Measured, Columns };

    QWidget* makeList();
    QWidget* makeDetails();
    QLayout* makeFooter();
    void take(int number, const ClaimResult& result);
    void refreshRow(int number);
    void refreshDetails();
    void refreshButtons();
    void applyTheme();
    void arrange();
    void fitColumns();
    void openStudy();

    Appearance& m_appearance;
    ClaimBudget m_budget;
    std::map<int, ClaimResult> m_results;
    QSplitter* m_splitter = nullptr;
    QTableWidget* m_list = nullptr;
    QTextBrowser* m_details = nullptr;
    QPushButton* m_runOne = nullptr;
    QPushButton* m_runAll = nullptr;
    QPushButton* m_stop = nullptr;
    QPushButton* m_open = nullptr;
    QPushButton* m_copy = nullptr;
    QProgressBar* m_progress = nullptr;
    QLabel* m_status = nullptr;
    QTimer m_fit;
    Job m_job;
};

// "✓ Holds": a mark, so that hue is never the only difference.
QString verdictTag(Verdict verdict);
// The quantity to show first: what is as published and has a published number, else the first one.
QString headlineOf(const ClaimFindings& findings);

}  // namespace ketscope
