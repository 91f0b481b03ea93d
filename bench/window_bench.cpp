// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/base_size_model.h"
#include "bench/benchmarks.h"
#include "ui/main_window.h"

#include <QApplication>
#include <benchmark/benchmark.h>

#include <numeric>

namespace ketscope::bench {

namespace {

void settle(const StudyController& controller)
{
    while (!controller.isUpToDate())
        QApplication::processEvents(QEventLoop::WaitForMoreEvents);
    QApplication::processEvents();  // the paint events that the result asked for
}

// From the move of a slider to the painted window: the RFF bandwidth in the last two layers of a model of BERT-base's
// size, everything on the page included.
void sliderToRepaint(benchmark::State& state)
{
    Settings settings(QString::fromStdString((baseSizeModel() / "settings.ini").string()));
    Appearance appearance(settings);
    StudyController controller;
    MainWindow window(controller, appearance, settings);
    window.resize(1600, 1000);
    window.show();
    Study study;
    study.modelPath = baseSizeModel().string();
    study.input.tokenIds.resize(static_cast<std::size_t>(state.range(0)));
    std::iota(study.input.tokenIds.begin(), study.input.tokenIds.end(), 5);
    study.candidates = {{{parseSpec("rff@layers=10-11")}}};
    study.selection.layer = 11;
    controller.openStudy(study, false);
    while (!controller.comparison())
        QApplication::processEvents(QEventLoop::WaitForMoreEvents);
    settle(controller);
    double sigma = 1.0;
    for (auto _ : state) {
        sigma = sigma > 2.0 ? 1.0 : sigma + 0.01;
        // As a hand does: where a run takes too long to follow, it is the last move that counts.
        const bool follows = controller.runsWhileDragging();
        controller.setParameter("sigma", sigma,
                                follows ? StudyController::Pace::Dragging : StudyController::Pace::Settled);
        settle(controller);
    }
}

}  // namespace

void addWindow()
{
    benchmark::RegisterBenchmark("window/slider_to_repaint", sliderToRepaint)
        ->ArgName("tokens")
        ->Arg(128)
        ->Arg(512)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
}

}  // namespace ketscope::bench
