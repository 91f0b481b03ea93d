// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/recipe.h"

#include "core/text/labelled_texts.h"
#include "core/train/strict_fields.h"

#include <charconv>
#include <set>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kObjectives[] = {"language-modelling", "classification", "contrast", "matching",
                                            "contrast-and-matching"};
constexpr std::string_view kTypes[] = {"F32", "F16"};
constexpr std::string_view kUses[] = {"train", "hold-out", "test"};
constexpr double kMostDeviation = 10.0;  // of new weights

class Reader {
public:
    Reader(Json json, const fs::path& file, const fs::path& dataFolder)
        : m_dataFolder(dataFolder), m_json(std::move(json))
    {
        m_recipe.file = fs::absolute(file);
    }

    Recipe read()
    {
        const StrictFields all(m_json, where(""), {"format",        "version",
                                                   "title",         "model",
                                                   "plan",          "trained_parameters",
                                                   "objective",     "late_interaction",
                                                   "matching_from", "contrast_until",
                                                   "frozen",        "renewed",
                                                   "masked_words",  "data",
                                                   "batch",         "length",
                                                   "steps",         "optimizer",
                                                   "dropout",       "naive_bayes",
                                                   "pretraining",   "seed",
                                                   "validation",    "checkpoint_every",
                                                   "weights"});
        if (all.text("format") != "ketscope-recipe" || all.whole<int>("version") != 1)
            refuse({where(""), "format \"ketscope-recipe\", version 1", "another", ""});
        m_recipe.title = all.text("title");
        m_recipe.objective = static_cast<Objective>(all.oneOf("objective", kObjectives));
        readContrast(all);
        m_recipe.batch = all.count("batch", 16);
        m_recipe.length = all.count("length", 0, 0);
        m_recipe.schedule.steps = all.count("steps", 0);
        m_recipe.seed = all.has("seed") ? all.whole<std::uint64_t>("seed") : 0;
        m_recipe.checkpointEvery = all.count("checkpoint_every", 100);
        if (all.has("weights") && all.oneOf("weights", kTypes) == 1)
            m_recipe.weightsType = DataType::F16;
        if (all.has("trained_parameters"))
            m_recipe.trainedParameters = all.texts("trained_parameters");
        if (all.has("plan"))
            for (const std::string& spec : all.texts("plan"))
                m_recipe.plan.entries.push_back(parseSpec(spec));
        for (const auto& [key, part] : {std::pair("frozen", &m_recipe.frozen), {"renewed", &m_recipe.renewed}})
            if (all.has(key)) {
                const StrictFields fields(all.at(key), where(key), {"tensors", "from"});
                *part = {fields.texts("tensors"), fields.count("from", 0, 0)};
            }
        if (all.has("masked_words"))
            readMaskedWords(all.at("masked_words"));
        readModel(all.at("model"));
        readData(all.at("data"));
        readOptimizer(all);
        readValidation(all);
        readWordEvidence(all);
        readPretraining(all);
        m_recipe.json = m_json;
        m_recipe.json["seed"] = m_recipe.seed;
        return std::move(m_recipe);
    }

private:
    std::string where(const std::string& key) const
    {
        return m_recipe.file.string() + (key.empty() ? "" : ": \"" + key + "\"");
    }

    fs::path resolved(const std::string& path) const { return (m_recipe.file.parent_path() / path).lexically_normal(); }

    void readContrast(const StrictFields& all)
    {
        const std::string objective(objectiveName(m_recipe.objective));
        const bool both = m_recipe.objective == Objective::ContrastAndMatching;
        m_recipe.lateInteraction = all.number("late_interaction", 0.0, 0.0, 100.0);
        if (m_recipe.lateInteraction > 0.0 && !both && m_recipe.objective != Objective::Contrast)
            refuse({where("late_interaction"), "an objective with contrast", objective, ""});
        for (const char* key : {"matching_from", "contrast_until"})
            if (all.count(key, 0, 0) > 0 && !both)
                refuse({where(key), "the objective \"contrast-and-matching\"", objective, ""});
        m_recipe.matchingFrom = all.count("matching_from", 0, 0);
        m_recipe.contrastUntil = all.count("contrast_until", 0, 0);
        if (m_recipe.contrastUntil > 0 && m_recipe.matchingFrom > m_recipe.contrastUntil)
            refuse({where("matching_from"), "at most \"contrast_until\"", std::to_string(m_recipe.matchingFrom),
                    "In between there would be nothing to learn."});
    }

