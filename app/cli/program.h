// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace ketscope {

// The whole program: reads the command line, does what it asks for and returns the exit status (0 done, 1 the work
// failed, 2 wrong usage or unusable input). Errors become one line on standard error; nothing is thrown.
int runProgram(int argc, char** argv);

}  // namespace ketscope
