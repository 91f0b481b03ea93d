// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/study.h"

namespace CLI {
class App;
}

namespace ketscope {

// Each adds one subcommand; its work is done while the command line is parsed and throws Error.
void addInspect(CLI::App& program);
void addTokenize(CLI::App& program);
void addRun(CLI::App& program);
void addRender(CLI::App& program);
void addJoin(CLI::App& program);
void addSweep(CLI::App& program);
void addEvaluate(CLI::App& program);
void addScenes(CLI::App& program);
void addClaims(CLI::App& program);
void addTrain(CLI::App& program);
void addMechanisms(CLI::App& program);
void addLesson(CLI::App& program);

// What the window opens with, done without one: the comparison as a table, and a figure and a run file in ketscope-demo/.
void runDemo(const Study& study);

}  // namespace ketscope