    void readMaskedWords(const Json& json)
    {
        if (m_recipe.objective != Objective::Classification)
            refuse({where("masked_words"), "the objective \"classification\"",
                    std::string(objectiveName(m_recipe.objective)), ""});
        constexpr double kMostHidden = 0.9;
        const StrictFields fields(json, where("masked_words"), {"share", "weight", "last_weight"});
        m_recipe.maskedWords.share = fields.number("share", 0.15, 0.0, kMostHidden);
        m_recipe.maskedWords.weight = fields.number("weight", 1.0, 0.0, 100.0);
        m_recipe.maskedWords.lastWeight = fields.number("last_weight", m_recipe.maskedWords.weight, 0.0, 100.0);
    }

    void readModel(const Json& json)
    {
        const StrictFields model(json, where("model"),
                                 {"config", "changes", "files", "start", "deviation", "deviations"});
        m_recipe.filesFolder = resolved(model.text("files"));
        const Json& config = model.at("config");
        m_recipe.config = config.is_string() ? readJsonFile(resolved(config.get<std::string>())) : config;
        if (!m_recipe.config.is_object())
            refuse({where("model"), "\"config\" as an object or a file", m_recipe.config.type_name(), ""});
        if (model.has("changes"))
            m_recipe.config.merge_patch(model.at("changes"));
        if (model.has("start"))
            m_recipe.startFolder = resolved(model.text("start"));
        m_recipe.deviations.usual = model.number("deviation", m_recipe.deviations.usual, 0.0, kMostDeviation);
        if (!model.has("deviations"))
            return;
        const JsonFields named(model.at("deviations"), where("deviations"));
        for (const auto& [part, deviation] : model.at("deviations").items())
            m_recipe.deviations.named[part] = named.numberIn(part.c_str(), 0.0, kMostDeviation);
    }

    void readData(const Json& json)
    {
        const StrictFields data(json, where("data"),
                                {"generated", "other_captions", "sources", "validation_share", "held_for_validation",
                                 "held_for_test", "held_texts", "true_weight", "one_object"});
        if (data.has("generated") == data.has("sources"))
            refuse(
                {where("data"), "either \"generated\" or \"sources\"", data.has("sources") ? "both" : "neither", ""});
        m_recipe.validationShare = data.number("validation_share", 0.1, 0.0, 0.9);
        m_recipe.heldForValidation = data.count("held_for_validation", 0, 0);
        m_recipe.heldForTest = data.count("held_for_test", 0, 0);
        if (data.has("held_texts"))
            readHeldTexts(resolved(data.text("held_texts")));
        if (data.has("generated")) {
            if (data.text("generated") != "scenes")
                refuse({where("data"), "\"scenes\"", "\"" + printable(data.text("generated"), 40) + "\"", ""});
            m_recipe.otherCaptions = data.count("other_captions", 0, 0);
            m_recipe.trueWeight = data.number("true_weight", 1.0, 1e-3, 1e3);
            if (data.has("one_object")) {
                const StrictFields fields(data.at("one_object"), where("one_object"), {"from", "until", "afterwards"});
                m_recipe.oneObject = {fields.count("from", 0, 0), fields.count("until", 0),
                                      fields.number("afterwards", 0.0, 0.0, 1.0)};
            }
            return;
        }
        const Json& sources = data.at("sources");
        if (!sources.is_array() || sources.empty())
            refuse({where("data"), "\"sources\" as a list of at least one", sources.type_name(), ""});
        for (const Json& source : sources)
            m_recipe.sources.push_back(readSource(source));
    }

    // A number from 1 on each line, of texts in the order of the source's parts; lines that begin with "#" say something else.
    void readHeldTexts(const fs::path& file)
    {
        const auto wrong = [&](const std::string& found) {
            refuse({file.string(),
                    "as many numbers of texts, from 1, each once, as \"held_for_validation\" and \"held_for_test\" say",
                    found, ""});
        };
        std::set<std::size_t> once;
        for (const std::string& line : readLines(file)) {
            const std::string text = trimmed(line);
            if (text.empty() || text.starts_with('#'))
                continue;
            std::size_t number = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (error != std::errc() || end != text.data() + text.size() || number == 0 || !once.insert(number).second)
                wrong("\"" + printable(text, 20) + "\"");
            m_recipe.heldTexts.push_back(number - 1);
        }
        if (once.size() != m_recipe.heldForValidation + m_recipe.heldForTest)
            wrong(std::to_string(once.size()) + " numbers");
    }

