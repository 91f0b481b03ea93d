// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/controls/controls.h"
#include "ui/study_controller.h"

namespace ketscope {

// Which traces are compared: every pair in the order of its letters, or all of them without Δ.
class CompareBox : public ChoiceBox {
    Q_OBJECT

public:
    explicit CompareBox(StudyController& controller, QWidget* parent = nullptr);

private:
    void refresh();
    void apply(int index);

    StudyController& m_controller;
    std::size_t m_traces = 0;  // that the items are of
    bool m_swapped = false;    // whether the pair stands against the order of its letters
};

}  // namespace ketscope
