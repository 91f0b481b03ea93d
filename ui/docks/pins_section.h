// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/kept_grid.h"
#include "ui/study_controller.h"

namespace ketscope {

// Cells that were pinned, with their weights in the compared traces; a click goes back to one. Hidden without any.
class PinsSection : public Section {
    Q_OBJECT

public:
    PinsSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    // Tab-separated, with a header line and nine digits.
    QString asText() const;

private:
    void refresh();
    void addRow(std::size_t index);
    QPushButton* placeOf(int row, std::size_t index);

    StudyController& m_controller;
    QPushButton* m_copy;
    QPushButton* m_clear;
    KeptGrid* m_list;
};

}  // namespace ketscope
