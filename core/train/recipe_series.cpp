// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/recipe_series.h"

#include "core/study/plan.h"
#include "core/train/strict_fields.h"

#include <set>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

// Keys of a series that a recipe has not.
constexpr const char* kSeriesKeys[] = {"variants", "seeds", "baseline", "timings", "after"};
// Keys that a variant may change: what is left is equal for all.
constexpr std::string_view kChanged[] = {"model", "plan", "trained_parameters", "optimizer", "dropout", "weights"};
constexpr std::size_t kMostSeeds = 1000;

bool isName(const std::string& id)
{
    return !id.empty() && id.front() != '.' && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'
               || c == '.';
    });
}

class Reader {
public:
    Reader(Json json, const fs::path& file, const fs::path& dataFolder)
        : m_file(file), m_dataFolder(dataFolder), m_all(std::move(json))
    {
    }

    RecipeSeries read()
    {
        const JsonFields all(m_all, m_file.string());
        m_base = m_all;
        for (const char* key : kSeriesKeys)
            m_base.erase(key);
        m_series.file = fs::absolute(m_file);
        m_series.id = m_file.stem().string();
        m_series.title = all.text("title");
        m_seeds = seedsOf(all, {all.has("seed") ? all.whole<std::uint64_t>("seed") : 0}, m_file.string());
        const Json& variants = all.at("variants");
        if (!variants.is_array() || variants.empty())
            refuse({where("variants"), "a list of at least one", variants.dump().substr(0, 40), ""});
        for (const Json& each : variants)
            readVariant(each);
        if (all.has("baseline"))
            m_series.baseline = variantNamed(all.text("baseline"), where("baseline"));
        if (all.has("timings"))
            readTimings(all.at("timings"));
        if (all.has("after"))
            readAfter(all.at("after"));
        return std::move(m_series);
    }

private:
    std::string where(const std::string& key) const { return m_file.string() + ": \"" + key + "\""; }

    static std::vector<std::uint64_t> seedsOf(const JsonFields& from, std::vector<std::uint64_t> byDefault,
                                              const std::string& where)
    {
        const std::vector<std::uint64_t> seeds = from.has("seeds") ? from.list<std::uint64_t>("seeds") : byDefault;
        if (seeds.empty() || seeds.size() > kMostSeeds || std::set(seeds.begin(), seeds.end()).size() != seeds.size())
            refuse({where + ", \"seeds\"", "different seeds, at least one", std::to_string(seeds.size()), ""});
        return seeds;
    }

    // Throws for a key that is equal for all.
    static void checkChanges(const Json& changes, const std::string& where)
    {
        if (!changes.is_object())
            refuse({where + ", \"changes\"", "an object", changes.type_name(), ""});
        for (const auto& [key, value] : changes.items())
            if (std::ranges::find(kChanged, key) == std::end(kChanged)) {
                std::string list;
                for (const std::string_view each : kChanged)
                    list += (list.empty() ? "" : ", ") + std::string(each);
                refuse({where + ", \"changes\"", "changes of " + list, "\"" + printable(key, 40) + "\"",
                        "Data, batches, steps and seeds are equal for all variants."});
            }
    }

    Recipe changed(const Json& base, const Json& changes, const std::string& title) const
    {
        Json json = base;
        json.merge_patch(changes);
        json["title"] = title;
        return recipeFromJson(std::move(json), m_file, m_dataFolder);
    }

    void readVariant(const Json& json)
    {
        const StrictFields fields(json, where("variants"), {"id", "title", "changes", "seeds"});
        RecipeVariant variant;
        variant.id = fields.text("id");
        const std::string here = where("variants") + ", " + printable(variant.id, 40);
        if (!isName(variant.id))
            refuse({here + ", \"id\"", "letters, digits and -, _, .", "\"" + printable(variant.id, 40) + "\"", ""});
        if (std::ranges::find(m_series.variants, variant.id, &RecipeVariant::id) != m_series.variants.end())
            refuse({here, "an id of its own", "another variant with it", ""});
        variant.title = fields.text("title");
        variant.seeds = seedsOf(fields, m_seeds, here);
        const Json none = Json::object();
        const Json& changes = fields.has("changes") ? fields.at("changes") : none;
        checkChanges(changes, here);
        for (const std::uint64_t seed : variant.seeds)
            if (!m_folders.insert(variant.folderOf(seed)).second)
                refuse({here, "a folder of its own for each seed", "another \"" + variant.folderOf(seed) + "\"", ""});
        variant.dataFolder = m_dataFolder;
        Json base = m_base;
        base["seed"] = variant.seeds.front();
        variant.recipe = changed(base, changes, m_series.title + ": " + variant.title);
        m_series.variants.push_back(std::move(variant));
    }

