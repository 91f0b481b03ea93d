// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trainer.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/part_monitor.h"
#include "core/models/own_heads.h"
#include "core/train/checkpoint.h"
#include "core/train/initial_weights.h"
#include "core/train/run_folder.h"
#include "core/train/time_text.h"
#include "core/train/training_step.h"

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kPlanSeed = 0;     // what a model is run with when nobody says otherwise
constexpr double kMostLogScale = 4.60517;  // ln 100: CLIP's bound

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Replaces those of the same names.
void copyTensors(const TensorArchive& from, MemoryArchive& to)
{
    for (const TensorEntry& entry : from.entries())
        from.read(entry, 0, to.add(entry.name, entry.shape).values());
}

// A name that none of the plan's mechanisms knows as a real number would train nothing, unsaid.
void requireTrained(const Recipe& recipe)
{
    const auto trains = [](const Parameters& parameters, const std::string& name) {
        return std::ranges::any_of(parameters.definitions(), [&](const Parameter& each) {
            return each.id == name && each.kind == ParameterKind::Real && parameters.isShown(each);
        });
    };
    for (const std::string& name : recipe.trainedParameters)
        if (std::ranges::none_of(recipe.plan.entries,
                                 [&](const PlanEntry& each) { return trains(each.parameters, name); }))
            refuse({recipe.file.string() + ": \"trained_parameters\"", "real parameters of the plan's mechanisms",
                    "\"" + printable(name, 40) + "\"", "See ketscope mechanisms."});
}

// Dropout of what the model does not have would do nothing, unsaid.
void requireCrossAttention(const Recipe& recipe, const ModelInfo& model)
{
    const auto looks = [](const StackInfo& stack) {
        return stack.queries == TokenAxis::Text && stack.keys == TokenAxis::Image;
    };
    if (recipe.dropout.crossAttention > 0.0 && std::ranges::none_of(model.stacks, looks))
        refuse({recipe.file.string() + ": \"dropout\"", "\"cross_attention\" for a model whose text looks at an image",
                model.title, "Leave it out."});
}

// The folder of the model that a run begins with; empty: a new one. Without its pretraining, as where times alone are
// wanted, a run begins where that would.
fs::path startOf(const Recipe& recipe, const fs::path& folder)
{
    const bool pretrained = recipe.pretraining && finishedRun(*recipe.pretraining, folder / kPretrainingFolder);
    return pretrained ? folder / kPretrainingFolder : recipe.startFolder;
}

