// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/run_folder.h"

#include "core/attention/parameter.h"
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/formats/json_fields.h"
#include "core/formats/safetensors_write.h"
#include "core/formats/widen.h"
#include "core/train/curve.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

// Files beside the weights that a model is opened with.
bool belongsToModel(const fs::path& file)
{
    static const std::vector<std::string> s_names = {
        "tokenizer.json", "tokenizer_config.json",    "tokenizer.model", "special_tokens_map.json", "vocab.json",
        "vocab.txt",      "preprocessor_config.json", "merges.txt",      "added_tokens.json"};
    return std::ranges::find(s_names, file.filename().string()) != s_names.end();
}

// The recipe as a run's folder keeps it.
Json keptRecipe(const Recipe& recipe)
{
    Json own = recipe.json;
    own["seed"] = recipe.seed;  // which may be another than the file's
    return own;
}

}  // namespace

bool isRunOf(const fs::path& folder, const Recipe& recipe)
{
    std::error_code error;
    const fs::path copy = folder / "recipe.json";
    return fs::exists(copy, error) && readJsonFile(copy) == keptRecipe(recipe);
}

RunFolder::RunFolder(fs::path folder, const Recipe& recipe) : m_folder(std::move(folder)), m_recipe(recipe)
{
    std::error_code error;
    fs::create_directories(m_folder, error);
    if (error)
        fail({m_folder.string(), "a folder that can be made", error.message(), "Choose another place."});
    const fs::path copy = m_folder / "recipe.json";
    const auto has = [&](const char* name) { return fs::exists(m_folder / name, error); };
    // A recipe that was refused, or stopped before anything was kept, is in nobody's way.
    const bool empty = !has("checkpoint.safetensors") && !has("model.safetensors");
    if (empty)
        writeTextFile(copy, keptRecipe(recipe).dump(1) + "\n");
    else if (!isRunOf(m_folder, recipe))
        refuse({m_folder.string(), "an empty folder or one with a run of this recipe",
                has("recipe.json") ? "a run of another recipe" : "another model", "Choose another folder."});
}

void RunFolder::resume(TrainingState& state)
{
    std::error_code error;
    const fs::path checkpoint = m_folder / "checkpoint.safetensors";
    if (!fs::exists(checkpoint, error))
        return;
    readCheckpoint(checkpoint, state);
    m_curve = readCurve(m_folder);
    // A run that was killed may have written its curve but not the checkpoint: those steps are done again.
    std::erase_if(m_curve, [&](const CurvePoint& point) { return point.step > state.steps; });
}

void RunFolder::save(const TrainingState& state) const
{
    writeCurve(m_curve, m_folder);
    writeCheckpoint(state, m_folder / "checkpoint.safetensors");
}

void RunFolder::copyFiles() const
{
    for (const fs::directory_entry& entry : fs::directory_iterator(m_recipe.filesFolder)) {
        std::error_code error;
        if (!entry.is_regular_file(error) || !belongsToModel(entry.path()))
            continue;
        AtomicFile target(m_folder / entry.path().filename());
        fs::copy_file(entry.path(), target.path(), fs::copy_options::overwrite_existing, error);
        if (error)
            fail({entry.path().string(), "a file that can be copied", error.message(), ""});
        target.commit();
    }
}

void RunFolder::writeModel(const Json& config, const MemoryArchive& weights) const
{
    Json saved = config;
    saved["torch_dtype"] = m_recipe.weightsType == DataType::F16 ? "float16" : "float32";
    copyFiles();
    writeTextFile(m_folder / "config.json", saved.dump(1) + "\n");
    writeSafetensors(weights, m_recipe.weightsType, m_folder / "model.safetensors");
}

// What a run's result.json says of a set of examples, and back.
Json toJson(const Figures& figures)
{
    Json json = {{"set", figures.set},
                 {"examples", figures.examples},
                 {"questions", figures.questions},
                 {"loss_nats", figures.loss},
                 {"accuracy", figures.accuracy}};
    if (std::isfinite(figures.f1))
        json["f1"] = figures.f1;
    if (!figures.lossAt.empty())
        json["loss_at_nats"] = figures.lossAt;
    return json;
}

Figures figuresFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    constexpr double kMost = 1e300;
    Figures figures{fields.text("set"), fields.whole<std::size_t>("examples"), fields.whole<std::size_t>("questions"),
                    fields.numberIn("loss_nats", 0.0, kMost), fields.numberIn("accuracy", 0.0, 1.0)};
    if (fields.has("f1"))
        figures.f1 = fields.numberIn("f1", 0.0, 1.0);
    if (fields.has("loss_at_nats"))
        for (const Json& each : fields.at("loss_at_nats")) {
            if (!each.is_number())
                refuse({where + ", \"loss_at_nats\"", "numbers", each.type_name(), ""});
            figures.lossAt.push_back(each.get<double>());
        }
    return figures;
}

std::optional<TrainingResult> finishedRun(const Recipe& recipe, const fs::path& folder)
{
    std::error_code error;
    const fs::path file = folder / "result.json";
    if (!fs::exists(file, error) || !fs::exists(folder / "model.safetensors", error))
        return std::nullopt;
    RunFolder(folder, recipe);  // refuses another recipe's
    const Json json = readJsonFile(file);
    const JsonFields fields(json, file.string());
    TrainingResult result{fields.whole<std::size_t>("parameters"), fields.numberIn("seconds_per_step", 0.0, 1e9), {}};
    for (const Json& set : fields.at("sets"))
        result.figures.push_back(figuresFromJson(set, file.string()));
    return result;
}

void RunFolder::writeResult(const TrainingResult& result) const
{
    Json sets = Json::array();
    for (const Figures& figures : result.figures) {
        sets.push_back(toJson(figures));
        std::string positions = "position,loss_nats\n";
        for (std::size_t i = 0; i < figures.lossAt.size(); ++i)
            positions += std::to_string(i) + "," + shortestNumber(figures.lossAt[i]) + "\n";
        if (!figures.lossAt.empty())
            writeTextFile(m_folder / "positions.csv", positions);
    }
    // A run that was complete before says how long its steps took.
    double seconds = result.secondsPerStep;
    std::error_code error;
    if (const fs::path before = m_folder / "result.json"; seconds == 0.0 && fs::exists(before, error)) {
        const Json old = readJsonFile(before);
        seconds = old.is_object() && old.contains("seconds_per_step") && old["seconds_per_step"].is_number()
                      ? old["seconds_per_step"].get<double>()
                      : 0.0;
    }
    const Json all = {{"title", m_recipe.title},          {"objective", objectiveName(m_recipe.objective)},
                      {"steps", m_recipe.schedule.steps}, {"seed", m_recipe.seed},
                      {"parameters", result.parameters},  {"seconds_per_step", seconds},
                      {"sets", std::move(sets)}};
    writeTextFile(m_folder / "result.json", all.dump(1) + "\n");
}

void roundToHalf(MemoryArchive& weights)
{
    for (auto& [name, tensor] : weights.tensors())
        for (float& value : tensor.values())
            value = halfToFloat(halfOf(value));
}

}  // namespace ketscope
