// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/kept_grid.h"
#include "ui/docks/selected_maps.h"
#include "ui/study_controller.h"

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

// The selected head: its maps, and its measures inside that scope, of the compared traces and their difference.
class HeadMeasuresSection : public Section {
    Q_OBJECT

public:
    HeadMeasuresSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

private:
    void refresh();
    void addRows(const Comparison& comparison);

    StudyController& m_controller;
    QLabel* m_head;
    KeptGrid* m_list;
    SelectedMaps* m_maps;
    QLabel* m_hint;
};

}  // namespace ketscope
