// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/benchmarks.h"
#include "core/study/comparison.h"
#include "core/study/samples.h"

#include <benchmark/benchmark.h>

namespace ketscope::bench {

namespace {

// The bundled model with every head exact, or with the plan of the sample study, all maps kept.
void forward(benchmark::State& state, bool patched)
{
    Monitor monitor;
    const Study study = sampleStudy();
    const std::shared_ptr<const LoadedModel> loaded = loadModel(study.modelPath, monitor);
    const ModelInfo& info = loaded->model->info();
    const HeadPlan plan = resolve(patched ? study.candidates.at(0) : Plan(), info, 0);
    const auto tokens = static_cast<std::size_t>(state.range(0));
    ModelInput input;
    for (std::size_t i = 0; i < tokens; ++i)
        input.tokenIds.push_back(static_cast<std::int32_t>(i * 89 % info.vocabularySize));
    input.attentionMask.assign(tokens, 1);
    input.tokenTypes.assign(tokens, 0);
    ForwardRequest request;
    request.input = &input;
    request.plan = &plan;
    for (auto _ : state)
        benchmark::DoNotOptimize(loaded->model->forward(request, monitor));
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
        benchmark::RegisterBenchmark(patched ? "model/sample/patched" : "model/sample/exact", forward, patched)
            ->ArgName("tokens")
            ->Arg(16)
            ->Arg(64)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
}

}  // namespace ketscope::bench
