// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/model.h"

#include <QString>

class QWidget;

namespace ketscope {

class StudyController;

// Each opens a dialog of its own and returns at once.
void showModelInfo(const StudyController& controller, QWidget* parent);
void showAbout(QWidget* parent);

}  // namespace ketscope
