// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/benchmarks.h"
#include "core/base/error.h"
#include "core/study/samples.h"
#include "viz/figure.h"

#include <QImage>
#include <benchmark/benchmark.h>

namespace ketscope::bench {

namespace {

constexpr int kWidth = 1600;

ComparisonPointer sampleOf(std::size_t tokens)
{
    Monitor monitor;
    Study study = sampleStudy();
    std::string text;
    for (std::size_t i = 2; i < tokens; ++i)
        text += "warm ";
    study.input.text = text;
    const std::shared_ptr<const LoadedModel> model = loadModel(study.modelPath, monitor);
    return runStudy(study, *model, nullptr, 0, monitor);
}

// A figure painted on a picture as wide as a window, colours and layout included.
void paint(benchmark::State& state, const FigureType& type)
{
    std::unique_ptr<Figure> figure;
    try {
        figure = type.make(sampleOf(static_cast<std::size_t>(state.range(0))));
    } catch (const Error& error) {  // the sample has nothing for it: no causal model, no sweep
        return state.SkipWithError(error.what());
    }
    const Theme theme = lightTheme();
    const double height = figure->heightFor(kWidth, theme);
    QImage image(kWidth, static_cast<int>(height), QImage::Format_ARGB32_Premultiplied);
    for (auto _ : state) {
        QPainter painter(&image);
        figure->paint(painter, QRectF(0.0, 0.0, kWidth, height), theme);
    }
}

}  // namespace

void addFigures()
{
    for (const FigureType* type : figureTypes())
        benchmark::RegisterBenchmark(("figure/" + type->id.toStdString()).c_str(), paint, std::cref(*type))
            ->ArgName("tokens")
            ->Arg(16)
            ->Arg(64)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
}

}  // namespace ketscope::bench
