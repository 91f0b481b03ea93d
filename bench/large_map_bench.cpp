// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/benchmarks.h"
#include "viz/figures/heatmap.h"

#include <QImage>
#include <benchmark/benchmark.h>

#include <cmath>

namespace ketscope::bench {

namespace {

constexpr double kWidth = 1060.0, kHeight = 440.0;  // the maps' place in a window of 1600 × 1000

TensorPointer map(std::size_t tokens, float variant)
{
    auto tensor = std::make_shared<Tensor>(std::vector<std::size_t>{1, tokens, tokens});
    std::size_t i = 0;
    for (float& value : tensor->values())
        value = 0.5F + 0.5F * std::sin(static_cast<float>(i++ % 9973) * variant);
    return tensor;
}

// Two traces of one head, as captured attention has them.
ComparisonPointer largeComparison(std::size_t tokens)
{
    auto comparison = std::make_shared<Comparison>();
    comparison->model.stacks = {{.name = "text", .layers = 1, .heads = 1, .headSize = 1, .width = 1}};
    comparison->input.model.attentionMask.assign(tokens, 1);
    for (std::size_t i = 0; i < tokens; ++i)
        comparison->input.tokens.push_back({0, "token", "token", {}, 0, false, false});
    for (const float variant : {0.37F, 0.41F}) {
        auto trace = std::make_shared<Trace>();
        trace->stacks.push_back({.name = "text", .attention = {map(tokens, variant)}});
        comparison->traces.push_back(trace);
        comparison->plans.push_back(nullptr);
    }
    return comparison;
}

std::size_t tokensOf(const benchmark::State& state) { return static_cast<std::size_t>(state.range(0)); }

// What is done once for a head, in a job.
void read(benchmark::State& state)
{
    const ComparisonPointer comparison = largeComparison(tokensOf(state));
    std::shared_ptr<const HeatmapData> data;
    for (auto _ : state)
        data = HeatmapData::of(comparison, {}, HeatmapContent::Weights, nullptr);
    const double maps = 2.0 * static_cast<double>(tokensOf(state) * tokensOf(state) * sizeof(float));
    state.counters["memory_over_maps"] = 1.0 + static_cast<double>(data->bytes()) / maps;
}

// One frame while panning: the second argument is how many tokens are in sight.
void pan(benchmark::State& state)
{
    const std::size_t tokens = tokensOf(state), shown = static_cast<std::size_t>(state.range(1));
    const ComparisonPointer comparison = largeComparison(tokens);
    HeatmapOptions options;
    options.crosshair = true;
    options.data = HeatmapData::of(comparison, {}, HeatmapContent::Weights, nullptr);
    QImage image(static_cast<int>(kWidth), static_cast<int>(kHeight), QImage::Format_ARGB32_Premultiplied);
    std::size_t first = 0;
    for (auto _ : state) {
        first = shown < tokens ? (first + 7) % (tokens - shown) : 0;
        options.window = MapWindow{first, shown, first, shown};
        const Heatmap figure(comparison, options);
        QPainter painter(&image);
        figure.paint(painter, QRectF(0.0, 0.0, kWidth, kHeight), lightTheme());
    }
}

}  // namespace

void addLargeMaps()
{
    benchmark::RegisterBenchmark("large_map/read", read)
        ->ArgName("tokens")
        ->Arg(4096)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
    auto* panning = benchmark::RegisterBenchmark("large_map/pan", pan);
    panning->ArgNames({"tokens", "shown"})->UseRealTime()->Unit(benchmark::kMillisecond);
    panning->Args({64, 16});
    for (const int shown : {4096, 2500, 900, 500, 300, 60})
        panning->Args({4096, shown});
}

}  // namespace ketscope::bench