    DataSource readSource(const Json& json) const
    {
        const StrictFields fields(json, where("sources"),
                                  {"file", "licence", "origin", "parts", "use", "share", "last_share", "comment",
                                   "trust", "counts", "pretraining"});
        DataSource source;
        source.file = resolved(fields.text("file"));
        source.licence = fields.text("licence");
        source.origin = fields.textOr("origin", "");
        source.comment = fields.textOr("comment", "");
        if (std::error_code error; !fs::exists(source.file, error) && !m_dataFolder.empty())
            source.file = m_dataFolder / source.file.filename();
        if (std::error_code error; !fs::exists(source.file, error))
            refuse({source.file.string(), "the data that the recipe names", "no such file",
                    source.origin.empty() ? "Put it there or name its data folder (--data)."
                                          : "Get it (" + source.origin + ") and name its data folder (--data)."});
        const std::size_t use = fields.has("use") ? fields.oneOf("use", kUses) : 0;
        source.held = use == 1;
        source.testOnly = use == 2;
        source.share = fields.number("share", 1.0, 0.0, 1e6);
        source.lastShare = fields.number("last_share", source.share, 0.0, 1e6);
        source.trust = fields.number("trust", 1.0, 0.0, 1.0);
        source.counts = fields.number("counts", 1.0, 0.0, 1e6);
        if (source.testOnly && (fields.has("trust") || fields.has("counts")))
            refuse({where("sources"), "\"trust\" and \"counts\" of a source to train on", "one for a test alone", ""});
        if (!fields.has("parts"))
            source.parts.emplace_back();
        else
            readParts(fields.at("parts"), source);
        return source;
    }

    void readParts(const Json& parts, DataSource& source) const
    {
        if (!parts.is_array())
            refuse({where("parts"), "a list", parts.type_name(), ""});
        for (const Json& json : parts) {
            const StrictFields part(json, where("parts"), {"member", "label"});
            source.parts.push_back(
                {part.textOr("member", ""), part.has("label") ? part.whole<std::int32_t>("label") : -1});
        }
    }

    void readOptimizer(const StrictFields& all)
    {
        const Json empty = Json::object();
        const StrictFields fields(
            all.has("optimizer") ? all.at("optimizer") : empty, where("optimizer"),
            {"rate", "last_rate", "warm_up", "restarts", "decay", "clip", "beta1", "beta2", "epsilon", "average"});
        m_recipe.schedule.peak = fields.number("rate", 1e-3, 0.0, 10.0);
        m_recipe.schedule.last = fields.number("last_rate", 0.1, 0.0, 1.0);
        m_recipe.schedule.warmUp = fields.count("warm_up", 0, 0);
        if (fields.has("restarts"))
            m_recipe.schedule.restarts = fields.list<std::size_t>("restarts");
        std::size_t before = 0;
        for (const std::size_t each : m_recipe.schedule.restarts) {
            if (each <= before || each >= m_recipe.schedule.steps)
                refuse({where("restarts"), "steps of the run, from 1, each later than the one before",
                        std::to_string(each), ""});
            before = each;
        }
        m_recipe.optimizer.decay = fields.number("decay", 0.01, 0.0, 1.0);
        m_recipe.optimizer.beta1 = fields.number("beta1", 0.9, 0.0, 0.999999);
        m_recipe.optimizer.beta2 = fields.number("beta2", 0.999, 0.0, 0.999999);
        m_recipe.optimizer.epsilon = fields.number("epsilon", 1e-8, 1e-30, 1.0);
        m_recipe.average = fields.number("average", 0.0, 0.0, 0.999999);
        m_recipe.clip = fields.number("clip", 1.0, 0.0, 1e9);
        constexpr double kMostLeftOut = 0.95;
        const StrictFields dropout(all.has("dropout") ? all.at("dropout") : empty, where("dropout"),
                                   {"embeddings", "residuals", "cross_attention", "tokens"});
        m_recipe.dropout.embeddings = dropout.number("embeddings", 0.0, 0.0, kMostLeftOut);
        m_recipe.tokenDropout = dropout.number("tokens", 0.0, 0.0, kMostLeftOut);
        if (m_recipe.tokenDropout > 0.0 && m_recipe.objective != Objective::Classification)
            refuse({where("dropout"), "\"tokens\" for classification", std::string(objectiveName(m_recipe.objective)),
                    ""});
        m_recipe.dropout.residuals = dropout.number("residuals", 0.0, 0.0, kMostLeftOut);
        m_recipe.dropout.crossAttention = dropout.number("cross_attention", 0.0, 0.0, kMostLeftOut);
    }

