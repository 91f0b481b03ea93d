// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/study.h"

#include <QApplication>

namespace ketscope {

// What the window starts with.
struct WindowOptions {
    Study study;                // an empty model, input or plan is taken from the bundled sample
    std::string recorded = {};  // a file to show in place of the study; empty = none
    int threads = 0;            // 0 = one per core
};

// Opens the window and runs the event loop. Returns the exit status.
int runWindow(QApplication& application, const WindowOptions& options);

}  // namespace ketscope
