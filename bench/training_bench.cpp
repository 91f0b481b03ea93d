// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/benchmarks.h"
#include "core/base/parallel.h"
#include "core/models/gradients.h"
#include "core/study/comparison.h"
#include "core/study/samples.h"
#include "core/train/training_step.h"

#include <benchmark/benchmark.h>

namespace ketscope::bench {

namespace {

// Gradients of a batch of blocks of 128 characters for the bundled character model: what one step of
// samples/recipes/char-gpt.json is made of, apart from reading the data and 0.8 million updates.
void characterStep(benchmark::State& state)
{
    Monitor monitor;
    const auto loaded = loadModel(samplesFolder() / "char-gpt", monitor);
    const ModelInfo& info = loaded->model->info();
    const HeadPlan plan = resolve({}, info, 0);
    std::vector<Example> batch(static_cast<std::size_t>(state.range(0)));
    for (std::size_t i = 0; i < batch.size(); ++i)
        for (std::size_t token = 0; token < info.maximumPositions; ++token) {
            batch[i].input.tokenIds.push_back(static_cast<std::int32_t>((i * 7 + token * 89) % info.vocabularySize));
            batch[i].targets.push_back(static_cast<std::int32_t>((i * 7 + token * 89 + 89) % info.vocabularySize));
        }
    setThreads(static_cast<int>(state.range(1)));
    const Dropout dropout{.embeddings = 0.1, .residuals = 0.1};
    for (auto _ : state)
        benchmark::DoNotOptimize(
            batchGradients(*loaded->model, plan, Objective::LanguageModelling, batch, dropout, monitor));
    setThreads(0);
}

}  // namespace

void addTraining()
{
    benchmark::RegisterBenchmark("training/char-gpt/step", characterStep)
        ->ArgNames({"batch", "threads"})
        ->ArgsProduct({{32}, {1, 2}})
        ->MeasureProcessCPUTime()
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
}

}  // namespace ketscope::bench
