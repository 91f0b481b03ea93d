// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/benchmarks.h"
#include "core/base/parallel.h"
#include "core/models/gradients.h"
#include "core/study/comparison.h"
#include "core/study/samples.h"
#include "core/train/initial_weights.h"
#include "core/train/training_step.h"

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

namespace ketscope::bench {

namespace {

// Blocks as long as the model takes.
std::vector<Example> characters(const ModelInfo& info, std::size_t count)
{
    std::vector<Example> batch(count);
    for (std::size_t i = 0; i < batch.size(); ++i)
        for (std::size_t token = 0; token < info.maximumPositions; ++token) {
            batch[i].input.tokenIds.push_back(static_cast<std::int32_t>((i * 7 + token * 89) % info.vocabularySize));
            batch[i].targets.push_back(static_cast<std::int32_t>((i * 7 + token * 89 + 89) % info.vocabularySize));
        }
    return batch;
}

void step(benchmark::State& state, const Model& model, const Dropout& dropout)
{
    Monitor monitor;
    const HeadPlan plan = resolve({}, model.info(), 0);
    const std::vector<Example> batch = characters(model.info(), static_cast<std::size_t>(state.range(0)));
    const Recipe recipe;  // of language modelling
    setThreads(static_cast<int>(state.range(1)));
    for (auto _ : state)
        benchmark::DoNotOptimize(batchGradients(model, plan, recipe, 0, batch, dropout, monitor));
    setThreads(0);
}

// Of the bundled character model: what one step of samples/recipes/char-gpt.json is made of, apart from reading the data
// and 0.8 million updates.
void characterStep(benchmark::State& state)
{
    Monitor monitor;
    const auto loaded = loadModel(samplesFolder() / "char-gpt", monitor);
    step(state, *loaded->model, {.embeddings = 0.1, .residuals = 0.1});
}

// The model's configuration of a variant of samples/recipes/qisa-study.json.
Json configOf(const Json& study, const std::string& variant)
{
    Json model = study.at("model");
    for (const Json& each : study.at("variants"))
        if (each.at("id") == variant && each.contains("changes"))
            model.merge_patch(each.at("changes").at("model"));
    return model.at("config");
}

// Of that study, with circuits run as `execution` says: empty = no circuits.
void studyStep(benchmark::State& state, const std::string& variant, const std::string& execution)
{
    const std::filesystem::path recipe = samplesFolder() / "recipes" / "qisa-study.json";
    Json config = configOf(readJsonFile(recipe), variant);
    if (!execution.empty())
        config["qisa"]["execution"] = execution;
    ModelFiles files;
    files.folder = recipe.parent_path();
    files.weights = initialWeights(config, recipe, {.usual = 0.08}, 0);
    files.config = std::make_shared<const Json>(std::move(config));
    Monitor monitor;
    const std::unique_ptr<Model> model = architectureOf(files).open(files, monitor);
    step(state, *model, {});
}

void addStep(const std::string& name, const std::function<void(benchmark::State&)>& run)
{
    benchmark::RegisterBenchmark(("training/" + name + "/step").c_str(), run)
        ->ArgNames({"batch", "threads"})
        ->ArgsProduct({{32}, {1, 2}})
        ->MeasureProcessCPUTime()
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
}

}  // namespace

void addTraining()
{
    addStep("char-gpt", characterStep);
    addStep("qisa-study-classical", [](benchmark::State& state) { studyStep(state, "classical", ""); });
    for (const std::string version : {"v1", "v2", "v3"})
        for (const std::string execution : {"gates", "unitary", "observables"})
            addStep("qisa-study-" + version + "/" + execution,
                    [=](benchmark::State& state) { studyStep(state, version, execution); });
}

}  // namespace ketscope::bench
