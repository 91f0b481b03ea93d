// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/controls/controls.h"
#include "ui/study_controller.h"

namespace ketscope {

// Every colour map, then every one reversed; their data are the ids.
void addColourMaps(ChoiceBox& box);

// The colour map of the study's view.
class ColourMapBox : public ChoiceBox {
    Q_OBJECT

public:
    ColourMapBox(StudyController& controller, QWidget* parent);
};

// The scale of colours of the study's view.
class ScaleBox : public ChoiceBox {
    Q_OBJECT

public:
    ScaleBox(StudyController& controller, QWidget* parent);
};

}  // namespace ketscope
