// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/head_statistics.h"
#include "ui/appearance.h"
#include "ui/controls/kept_grid.h"
#include "ui/docks/selected_maps.h"
#include "ui/study_controller.h"
#include "ui/when_visible.h"

namespace ketscope {

// Which queries and keys the measures of heads are over, and how distance counts: the view's scope.
class ScopeSection : public Section {
    Q_OBJECT

public:
    ScopeSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void change(const QString& title, const std::function<void(ScopeView&)>& change);
    void refresh();

    StudyController& m_controller;
    ChoiceBox* m_queries;
    TickBox* m_keys;
    TickBox* m_padding;
    Segment* m_distance;
};

// The selected head: its maps, and its measures inside that scope, of the compared traces and their difference. Measures
// are of a whole stack: they are computed in a job, and only while the section is seen.
class HeadMeasuresSection : public Section {
    Q_OBJECT

public:
    HeadMeasuresSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void refresh();
    void showRead(const Comparison& comparison, const std::vector<std::size_t>& traces,
                  const std::vector<HeadStatistics>& heads);
    void addRows(const QString& lastKey, const std::vector<HeadStatistics>& heads);

    StudyController& m_controller;
    Job m_reading;
    WhenVisible* m_refreshing;
    QLabel* m_head;
    KeptGrid* m_list;
    SelectedMaps* m_maps;
    QLabel* m_hint;
};

}  // namespace ketscope