    std::size_t variantNamed(const std::string& id, const std::string& where) const
    {
        const auto found = std::ranges::find(m_series.variants, id, &RecipeVariant::id);
        if (found == m_series.variants.end())
            refuse({where, "the id of a variant", "\"" + printable(id, 40) + "\"", ""});
        return static_cast<std::size_t>(found - m_series.variants.begin());
    }

    void readTimings(const Json& list)
    {
        if (!list.is_array())
            refuse({where("timings"), "a list", list.type_name(), ""});
        for (const Json& json : list) {
            const StrictFields fields(json, where("timings"), {"id", "title", "steps", "changes", "variants"});
            StepTiming timing{fields.text("id"), fields.text("title"), fields.count("steps", 3), {}};
            const std::string here = where("timings") + ", " + printable(timing.id, 40);
            const Json changes = fields.has("changes") ? fields.at("changes") : Json::object();
            if (!isName(timing.id))
                refuse({here, "letters, digits and -, _, . as id", "\"" + printable(timing.id, 40) + "\"", ""});
            checkChanges(changes, here);
            for (const std::string& id : fields.texts("variants")) {
                const std::size_t which = variantNamed(id, here);
                const RecipeVariant& variant = m_series.variants[which];
                timing.recipes.emplace_back(which,
                                            changed(variant.recipe.json, changes, variant.title + ", " + timing.title));
            }
            m_series.timings.push_back(std::move(timing));
        }
    }

    void readAfter(const Json& json)
    {
        const StrictFields fields(json, where("after"), {"texts", "patched", "robustness", "maps"});
        AfterTraining after;
        after.json = json;
        after.texts = fields.text("texts");
        after.patched = fields.has("patched") && fields.flag("patched");
        if (fields.has("robustness")) {
            const StrictFields how(fields.at("robustness"), where("robustness"), {"perturbations", "texts"});
            after.perturbations = how.texts("perturbations");
            after.perturbedTexts = how.count("texts", 100);
        }
        if (fields.has("maps")) {
            const StrictFields how(fields.at("maps"), where("maps"), {"layers", "texts"});
            after.mapLayers = parseIndexList(how.text("layers"), "layers");
            after.mapTexts = how.count("texts", 100);
        }
        const Recipe& first = m_series.variants.front().recipe;
        if (first.objective != Objective::Classification)
            refuse({where("after"), "the objective classification", std::string(objectiveName(first.objective)), ""});
        if (after.patched && first.startFolder.empty())
            refuse({where("after") + ", \"patched\"", "a model to start from", "new weights", ""});
        m_series.after = std::move(after);
    }

    fs::path m_file;
    fs::path m_dataFolder;
    Json m_all;
    Json m_base;  // the recipe that variants change
    std::vector<std::uint64_t> m_seeds;
    std::set<std::string> m_folders;
    RecipeSeries m_series;
};

// To so many steps, of a recipe or of changes of one.
void shorten(Json& json, std::size_t steps)
{
    json["steps"] = steps;
    // A short try ends before the schedule begins anew.
    if (const auto optimizer = json.find("optimizer"); optimizer != json.end() && optimizer->is_object())
        if (const auto restarts = optimizer->find("restarts"); restarts != optimizer->end() && restarts->is_array())
            std::erase_if(*restarts->get_ptr<Json::array_t*>(), [&](const Json& each) {
                return each.is_number_integer() && each.get<double>() >= static_cast<double>(steps);
            });
}

}  // namespace

Recipe RecipeVariant::withSeed(std::uint64_t seed) const
{
    Json json = recipe.json;
    json["seed"] = seed;
    return recipeFromJson(std::move(json), recipe.file, dataFolder);
}

std::string RecipeVariant::folderOf(std::uint64_t seed) const
{
    return id + (seeds.size() > 1 ? "-" + std::to_string(seed) : "");
}

void RecipeChanges::apply(Json& json) const
{
    if (!json.is_object())
        return;
    if (steps) {
        shorten(json, *steps);
        if (const auto first = json.find("pretraining"); first != json.end() && first->is_object())
            if (const auto changes = first->find("changes"); changes != first->end() && changes->is_object())
                shorten(*changes, *steps);
    }
    if (!seed)
        return;
    json["seed"] = *seed;
    json.erase("seeds");
    if (const auto variants = json.find("variants"); variants != json.end() && variants->is_array())
        for (Json& each : *variants)
            if (each.is_object())
                each.erase("seeds");
}

bool isSeries(const Json& json) { return json.is_object() && json.contains("variants"); }

RecipeSeries seriesFromJson(Json json, const fs::path& file, const fs::path& dataFolder)
{
    return Reader(std::move(json), file, dataFolder).read();
}

}  // namespace ketscope
