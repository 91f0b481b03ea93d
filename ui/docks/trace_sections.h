// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/kept_grid.h"
#include "ui/study_controller.h"

namespace ketscope {

// A square with the letter of a trace in its colour.
class TraceTag : public QWidget {
    Q_OBJECT

public:
    TraceTag(std::size_t trace, Appearance& appearance, QWidget* parent = nullptr);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::size_t m_trace;
    Appearance& m_appearance;
};

// The entries of the current candidate's plan; clicking one makes it the one that the mechanism panel edits.
class PlanSection : public Section {
    Q_OBJECT

public:
    PlanSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    void edit();

private:
    void refresh();
    void addRows(const ModelInfo& model);
    QString countText(const ModelInfo& model) const;
    void addRow(int row, const QString& layers, const QString& heads, const QString& mechanism, bool edited);

    StudyController& m_controller;
    Appearance& m_appearance;
    QPushButton* m_edit;
    KeptGrid* m_list;
};

// Bars of an output table: one group a row, one bar a trace.
class OutputBars : public QWidget {
    Q_OBJECT

public:
    explicit OutputBars(Appearance& appearance, QWidget* parent = nullptr);

    void show(const OutputTable& table, bool stale);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {0, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    double rowHeight(const OutputRow& row) const;
    bool knowsErrors() const;
    void paintBar(QPainter& painter, const OutputRow& row, std::size_t trace, const QRectF& line) const;

    Appearance& m_appearance;
    OutputTable m_table;
    bool m_stale = false;
};

// What the change does to the model's answer.
class OutputSection : public Section {
    Q_OBJECT

public:
    OutputSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    QString verdict() const { return m_verdict->text(); }

private:
    void refresh();

    StudyController& m_controller;
    QLabel* m_kind;
    OutputBars* m_bars;
    QLabel* m_verdict;
};

}  // namespace ketscope
