// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/model.h"

#include <QList>
#include <QString>

class QWidget;

namespace ketscope {

class StudyController;

struct KeyHelp {
    QString keys;
    QString does;
};

// Each opens a dialog of its own and returns at once.
void showModelInfo(const StudyController& controller, QWidget* parent);
void showKeys(const QList<KeyHelp>& actions, QWidget* parent);
void showAbout(QWidget* parent);

}  // namespace ketscope
