// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/after_training.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/formats/json_fields.h"
#include "core/formats/memory_archive.h"
#include "core/models/heads.h"
#include "core/models/tensor_draft.h"
#include "core/study/head_statistics.h"
#include "core/tasks/robustness.h"
#include "core/tasks/timing.h"

#include <cmath>
#include <set>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFeatureSeeds = 3;  // of plans that leave something to chance, before training

// The recipe's set of texts that is asked for.
std::vector<LabelledText> textsOf(const AfterTraining& after, const Recipe& recipe,
                                  const std::vector<std::string>& classes)
{
    std::string known;
    for (TextSet& set : heldTexts(recipe, classes)) {
        if (set.name == after.texts)
            return std::move(set.texts);
        known += (known.empty() ? "" : ", ") + set.name;
    }
    refuse({recipe.file.string() + ", \"after\"", "a set of texts: " + known, "\"" + printable(after.texts, 60) + "\"",
            ""});
}

// Of the model that the recipe makes.
std::vector<std::string> classesOf(const Recipe& recipe)
{
    ModelFiles files;
    files.folder = recipe.filesFolder;
    files.config = std::make_shared<const Json>(recipe.config);
    files.weights = std::make_shared<MemoryArchive>(recipe.filesFolder / "model.safetensors");
    files.draft = std::make_shared<TensorDraft>();
    return architectureOf(files).describe(files).labels;
}

std::vector<LabelledText> firstOf(const std::vector<LabelledText>& texts, std::size_t most)
{
    return {texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(std::min(most, texts.size()))};
}

// One model with exact attention, or its own heads, or a plan.
class Observer {
public:
    Observer(const AfterTraining& after, const std::vector<LabelledText>& texts, const fs::path& model,
             const Plan& plan, Monitor& monitor)
        : m_after(after), m_texts(texts), m_monitor(monitor)
    {
        QuietMonitor quiet(monitor);
        m_model = loadModel(model, quiet);
        if (!plan.entries.empty())
            m_request.candidates = {plan};
        m_request.seeds = kFeatureSeeds;
        m_request.threads = threads();
        m_trace = m_request.candidates.size();
    }

    ObservedModel observe()
    {
        ObservedModel model;
        const std::size_t parts = 2 + m_after.perturbations.size();
        model.answers = evaluateTexts(*m_model, m_texts, m_request, *partOf(m_monitor, 0, parts)).traces[m_trace];
        for (std::size_t i = 0; i < m_after.perturbations.size(); ++i)
            model.changes.push_back(change(m_after.perturbations[i], *partOf(m_monitor, 1 + i, parts)));
        maps(model);
        return model;
    }

private:
    ObservedModel::Change change(const std::string& text, Monitor& monitor) const
    {
        RobustnessEvaluation found = evaluateRobustness(*m_model, firstOf(m_texts, m_after.perturbedTexts),
                                                        parsePerturbation(text), m_request, monitor);
        return {found.changed, std::move(found.lost[m_trace]), std::move(found.flipped[m_trace]),
                std::move(found.divergence[m_trace])};
    }

    // Means over the heads of the layers that are asked for.
    void maps(ObservedModel& into) const
    {
        if (m_after.mapLayers.empty())
            return;
        Study study;
        study.modelPath = m_model->model->info().path.string();
        study.candidates = m_request.candidates;
        for (const LabelledText& text : firstOf(m_texts, m_after.mapTexts)) {
            QuietMonitor quiet(m_monitor);
            study.input.text = text.text;
            const ComparisonPointer run = runStudy(study, *m_model, nullptr, m_request.threads, quiet);
            const auto heads = run->statistics->of(*run, m_trace, 0);
            double entropy = 0.0, distance = 0.0, count = 0.0;
            for (const std::size_t layer : m_after.mapLayers) {
                if (layer >= heads->size())
                    refuse({"\"maps\", \"layers\"", "layers below " + std::to_string(heads->size()),
                            std::to_string(layer), ""});
                for (const HeadStatistics& head : (*heads)[layer]) {
                    entropy += head.entropy;
                    distance += head.meanDistance;
                    count += 1.0;
                }
            }
            into.entropy.push_back(entropy / count);
            into.distance.push_back(distance / count);
        }
    }

