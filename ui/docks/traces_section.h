// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/kept_grid.h"
#include "ui/study_controller.h"

class QMenu;

namespace ketscope {

// What a trace that is dragged carries: its number, as text.
inline constexpr auto kTraceMimeType = "application/x-ketscope-trace";

// One trace: tag, name, time. A click chooses the candidate that the panels edit; it can be dragged onto a map.
class TraceRow : public QWidget {
    Q_OBJECT

public:
    TraceRow(std::size_t trace, StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    void setTexts(const TraceTitle& title, const QString& time);

signals:
    void menuWanted(QPoint at);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    bool isCurrent() const;
    void choose();

    std::size_t m_trace;
    StudyController& m_controller;
    Appearance& m_appearance;
    ElidedLabel* m_name;
    QLabel* m_time;
    QPoint m_pressed;
    bool m_carried = false;  // to a map, since it was pressed
};

// Every trace with its time; candidates are added, copied, moved and removed here.
class TracesSection : public Section {
    Q_OBJECT

public:
    TracesSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    // Acts of one trace, for its context menu.
    void fillMenu(QMenu& menu, std::size_t trace);

private:
    void refresh();
    void addRows();
    QString timeOf(std::size_t trace) const;
    std::size_t traces() const;

    StudyController& m_controller;
    Appearance& m_appearance;
    QPushButton* m_add;
    KeptGrid* m_list;
};

}  // namespace ketscope
