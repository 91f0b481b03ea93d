// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/benchmarks.h"
#include "core/base/parallel.h"
#include "core/base/version.h"

#include <QApplication>
#include <benchmark/benchmark.h>

int main(int argc, char** argv)
{
    setenv("QT_QPA_PLATFORM", "offscreen", 1);
    const QApplication application(argc, argv);
    ketscope::bench::addMechanisms();
    ketscope::bench::addLinearTime();
    ketscope::bench::addStateVectors();
    ketscope::bench::addCircuits();
    ketscope::bench::addNoise();
    ketscope::bench::addModels();
    ketscope::bench::addTraining();
    ketscope::bench::addFigures();
    ketscope::bench::addLargeMaps();
    ketscope::bench::addWindow();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::AddCustomContext("ketscope", ketscope::versionString());
    benchmark::AddCustomContext("threads", std::to_string(ketscope::threads()));
    return benchmark::RunSpecifiedBenchmarks() == 0 ? 1 : 0;
}