    const AfterTraining& m_after;
    const std::vector<LabelledText>& m_texts;
    Monitor& m_monitor;
    std::shared_ptr<const LoadedModel> m_model;
    EvaluationRequest m_request;
    std::size_t m_trace = 0;  // 1 with a plan
};

Json toJson(const ObservedModel& model)
{
    Json answers = Json::array(), changes = Json::array();
    for (const TextAnswers& each : model.answers)
        answers.push_back({{"classes", each.classes}, {"probability", each.probability}, {"margin", each.margin}});
    for (const ObservedModel::Change& each : model.changes)
        changes.push_back(
            {{"changed", each.changed}, {"lost", each.lost}, {"flips", each.flips}, {"divergence", each.divergence}});
    return {{"answers", std::move(answers)},
            {"changes", std::move(changes)},
            {"entropy", model.entropy},
            {"distance", model.distance}};
}

std::vector<double> numbersOf(const Json& json, const std::string& where)
{
    std::vector<double> values;
    if (!json.is_array())
        refuse({where, "a list of numbers", json.type_name(), ""});
    for (const Json& each : json) {
        if (!each.is_number() && !each.is_null())
            refuse({where, "numbers", each.type_name(), ""});
        values.push_back(each.is_null() ? std::nan("") : each.get<double>());
    }
    return values;
}

ObservedModel observedFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    ObservedModel model;
    for (const Json& each : fields.at("answers")) {
        const JsonFields answers(each, where);
        model.answers.push_back({answers.list<std::size_t>("classes"), numbersOf(answers.at("probability"), where),
                                 numbersOf(answers.at("margin"), where)});
    }
    for (const Json& each : fields.at("changes")) {
        const JsonFields change(each, where);
        model.changes.push_back({change.whole<std::size_t>("changed"), numbersOf(change.at("lost"), where),
                                 numbersOf(change.at("flips"), where), numbersOf(change.at("divergence"), where)});
    }
    model.entropy = numbersOf(fields.at("entropy"), where);
    model.distance = numbersOf(fields.at("distance"), where);
    return model;
}

class TrainedEvaluation {
public:
    TrainedEvaluation(const RecipeSeries& series, fs::path folder, Monitor& monitor)
        : m_series(series), m_after(*series.after), m_folder(std::move(folder)), m_monitor(monitor),
          m_classes(classesOf(series.variants.front().recipe)),
          m_texts(textsOf(m_after, series.variants.front().recipe, m_classes))
    {
    }

    std::vector<StudyFigure> run(const std::vector<TrainedFolder>& folders)
    {
        const std::size_t plans = m_after.patched ? 1 + m_series.variants.size() : 0;
        m_parts = plans + folders.size();
        std::set<std::size_t> variants;
        for (const TrainedFolder& each : folders)
            variants.insert(each.variant);
        before(variants);
        std::vector<std::vector<ObservedModel>> trained(m_series.variants.size());
        for (const TrainedFolder& each : folders) {
            const RecipeVariant& variant = m_series.variants[each.variant];
            trained[each.variant].push_back(known(each.folder / "after.json", each.folder, {},
                                                  variant.withSeed(each.seed).json,
                                                  variant.id + ", seed " + std::to_string(each.seed)));
        }
        after(trained);
        return std::move(m_figures);
    }

private:
    // What the file says of these texts and this model, or what is found now and then written there.
    ObservedModel known(const fs::path& file, const fs::path& model, const Plan& plan, const Json& recipe,
                        const std::string& title)
    {
        const Json asked = {{"after", m_after.json}, {"recipe", recipe}, {"texts", m_texts.size()}};
        const std::unique_ptr<Monitor> part = partOf(m_monitor, m_part++, m_parts);
        std::error_code error;
        if (fs::exists(file, error)) {
            const Json json = readJsonFile(file);
            if (json.is_object() && json.value("asked", Json()) == asked)
                return observedFromJson(JsonFields(json, file.string()).at("observed"), file.string());
        }
        part->check();
        part->progress(0.0, title);
        ObservedModel observed = Observer(m_after, m_texts, model, plan, *part).observe();
        writeTextFile(file, Json({{"asked", asked}, {"observed", toJson(observed)}}).dump() + "\n");
        return observed;
    }

