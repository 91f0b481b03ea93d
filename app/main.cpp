// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/program.h"

#include <cstdlib>
#include <unistd.h>

namespace {

// Worker threads that spin while they wait steal the cores of everything else on the machine. The OpenMP runtime reads
// these variables before main(), so the program starts itself once more with them. Both being set is what ends it.
void restartWithSleepingWorkers(char** arguments)
{
    const bool done = std::getenv("OMP_WAIT_POLICY") != nullptr && std::getenv("GOMP_SPINCOUNT") != nullptr;
    if (done || setenv("OMP_WAIT_POLICY", "passive", 0) != 0 || setenv("GOMP_SPINCOUNT", "0", 0) != 0)
        return;
    execv("/proc/self/exe", arguments);  // returns only where it is not possible: then go on without
}

}  // namespace

int main(int argc, char** argv)
{
    restartWithSleepingWorkers(argv);
    return ketscope::runProgram(argc, argv);
}
