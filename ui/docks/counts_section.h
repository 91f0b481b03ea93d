// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/controls/kept_grid.h"
#include "ui/pair_reader.h"

namespace ketscope {

// The study's view with these counts, or without any, as a step of undo.
void setCounts(StudyController& controller, const QString& title, std::optional<MeasuredCounts> counts);

// Counts of the pair's circuit that were measured elsewhere: importing and removing them, how their strings are read, and
// how far they are from the exact outcomes.
class CountsSection : public Section {
    Q_OBJECT

public:
    CountsSection(PairReader& reader, StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

signals:
    void importWanted();

private:
    void refresh();
    void addReading(const CountsReading& reading);

    PairReader& m_reader;
    StudyController& m_controller;
    QLabel* m_hint;
    KeptGrid* m_list;
    ChoiceBox* m_order;
    QPushButton* m_import;
    QPushButton* m_remove;
};

}  // namespace ketscope