    void add(const std::string& variant, const std::string& stage, const ObservedModel& model,
             const std::vector<ComparedWith>& comparisons)
    {
        for (StudyFigure& figure : figuresOf(model, m_texts, m_classes, m_after, comparisons)) {
            figure.variant = variant;
            figure.stage = stage;
            figure.scope += ", " + m_after.texts;
            m_figures.push_back(std::move(figure));
        }
    }

    void before(const std::set<std::size_t>& variants)
    {
        if (!m_after.patched)
            return;
        const auto recipeOf = [](const RecipeVariant& variant) {
            Json json = {{"model", variant.recipe.json.at("model")}};
            json["plan"] = variant.recipe.json.value("plan", Json());
            return json;
        };
        Json exact = recipeOf(m_series.variants.front());
        exact["plan"] = nullptr;
        m_unpatched =
            known(m_folder / "before.json", m_series.variants.front().recipe.startFolder, {}, exact, "unpatched");
        add("", "unpatched", *m_unpatched, {});
        for (const std::size_t which : variants) {
            const RecipeVariant& variant = m_series.variants[which];
            if (variant.recipe.plan.entries.empty())
                continue;
            const ObservedModel patched =
                known(m_folder / ("before." + variant.id + ".json"), variant.recipe.startFolder, variant.recipe.plan,
                      recipeOf(variant), variant.id + ", patched");
            add(variant.id, "patched", patched, {{&*m_unpatched, "the model unpatched", "_unpatched"}});
        }
    }

    void after(const std::vector<std::vector<ObservedModel>>& trained)
    {
        std::optional<ObservedModel> baseline;
        if (!trained[m_series.baseline].empty())
            baseline = mergedModels(trained[m_series.baseline]);
        for (std::size_t i = 0; i < trained.size(); ++i) {
            if (trained[i].empty())
                continue;
            std::vector<ComparedWith> comparisons;
            if (m_unpatched)
                comparisons.push_back({&*m_unpatched, "the model unpatched", "_unpatched"});
            std::optional<ObservedModel> equal;  // the baseline's runs with this variant's seeds
            if (baseline && i != m_series.baseline) {
                equal = withSeedsOf(i, trained);
                comparisons.push_back({&*equal, m_series.variants[m_series.baseline].id + " equally trained", ""});
            }
            add(m_series.variants[i].id, "trained", mergedModels(trained[i]), comparisons);
        }
    }

    // The baseline's models with the seeds of a variant; all where there are others.
    ObservedModel withSeedsOf(std::size_t variant, const std::vector<std::vector<ObservedModel>>& trained) const
    {
        const std::vector<std::uint64_t>& seeds = m_series.variants[variant].seeds;
        const std::vector<std::uint64_t>& of = m_series.variants[m_series.baseline].seeds;
        const std::vector<ObservedModel>& all = trained[m_series.baseline];
        std::vector<ObservedModel> some;
        for (std::size_t i = 0; i < of.size() && all.size() == of.size(); ++i)
            if (std::ranges::find(seeds, of[i]) != seeds.end())
                some.push_back(all[i]);
        return mergedModels(some.size() == trained[variant].size() ? some : all);
    }

    const RecipeSeries& m_series;
    const AfterTraining& m_after;
    fs::path m_folder;
    Monitor& m_monitor;
    std::vector<std::string> m_classes;
    std::vector<LabelledText> m_texts;
    std::optional<ObservedModel> m_unpatched;
    std::vector<StudyFigure> m_figures;
    std::size_t m_part = 0, m_parts = 1;
};

}  // namespace

void checkAfterTraining(const AfterTraining& after, const Recipe& recipe)
{
    for (const std::string& text : after.perturbations)
        parsePerturbation(text);
    textsOf(after, recipe, classesOf(recipe));
}

std::vector<StudyFigure> evaluateTrained(const RecipeSeries& series, const std::vector<TrainedFolder>& folders,
                                         const fs::path& folder, Monitor& monitor)
{
    return TrainedEvaluation(series, folder, monitor).run(folders);
}

}  // namespace ketscope