// Weights and configuration of a run before its first step.
ModelFiles startingFiles(const Recipe& recipe, const std::filesystem::path& folder,
                         std::shared_ptr<MemoryArchive>& weights)
{
    requireTrained(recipe);
    ModelFiles files;
    files.folder = folder;
    Json config = recipe.config;
    if (const fs::path start = startOf(recipe, folder); start.empty()) {
        weights = initialWeights(config, folder, recipe.deviations, recipe.seed);
    } else {
        weights = std::make_shared<MemoryArchive>(folder / "model.safetensors");
        copyTensors(*openWeights(start), *weights);
    }
    files.config = std::make_shared<const Json>(config);
    files.weights = weights;
    const ModelInfo info = architectureOf(files).describe(files);
    requireCrossAttention(recipe, info);
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

// A model and its data, and the steps that change it.
class Stepper {
public:
    Stepper(const Recipe& recipe, const std::filesystem::path& folder, Monitor& monitor)
        : m_recipe(recipe), m_monitor(monitor), m_files(startingFiles(recipe, folder, m_state.weights))
    {
        m_state.optimizer = {recipe.optimizer.beta1, recipe.optimizer.beta2, recipe.optimizer.epsilon,
                             recipe.optimizer.decay};
        requireTensors("frozen", recipe.frozen);
        requireTensors("renewed", recipe.renewed);
        m_monitor.progress(0.0, "Reading the data");
        m_data = openTrainingData(recipe, open()->info(), m_monitor);
        if (recipe.wordEvidence.embeddings > 0.0)
            addWordEvidence(m_data->tokenEvidence().matrix(), recipe.wordEvidence.embeddings, recipe.seed,
                            *m_state.weights);
        if (recipe.average > 0.0) {
            m_state.averages = std::make_shared<MemoryArchive>(folder / "model.safetensors");
            copyTensors(*m_state.weights, *m_state.averages);
        }
    }

    TrainingState& state() { return m_state; }
    const TrainingData& data() const { return *m_data; }
    const Json& config() const { return *m_files.config; }

    std::unique_ptr<Model> open() const { return openWith(m_state.weights, m_monitor); }

    // What comes before the next step's model is opened.
    void prepare()
    {
        if (m_state.steps > 0 && m_state.steps == m_recipe.renewed.from)
            renew();
    }

    // The next step with this model, which is as the state is. Throws Error as train(), and then leaves the state as it was.
    CurvePoint step(const Model& model)
    {
        const HeadPlan plan = resolve({}, model.info(), kPlanSeed);
        std::vector<Example> batch(m_recipe.batch);
        parallelFor(batch.size(), kSerialWork, [&](std::size_t i) { batch[i] = m_data->draw(m_state.steps, i); });
        Dropout dropout = m_recipe.dropout;
        dropout.key.seed = philoxSeed(m_state.steps);
        BatchGradients gradients = batchGradients(model, plan, m_recipe, m_state.steps, batch, dropout, m_monitor);
        CurvePoint point{m_state.steps + 1, m_recipe.schedule.rate(m_state.steps), gradients.loss,
                         clip(gradients.weights, m_recipe.clip)};
        if (!std::isfinite(point.loss) || !std::isfinite(point.gradientNorm))
            fail({m_recipe.file.string(), "a loss that is a number", "none at step " + std::to_string(point.step),
                  "Learn more slowly (\"rate\") or clip more."});
        m_state.optimizer.step(point.rate, gradients.weights, m_state.weights->tensors());
        keepInRange(model.info());
        addToAverages(point.step);
        m_state.steps = point.step;
        return point;
    }

    // On the first examples of the first set; nothing where it is empty.
    std::optional<Figures> validation() const
    {
        const std::vector<ExampleSet> sets = m_data->sets();
        if (sets.empty() || sets.front().count == 0)
            return std::nullopt;
        // A validation that was begun is finished: its line belongs to the step.
        return figuresOf(sets.front(), m_recipe.validationExamples, Monitor());
    }

    // On all sets, as the model is saved.
    std::vector<Figures> finalFigures()
    {
        if (m_state.averages)
            copyTensors(*m_state.averages, *m_state.weights);
        if (m_recipe.weightsType == DataType::F16)
            roundToHalf(*m_state.weights);
        std::vector<Figures> all;
        for (const ExampleSet& set : m_data->sets())
            all.push_back(figuresOf(set, set.count, m_monitor));
        return all;
    }

private:
    std::unique_ptr<Model> openWith(const std::shared_ptr<MemoryArchive>& weights, const Monitor& monitor) const
    {
        QuietMonitor quiet(monitor);
        ModelFiles files = m_files;
        files.weights = weights;
        return architectureOf(files).open(files, quiet);
    }

    void requireTensors(const std::string& key, const Recipe::Part& part) const
    {
        for (const std::string& prefix : part.tensors)
            if (std::ranges::none_of(m_state.weights->tensors(),
                                     [&](const auto& each) { return each.first.starts_with(prefix); }))
                refuse({m_recipe.file.string() + ", \"" + key + "\"", "beginnings of names of the model's tensors",
                        "\"" + printable(prefix, 60) + "\"", ""});
    }

    // With other numbers than at first, and nothing known of their gradients.
    void renew()
    {
        const auto drawn = initialWeights(*m_files.config, m_files.folder, m_recipe.deviations, m_recipe.seed + 1);
        for (const auto& [name, values] : drawn->tensors()) {
            if (!m_recipe.renewed.has(name))
                continue;
            for (MemoryArchive* const archive : {m_state.weights.get(), m_state.averages.get()})
                if (archive != nullptr)
                    std::ranges::copy(values.values(), archive->tensors().find(name)->second.data());
            m_state.optimizer.states.erase(name);
        }
    }

    // Early averages follow the weights more closely: those are still far from where they will be.
    void addToAverages(std::size_t step)
    {
        if (!m_state.averages)
            return;
        const auto t = static_cast<double>(step);
        const auto share = static_cast<float>(1.0 - std::min(m_recipe.average, (1.0 + t) / (10.0 + t)));
        for (auto& [name, average] : m_state.averages->tensors()) {
            const std::span<const float> now = m_state.weights->tensors().find(name)->second.values();
            const std::span<float> values = average.values();
            for (std::size_t i = 0; i < values.size(); ++i)
                values[i] += share * (now[i] - values[i]);
        }
    }

    Figures figuresOf(const ExampleSet& set, std::size_t most, const Monitor& monitor) const
    {
        const std::unique_ptr<Model> model = openWith(m_state.averages ? m_state.averages : m_state.weights, monitor);
        return evaluate(*model, resolve({}, model->info(), kPlanSeed), m_recipe.objective, set, most, m_recipe.batch,
                        monitor);
    }

    std::uint64_t philoxSeed(std::size_t step) const
    {
        const auto words =
            philox({static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32), 0, 0},
                   {static_cast<std::uint32_t>(m_recipe.seed), static_cast<std::uint32_t>(m_recipe.seed >> 32)});
        return (std::uint64_t{words[0]} << 32) | words[1];
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

    const Recipe& m_recipe;
    Monitor& m_monitor;
    TrainingState m_state;
    ModelFiles m_files;
    std::unique_ptr<TrainingData> m_data;
};

class Run {
public:
    Run(const Recipe& recipe, const std::filesystem::path& folder, Monitor& monitor)
        : m_recipe(recipe), m_folder(folder, recipe), m_monitor(monitor), m_stepper(recipe, folder, monitor),
          m_state(m_stepper.state())
    {
        m_folder.resume(m_state);
    }

    void begin(const TrainingOptions& options) const
    {
        if (options.begin)
            options.begin({m_recipe, m_folder.path(), *m_stepper.open(), m_stepper.data()});
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
        for (const auto& [name, state] : m_state.optimizer.states)
            m_result.parameters += state.first.size();
        m_result.figures = m_stepper.finalFigures();
        m_folder.writeModel(m_stepper.config(), *m_state.weights);
        m_folder.writeResult(m_result);
        return std::move(m_result);
    }

private:
    void step(const TrainingOptions& options)
    {
        const Clock::time_point start = Clock::now();
        m_stepper.prepare();
        const std::unique_ptr<Model> model = m_stepper.open();
        CurvePoint point = m_stepper.step(*model);
        m_stepSeconds += secondsSince(start);
        if (point.step % m_recipe.validateEvery == 0 || point.step == m_recipe.schedule.steps)
            point.validation = m_stepper.validation();
        m_folder.add(point);
        m_last = point.loss;
        if (options.watch)
            options.watch(point, *model);
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
    Stepper m_stepper;
    TrainingState& m_state;
    TrainingResult m_result;
    Clock::time_point m_start;
    double m_stepSeconds = 0.0;
    double m_last = 0.0;
};

}  // namespace

TrainingResult train(const Recipe& recipe, const std::filesystem::path& folder, const TrainingOptions& options,
                     Monitor& monitor)
{
    const double before = recipe.pretraining ? static_cast<double>(recipe.pretraining->schedule.steps) : 0.0;
    const double share = before / std::max(1.0, before + static_cast<double>(recipe.schedule.steps));
    if (recipe.pretraining) {
        RunFolder(folder, recipe);  // refuses another recipe's before anything is trained
        PartMonitor first(monitor, 0.0, share, "Pretraining. ");
        if (!finishedRun(*recipe.pretraining, folder / kPretrainingFolder))
            train(*recipe.pretraining, folder / kPretrainingFolder, options, first);
    }
    PartMonitor own(monitor, share, 1.0, {});
    Run run(recipe, folder, own);
    run.begin(options);
    run.steps(options);
    return run.finish();
}

std::vector<double> stepSeconds(const Recipe& recipe, std::size_t steps, Monitor& monitor)
{
    Stepper stepper(recipe, "timing", monitor);
    std::vector<double> seconds;
    for (std::size_t i = 0; i <= steps; ++i) {
        monitor.check();
        monitor.progress(static_cast<double>(i) / static_cast<double>(steps + 1),
                         "Timing, step " + std::to_string(i + 1) + " of " + std::to_string(steps + 1));
        const Clock::time_point start = Clock::now();
        stepper.prepare();
        stepper.step(*stepper.open());
        if (i > 0)
            seconds.push_back(secondsSince(start));
    }
    return seconds;
}

}  // namespace ketscope
