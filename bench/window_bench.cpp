// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/base_size_model.h"
#include "bench/benchmarks.h"
#include "ui/main_window.h"
#include "ui/views/figure_view.h"

#include <QApplication>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <numeric>

namespace ketscope::bench {

namespace {

// As an event loop does it: what was deleted "later" is gone before the next event, so that charts do not keep the items
// of all their former axes.
void work(QEventLoop::ProcessEventsFlags flags = QEventLoop::AllEvents)
{
    QApplication::processEvents(flags);
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
}

void settle(const StudyController& controller, const FigureView* view = nullptr)
{
    while (!controller.isHeadUpToDate() || (view != nullptr && view->isReading()))
        work(QEventLoop::WaitForMoreEvents);
    work();  // the paint events that the result asked for
}

// The window with a model of BERT-base's size, a head of its last layer selected, on some tokens.
class OpenWindow {
public:
    explicit OpenWindow(std::size_t tokens, const char* plan = "rff@layers=10-11", std::size_t layer = 11)
        : m_settings(QString::fromStdString((baseSizeModel() / "settings.ini").string())), m_appearance(m_settings),
          m_window(controller, m_appearance, m_settings),
          m_maps(m_window.findChild<FigureView*>(QStringLiteral("figureView")))
    {
        m_window.resize(1600, 1000);
        m_window.show();
        Study study;
        study.modelPath = baseSizeModel().string();
        study.input.tokenIds.resize(tokens);
        std::iota(study.input.tokenIds.begin(), study.input.tokenIds.end(), 5);
        study.candidates = {{{parseSpec(plan)}}};
        study.selection.layer = layer;
        controller.openStudy(study, false);
        while (!controller.comparison())
            work(QEventLoop::WaitForMoreEvents);
        settle(controller);
        read();
    }

    // Until the tables are of what is selected.
    void read()
    {
        while (!controller.readingsAreCurrent())
            work(QEventLoop::WaitForMoreEvents);
        work();
    }

    // The maps of the selected head.
    const FigureView& maps() const { return *m_maps; }

    StudyController controller;

private:
    Settings m_settings;
    Appearance m_appearance;
    MainWindow m_window;
    const FigureView* m_maps;
};

double threadMilliseconds()
{
    timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// From the move of a slider to the painted window: the RFF bandwidth of a plan, everything on the page included. Beside
// the mean, the 95th percentile of all moves and what the GUI thread computed of one, in milliseconds.
void sliderToRepaint(benchmark::State& state, const char* plan, std::size_t layer)
{
    OpenWindow window(static_cast<std::size_t>(state.range(0)), plan, layer);
    StudyController& controller = window.controller;
    double sigma = 1.0;
    std::vector<double> moves;
    const double before = threadMilliseconds();
    for (auto _ : state) {
        const auto start = std::chrono::steady_clock::now();
        sigma = sigma > 2.0 ? 1.0 : sigma + 0.01;
        // As a hand does: where a run takes too long to follow, it is the last move that counts.
        const bool follows = controller.runsWhileDragging();
        controller.setParameter("sigma", sigma,
                                follows ? StudyController::Pace::Dragging : StudyController::Pace::Settled);
        settle(controller, &window.maps());
        moves.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    state.counters["gui_ms"] = (threadMilliseconds() - before) / static_cast<double>(moves.size());
    std::ranges::sort(moves);
    state.counters["p95_ms"] = moves[(moves.size() * 95 + 99) / 100 - 1];
}

// The plan is of the visible layer alone, whose queries, keys and values stay.
void sliderOfVisibleLayer(benchmark::State& state) { sliderToRepaint(state, "rff@layers=11", 11); }

// What the visible head is given changes too: the layer before it runs.
void sliderOfTwoLayers(benchmark::State& state) { sliderToRepaint(state, "rff@layers=10-11", 11); }

// Every layer is patched, and the first one looked at.
void sliderOfAllLayers(benchmark::State& state) { sliderToRepaint(state, "rff@layers=0-11", 0); }

// From another cell under the pointer to the marks in every view.
void hoverToRepaint(benchmark::State& state)
{
    OpenWindow window(static_cast<std::size_t>(state.range(0)));
    std::size_t step = 0;
    for (auto _ : state) {
        ++step;
        window.controller.point({.query = step * 7 % 128, .key = step * 5 % 128});
        work();
    }
}

// From a click on another cell to the painted window with its tables, which a job reads.
void clickToRepaint(benchmark::State& state)
{
    OpenWindow window(static_cast<std::size_t>(state.range(0)));
    std::size_t step = 0;
    for (auto _ : state) {
        ++step;
        window.controller.selectCell(step * 7 % 128, step * 5 % 128);
        window.read();
    }
}

}  // namespace

void addWindow()
{
    const std::pair<const char*, void (*)(benchmark::State&)> all[] = {
        {"window/slider_to_repaint/visible_layer", sliderOfVisibleLayer},
        {"window/slider_to_repaint/two_layers", sliderOfTwoLayers},
        {"window/slider_to_repaint/all_layers", sliderOfAllLayers},
        {"window/hover_to_repaint", hoverToRepaint},
        {"window/click_to_repaint", clickToRepaint}};
    for (const auto& [name, function] : all)
        benchmark::RegisterBenchmark(name, function)
            ->ArgName("tokens")
            ->Arg(128)
            ->Arg(512)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
}

}  // namespace ketscope::bench
