// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/base_size_model.h"
#include "bench/benchmarks.h"
#include "core/base/parallel.h"
#include "core/models/gradients.h"
#include "core/study/comparison.h"
#include "core/study/samples.h"

#include <benchmark/benchmark.h>

namespace ketscope::bench {

namespace {

ModelInput inputOf(const ModelInfo& info, std::size_t tokens)
{
    ModelInput input;
    for (std::size_t i = 0; i < tokens; ++i)
        input.tokenIds.push_back(static_cast<std::int32_t>(i * 89 % info.vocabularySize));
    input.attentionMask.assign(tokens, 1);
    input.tokenTypes.assign(tokens, 0);
    return input;
}

// One forward pass with all maps kept, on as many threads as the second argument says (0 = one per core).
void forward(benchmark::State& state, const LoadedModel& loaded, const Plan& heads)
{
    Monitor monitor;
    const ModelInfo& info = loaded.model->info();
    const HeadPlan plan = resolve(heads, info, 0);
    setThreads(static_cast<int>(state.range(1)));
    const ModelInput input = inputOf(info, static_cast<std::size_t>(state.range(0)));
    ForwardRequest request;
    request.input = &input;
    request.plan = &plan;
    for (auto _ : state)
        benchmark::DoNotOptimize(loaded.model->forward(request, monitor));
    setThreads(0);
}

// The bundled model with every head exact, or with the plan of the sample study.
void sample(benchmark::State& state, bool patched)
{
    Monitor monitor;
    const Study study = sampleStudy();
    forward(state, *loadModel(study.modelPath, monitor), patched ? study.candidates.at(0) : Plan());
}

void baseSize(benchmark::State& state)
{
    Monitor monitor;
    forward(state, *loadModel(baseSizeModel(), monitor), {});
}

// A pass and its way back, to every attention weight and, where asked for, every weight of the model.
void gradients(benchmark::State& state)
{
    Monitor monitor;
    const auto loaded = loadModel(baseSizeModel(), monitor);
    const HeadPlan plan = resolve({}, loaded->model->info(), 0);
    setThreads(static_cast<int>(state.range(1)));
    const ModelInput input = inputOf(loaded->model->info(), static_cast<std::size_t>(state.range(0)));
    const auto target = [](const Trace&) { return GradientTarget{"pooled", 0, 0}; };
    for (auto _ : state)
        benchmark::DoNotOptimize(gradientsOf(*loaded->model, {&input, &plan, target, state.range(2) != 0}, monitor));
    setThreads(0);
}

void open(benchmark::State& state)
{
    Monitor monitor;
    const std::string folder = sampleStudy().modelPath;
    for (auto _ : state)
        benchmark::DoNotOptimize(loadModel(folder, monitor));
}

}  // namespace

void addModels()
{
    benchmark::RegisterBenchmark("model/sample/open", open)->UseRealTime()->Unit(benchmark::kMillisecond);
    for (const bool patched : {false, true})
        benchmark::RegisterBenchmark(patched ? "model/sample/patched" : "model/sample/exact", sample, patched)
            ->ArgNames({"tokens", "threads"})
            ->Args({16, 0})
            ->Args({64, 0})
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("model/base-size/exact", baseSize)
        ->ArgNames({"tokens", "threads"})
        ->ArgsProduct({{128, 512}, {1, 2}})
        ->MeasureProcessCPUTime()
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("model/base-size/gradients", gradients)
        ->ArgNames({"tokens", "threads", "weights"})
        ->ArgsProduct({{128, 512}, {2}, {0, 1}})
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
}

}  // namespace ketscope::bench
