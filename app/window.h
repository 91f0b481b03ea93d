// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/paths.h"

namespace ketscope {

// Whether a display is there for a window.
bool displayAvailable();

// Opens the window on what was given, or on the bundled sample, and returns the exit status when it is closed.
int openWindow(const StartPaths& start);

}  // namespace ketscope
