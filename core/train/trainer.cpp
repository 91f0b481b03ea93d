// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trainer.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/models/own_heads.h"
#include "core/train/checkpoint.h"
#include "core/train/initial_weights.h"
#include "core/train/run_folder.h"
#include "core/train/training_step.h"

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kPlanSeed = 0;     // what a model is run with when nobody says otherwise
constexpr double kMostLogScale = 4.60517;  // ln 100: CLIP's bound

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string timeText(double seconds)
{
    const long whole = std::lround(seconds);
    if (whole < 60)
        return std::to_string(whole) + " s";
    if (whole < 3600)
        return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

// Weights and configuration of a run before its first step.
ModelFiles startingFiles(const Recipe& recipe, const std::filesystem::path& folder,
                         std::shared_ptr<MemoryArchive>& weights)
{
    ModelFiles files;
    files.folder = folder;
    Json config = recipe.config;
    if (recipe.startFolder.empty()) {
        weights = initialWeights(config, folder, recipe.deviation, recipe.seed);
    } else {
        weights = std::make_shared<MemoryArchive>(folder / "model.safetensors");
        const std::unique_ptr<TensorArchive> from = openWeights(recipe.startFolder);
        for (const TensorEntry& entry : from->entries())
            from->read(entry, 0, weights->add(entry.name, entry.shape).values());
    }
    files.config = std::make_shared<const Json>(config);
    files.weights = weights;
    const ModelInfo info = architectureOf(files).describe(files);
    if (!recipe.plan.entries.empty()) {
        const HeadPlan plan = resolve(recipe.plan, info, kPlanSeed);
        if (const std::string obstacle = gradientObstacle(info, plan); !obstacle.empty())
            refuse({recipe.file.string() + ", \"plan\"", "mechanisms with gradients", obstacle, ""});
        addOwnHeads(plan, info, recipe.trainedParameters, *weights);
        config[kOwnHeadsKey] = ownHeadsJson(plan, info);
        files.config = std::make_shared<const Json>(std::move(config));
    }
    return files;
}

class Run {
public:
    Run(const Recipe& recipe, const std::filesystem::path& folder, Monitor& monitor)
        : m_recipe(recipe), m_folder(folder, recipe), m_monitor(monitor)
    {
        m_files = startingFiles(recipe, folder, m_state.weights);
        m_state.optimizer = {recipe.optimizer.beta1, recipe.optimizer.beta2, recipe.optimizer.epsilon,
                             recipe.optimizer.decay};
        m_folder.resume(m_state);
        m_data = openTrainingData(recipe, open()->info());
    }

    std::unique_ptr<Model> open() const
    {
        QuietMonitor quiet(m_monitor);
        return architectureOf(m_files).open(m_files, quiet);
    }

    void begin(const TrainingOptions& options) const
    {
        if (options.begin)
            options.begin(*open(), *m_data);
    }

    // All steps that are left.
    void steps(const TrainingOptions& options)
    {
        const std::size_t first = m_state.steps;
        m_start = Clock::now();
        while (m_state.steps < m_recipe.schedule.steps) {
            try {
                if (options.stopAfter > 0 && m_state.steps - first == options.stopAfter)
                    throw Error::cancelled();
                m_monitor.check();
                step(options);
            } catch (const Error& error) {
                if (error.kind() == ErrorKind::Cancelled && m_state.steps > first)
                    m_folder.save(m_state);
                throw;
            }
            if (m_state.steps % m_recipe.checkpointEvery == 0 || m_state.steps == m_recipe.schedule.steps)
                m_folder.save(m_state);
            tell(first);
        }
        if (m_state.steps > first)
            m_result.secondsPerStep = m_stepSeconds / static_cast<double>(m_state.steps - first);
    }

    TrainingResult finish()
    {
        m_monitor.progress(1.0, "Validation");
        if (m_recipe.weightsType == DataType::F16)
            roundToHalf(*m_state.weights);
        for (const auto& [name, tensor] : m_state.optimizer.first)
            m_result.parameters += tensor.size();
        const std::unique_ptr<Model> model = open();
        const HeadPlan plan = resolve({}, model->info(), kPlanSeed);
        for (const ExampleSet& set : m_data->sets())
            m_result.figures.push_back(
                evaluate(*model, plan, m_recipe.objective, set, set.count, m_recipe.batch, m_monitor));
        m_folder.writeModel(*m_files.config, *m_state.weights);
        m_folder.writeResult(m_result);
        return std::move(m_result);
    }

private:
    void step(const TrainingOptions& options)
    {
        const Clock::time_point start = Clock::now();
        const std::unique_ptr<Model> model = open();
        const HeadPlan plan = resolve({}, model->info(), kPlanSeed);
        std::vector<Example> batch(m_recipe.batch);
        parallelFor(batch.size(), kSerialWork, [&](std::size_t i) { batch[i] = m_data->draw(m_state.steps, i); });
        Dropout dropout = m_recipe.dropout;
        dropout.key.seed = philoxSeed(m_state.steps);
        BatchGradients gradients = batchGradients(*model, plan, m_recipe.objective, batch, dropout, m_monitor);
        CurvePoint point{m_state.steps + 1, m_recipe.schedule.rate(m_state.steps), gradients.loss,
                         clip(gradients.weights, m_recipe.clip)};
        if (!std::isfinite(point.loss) || !std::isfinite(point.gradientNorm))
            fail({m_recipe.file.string(), "a loss that is a number", "none at step " + std::to_string(point.step),
                  "Learn more slowly (\"rate\") or clip more."});
        m_state.optimizer.step(point.step, point.rate, gradients.weights, m_state.weights->tensors());
        keepInRange(model->info());
        m_stepSeconds += secondsSince(start);
        // The step is done when its line is: what is cancelled before leaves the state as it was.
        const bool validates = point.step % m_recipe.validateEvery == 0 || point.step == m_recipe.schedule.steps;
        m_state.steps = point.step;
        if (validates)
            point.validation = validation();
        m_folder.add(point);
        m_last = point.loss;
        if (options.watch)
            options.watch(point, *model);
    }

    std::uint64_t philoxSeed(std::size_t step) const
    {
        const auto words =
            philox({static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32), 0, 0},
                   {static_cast<std::uint32_t>(m_recipe.seed), static_cast<std::uint32_t>(m_recipe.seed >> 32)});
        return (std::uint64_t{words[0]} << 32) | words[1];
    }

    std::optional<Figures> validation() const
    {
        const std::vector<ExampleSet> sets = m_data->sets();
        if (sets.empty() || sets.front().count == 0)
            return std::nullopt;
        const std::unique_ptr<Model> model = open();
        // A validation that was begun is finished: its line belongs to the step.
        return evaluate(*model, resolve({}, model->info(), kPlanSeed), m_recipe.objective, sets.front(),
                        m_recipe.validationExamples, m_recipe.batch, Monitor());
    }

    // Real parameters stay where their mechanisms allow them, and similarities from growing without limit.
    void keepInRange(const ModelInfo& info)
    {
        auto& tensors = m_state.weights->tensors();
        if (const auto scale = tensors.find("logit_scale"); scale != tensors.end())
            for (float& value : scale->second.values())
                value = std::min(value, static_cast<float>(kMostLogScale));
        for (const StackInfo& stack : info.stacks)
            for (const auto& head : stack.ownHeads)
                for (const auto& [name, place] : head && head->trained
                                                     ? head->trained->places
                                                     : std::map<std::string, ParameterPlace, std::less<>>()) {
                    const auto& definitions = head->parameters.definitions();
                    const auto real = std::ranges::find(definitions, name, &Parameter::id);
                    if (real != definitions.end())
                        for (float& value : tensors.find(place.name)->second.values())
                            value =
                                std::clamp(value, static_cast<float>(real->minimum), static_cast<float>(real->maximum));
                }
    }

    void tell(std::size_t first)
    {
        const auto done = static_cast<double>(m_state.steps), all = static_cast<double>(m_recipe.schedule.steps);
        const double each = secondsSince(m_start) / static_cast<double>(m_state.steps - first);
        char loss[32];
        std::snprintf(loss, sizeof loss, "%.4f", m_last);
        m_monitor.progress(done / all, "Step " + std::to_string(m_state.steps) + " of "
                                           + std::to_string(m_recipe.schedule.steps) + ", loss " + loss + " nats, "
                                           + timeText(each * (all - done)) + " left");
    }

    const Recipe& m_recipe;
    RunFolder m_folder;
    Monitor& m_monitor;
    TrainingState m_state;
    ModelFiles m_files;
    std::unique_ptr<TrainingData> m_data;
    TrainingResult m_result;
    Clock::time_point m_start;
    double m_stepSeconds = 0.0;
    double m_last = 0.0;
};

}  // namespace

TrainingResult train(const Recipe& recipe, const std::filesystem::path& folder, const TrainingOptions& options,
                     Monitor& monitor)
{
    Run run(recipe, folder, monitor);
    run.begin(options);
    run.steps(options);
    return run.finish();
}

}  // namespace ketscope
