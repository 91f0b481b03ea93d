// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/benchmarks.h"
#include "core/base/error.h"
#include "core/study/samples.h"
#include "viz/figure.h"
#include "viz/picture.h"

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
    study.candidates = {{{parseSpec("shots@layers=4-5")}}};  // with standard errors
    study.selection = {.layer = 5};
    const std::shared_ptr<const LoadedModel> model = loadModel(study.modelPath, monitor);
    auto comparison = std::make_shared<Comparison>(*runStudy(study, *model, nullptr, 0, monitor));
    comparison->loaded = model;
    return comparison;
}

ComparisonPointer pictureComparison()
{
    Monitor monitor;
    const Study study = withPicture(pictureSample());
    return runStudy(study, *loadModel(study.modelPath, monitor), nullptr, 0, monitor);
}

// Figures of words and patches are of the bundled picture, whatever `tokens`.
std::unique_ptr<Figure> figureOf(const FigureType& type, std::size_t tokens)
{
    const ComparisonPointer sentence = sampleOf(tokens);
    return type.make(obstacleOf(type, *sentence).isEmpty() ? sentence : pictureComparison());
}

// A figure painted on a picture as wide as a window, colours and layout included.
void paint(benchmark::State& state, const FigureType& type)
{
    std::unique_ptr<Figure> figure;
    try {
        figure = figureOf(type, static_cast<std::size_t>(state.range(0)));
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
