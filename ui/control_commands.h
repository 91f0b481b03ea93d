// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/dialogs/command_palette.h"

namespace ketscope {

// Adds what the controls inside `root` do as commands: a choice for each item, a tick, a press, or the focus where a
// value is typed or dragged. Only what is enabled and not hidden inside `root` is offered, and nothing that `all` has
// by the same name. A control is named by its accessible name, else by its text; `group` stands for the controls outside
// a section of a dock. `show` brings `root` into sight first.
void addControlCommands(QWidget& root, const QString& group, const std::function<void()>& show,
                        std::vector<Command>& all);

}  // namespace ketscope
