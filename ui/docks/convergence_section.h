// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/docks/head_curve.h"

namespace ketscope {

// How standard errors fall with repeats or shots: with the stages of the run itself where it was run in stages of its
// repeats, else of a sweep of the selected head. Seen where the edited entry is known through samples.
class ConvergenceSection : public HeadCurve {
    Q_OBJECT

public:
    ConvergenceSection(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

protected:
    std::string varied() const override;
    SweepPointer known() const override;
    void refresh() override;

private:
    QLabel* m_axes;
    QLabel* m_note;
};

}  // namespace ketscope