    void readWordEvidence(const StrictFields& all)
    {
        const bool asked = std::ranges::any_of(m_recipe.sources, [](const auto& each) { return each.trust < 1.0; });
        if (!all.has("naive_bayes")) {
            if (asked)
                refuse({where("trust"), "\"naive_bayes\" in the recipe", "none", "It says what labels leave open."});
            return;
        }
        if (m_recipe.objective != Objective::Classification)
            refuse({where("naive_bayes"), "the objective \"classification\"",
                    std::string(objectiveName(m_recipe.objective)), ""});
        const StrictFields fields(all.at("naive_bayes"), where("naive_bayes"), {"embeddings"});
        m_recipe.wordEvidence = {true, fields.number("embeddings", 0.0, 0.0, 10.0)};
        if (m_recipe.wordEvidence.embeddings > 0.0 && (!m_recipe.startFolder.empty() || all.has("pretraining")))
            refuse({where("naive_bayes"), "\"embeddings\" for a new model",
                    all.has("pretraining") ? "\"pretraining\"" : "\"start\"", "Leave one of them out."});
        if (m_recipe.wordEvidence.embeddings == 0.0 && !asked)
            refuse({where("naive_bayes"), "\"embeddings\" or sources with \"trust\" below 1", "neither",
                    "It would change nothing."});
    }

    // The same recipe with changes, which hold back the same texts and are drawn by the same seed.
    void readPretraining(const StrictFields& all)
    {
        Json json = m_json;
        bool changed = false;
        if (json.at("data").contains("sources"))
            for (Json& source : json.at("data").at("sources")) {
                if (!source.contains("pretraining"))
                    continue;
                const Json changes = source.at("pretraining");
                const StrictFields checked(changes, where("sources") + ", \"pretraining\"",
                                           {"share", "last_share", "trust", "counts"});
                source.erase("pretraining");
                source.merge_patch(changes);
                changed = true;
            }
        if (!all.has("pretraining")) {
            if (changed)
                refuse({where("sources"), "\"pretraining\" in the recipe", "none", ""});
            return;
        }
        const StrictFields fields(all.at("pretraining"), where("pretraining"), {"changes"});
        json.erase("pretraining");
        if (fields.has("changes")) {
            const StrictFields checked(
                fields.at("changes"), where("pretraining"),
                {"steps", "optimizer", "dropout", "naive_bayes", "masked_words", "frozen", "batch"});
            json.merge_patch(fields.at("changes"));
        }
        m_recipe.pretraining =
            std::make_shared<const Recipe>(recipeFromJson(std::move(json), m_recipe.file, m_dataFolder));
    }

    void readValidation(const StrictFields& all)
    {
        const Json empty = Json::object();
        const StrictFields fields(all.has("validation") ? all.at("validation") : empty, where("validation"),
                                  {"every", "examples"});
        m_recipe.validateEvery = fields.count("every", 100);
        m_recipe.validationExamples = fields.count("examples", 64);
    }

    fs::path m_dataFolder;
    Json m_json;
    Recipe m_recipe;
};

}  // namespace

bool Recipe::Part::has(std::string_view name) const
{
    return std::ranges::any_of(tensors, [&](const std::string& prefix) { return name.starts_with(prefix); });
}

std::string_view objectiveName(Objective objective) { return kObjectives[static_cast<std::size_t>(objective)]; }

Recipe recipeFromJson(Json json, const fs::path& file, const fs::path& dataFolder)
{
    return Reader(std::move(json), file, dataFolder).read();
}

Recipe readRecipe(const fs::path& file, const fs::path& dataFolder)
{
    return recipeFromJson(readJsonFile(file), file, dataFolder);
}

}  // namespace ketscope
