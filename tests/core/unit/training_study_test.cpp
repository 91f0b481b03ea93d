// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/tasks/after_training.h"
#include "core/tasks/study_claims.h"
#include "core/tasks/training_study.h"
#include "core/train/initial_weights.h"
#include "core/train/training_data.h"
#include "tests/support/paths.h"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

namespace fs = std::filesystem;
using test::contentOf;

// Two small language models of characters: classical heads, and the same whose values leak.
Json tinySeries(const fs::path& folder)
{
    std::ofstream text(folder / "text.txt");
    for (int i = 0; i < 60; ++i)
        text << "to be or not to be that is the question\n";
    return {{"format", "ketscope-recipe"},
            {"version", 1},
            {"title", "tiny"},
            {"objective", "language-modelling"},
            {"model",
             {{"config",
               {{"model_type", "openai-gpt"},
                {"architectures", {"OpenAIGPTLMHeadModel"}},
                {"n_embd", 16},
                {"n_layer", 2},
                {"n_head", 2},
                {"n_positions", 8},
                {"vocab_size", 65}}},
              {"files", (test::samples() / "char-gpt").string()}}},
            {"data", {{"sources", {{{"file", "text.txt"}, {"licence", "public domain"}}}}}},
            {"batch", 4},
            {"steps", 4},
            {"seeds", {0, 7}},
            {"checkpoint_every", 2},
            {"validation", {{"every", 2}, {"examples", 8}}},
            {"variants",
             {{{"id", "classical"}, {"title", "Classical heads"}},
              {{"id", "leak"},
               {"title", "Transposed"},
               {"seeds", {7}},
               {"changes", {{"plan", {"qisa:values=model,aggregate=transposed"}}}}}}}};
}

class TrainingStudy : public testing::Test {
protected:
    // As a file gives it: whole numbers have no sign.
    RecipeSeries series(const Json& json) const { return seriesFromJson(Json::parse(json.dump()), at("tiny.json")); }
    StudyResults run(const Json& json, const SeriesOptions& options = {})
    {
        return trainSeries(series(json), at("out"), options, m_monitor);
    }
    fs::path at(const std::string& name) const { return m_folder.path() / name; }

    test::TemporaryFolder m_folder;
    Monitor m_monitor;
};

TEST_F(TrainingStudy, VariantsAreMergePatches)
{
    Json json = tinySeries(m_folder.path());
    json["variants"][1]["changes"]["model"] = {{"config", {{"n_layer", 1}, {"architectures", nullptr}}}};
    const RecipeSeries found = series(json);
    EXPECT_EQ(found.id, "tiny");
    ASSERT_EQ(found.variants.size(), 2U);
    EXPECT_EQ(found.variants[0].recipe.config.at("n_layer"), 2);
    EXPECT_EQ(found.variants[1].recipe.config.at("n_layer"), 1);
    EXPECT_EQ(found.variants[1].recipe.config.at("n_embd"), 16);
    EXPECT_FALSE(found.variants[1].recipe.config.contains("architectures"));
    EXPECT_TRUE(found.variants[0].recipe.plan.entries.empty());
    EXPECT_EQ(found.variants[1].recipe.plan.entries.size(), 1U);
    EXPECT_EQ(found.variants[0].seeds, (std::vector<std::uint64_t>{0, 7}));
    EXPECT_EQ(found.variants[0].folderOf(7), "classical-7");
    EXPECT_EQ(found.variants[1].folderOf(7), "leak");
    EXPECT_EQ(found.variants[0].withSeed(7).json.at("seed"), 7);
    EXPECT_FALSE(found.variants[0].recipe.json.contains("variants"));
    RecipeChanges changes{.seed = 5, .steps = 2};
    changes.apply(json);
    const RecipeSeries changed = series(json);
    EXPECT_EQ(changed.variants[1].seeds, std::vector<std::uint64_t>{5});
    EXPECT_EQ(changed.variants[1].recipe.schedule.steps, 2U);
}

TEST_F(TrainingStudy, WrongVariantsAreRefusedByName)
{
    const Json right = tinySeries(m_folder.path());
    const auto refused = [&](const char* pointer, const Json& value, const std::string& part) {
        Json json = right;
        json[Json::json_pointer(pointer)] = value;
        try {
            series(json);
            ADD_FAILURE() << pointer << " was taken";
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
        }
    };
    refused("/variants", Json::array(), "at least one");
    refused("/variants/1/id", "classical", "id of its own");
    refused("/variants/1/id", "classical-7", "folder of its own");
    refused("/variants/1/id", "../leak", "letters");
    refused("/variants/1/changes", {{"batch", 8}}, "equal for all");
    refused("/variants/1/changes", {{"steps", 8}}, "equal for all");
    refused("/variants/1/seeds", {1, 1}, "different seeds");
    refused("/variants/1/epochs", 3, "epochs");
    refused("/variants/1/changes", {{"plan", {"nothing"}}}, "nothing");
    refused("/baseline", "none", "id of a variant");
    refused("/timings", {{{"id", "t"}, {"title", "t"}, {"changes", Json::object()}, {"variants", {"none"}}}}, "none");
    refused("/after", {{"texts", "test"}}, "classification");
    try {
        run(right, {.variants = {"none"}});
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("classical, leak"), std::string::npos) << error.what();
    }
}

TEST_F(TrainingStudy, BatchesAreEqualAmongVariants)
{
    const RecipeSeries found = series(tinySeries(m_folder.path()));
    const auto drawn = [](const Recipe& recipe) {
        ModelFiles files;
        files.config = std::make_shared<const Json>(recipe.config);
        files.weights = initialWeights(recipe.config, "new", recipe.deviations, recipe.seed);
        const auto data = openTrainingData(recipe, architectureOf(files).describe(files));
        std::vector<std::vector<std::int32_t>> all;
        for (std::size_t step = 0; step < 3; ++step)
            for (std::size_t i = 0; i < recipe.batch; ++i)
                all.push_back(data->draw(step, i).input.tokenIds);
        return all;
    };
    EXPECT_EQ(drawn(found.variants[0].withSeed(7)), drawn(found.variants[1].withSeed(7)));
    EXPECT_NE(drawn(found.variants[0].withSeed(7)), drawn(found.variants[1].withSeed(8)));
}

TEST_F(TrainingStudy, EveryVariantAndSeedIsTrainedOnce)
{
    Json json = tinySeries(m_folder.path());
    json["timings"] = {{{"id", "narrow"},
                        {"title", "narrow"},
                        {"steps", 2},
                        {"changes", {{"dropout", {{"residuals", 0.1}}}}},
                        {"variants", {"leak"}}}};
    const StudyResults first = run(json, {.variants = {"classical"}});
    EXPECT_FALSE(first.complete);
    EXPECT_EQ(first.runs.size(), 2U);
    EXPECT_TRUE(first.times.empty());
    EXPECT_FALSE(fs::exists(at("out/leak")));
    const auto written = fs::last_write_time(at("out/classical-7/model.safetensors"));
    EXPECT_THROW(run(json, {.stopAfter = 3}), Error);
    EXPECT_TRUE(fs::exists(at("out/leak/checkpoint.safetensors")));
    EXPECT_FALSE(fs::exists(at("out/leak/model.safetensors")));
    const StudyResults all = run(json);
    EXPECT_EQ(fs::last_write_time(at("out/classical-7/model.safetensors")), written);
    EXPECT_TRUE(all.complete);
    ASSERT_EQ(all.runs.size(), 3U);
    EXPECT_FALSE(all.runs[1].asPublished || all.runs[1].seesFuture);
    EXPECT_TRUE(all.runs[2].asPublished && all.runs[2].seesFuture);
    EXPECT_EQ(all.runs[1].figures.at(0).lossAt.size(), 8U);
    ASSERT_EQ(all.times.size(), 1U);
    EXPECT_GT(all.times[0].seconds, 0.0);
    EXPECT_EQ(contentOf(at("out/comparison.csv")), comparisonCsv(all));
    EXPECT_EQ(contentOf(at("out/positions.csv")), positionsCsv(all));
    const std::string saved = contentOf(at("out/comparison.json"));
    EXPECT_EQ(saved, toJson(run(json)).dump(1) + "\n");  // nothing is run again, not even the times
    EXPECT_EQ(toJson(studyResultsFromJson(Json::parse(saved), "x")), Json::parse(saved));
    json["batch"] = 5;
    EXPECT_THROW(run(json), Error);  // another recipe's folders
}

// 2 variants with 2 seeds and known numbers.
StudyResults handResults()
{
    const auto run = [](const char* variant, const char* title, std::uint64_t seed, double loss, double last) {
        Figures figures{"validation", 10, 40, loss, 0.25};
        figures.lossAt = {loss, last};
        return StudyRun{variant, title, seed, false, false, 100, {figures}};
    };
    StudyResults results{"hand", "By hand", "language-modelling", 8, 4, {"text.txt"}, "base", true, {}, {}, {}};
    results.runs = {run("base", "Base", 0, 2.0, 2.5), run("base", "Base", 1, 3.0, 3.5),
                    run("leak", "Leak, \"so\"", 0, 0.125, 2.5), run("leak", "Leak, \"so\"", 1, 0.25, 3.5),
                    run("right", "Right", 1, 2.0, 2.0)};
    results.runs[2].asPublished = results.runs[2].seesFuture = true;
    results.runs[3].asPublished = results.runs[3].seesFuture = true;
    results.times = {{"leak", "gates", "gate by gate", 3, 1.5}};
    return results;
}

TEST(StudyResultsTable, IsTheNumbersByHand)
{
    const StudyResults results = handResults();
    EXPECT_EQ(comparisonCsv(results),
              "variant,title,seed,as_published,sees_future,parameters,steps,validation loss_nats,"
              "validation accuracy,validation f1,loss_less_baseline_nats,seconds_per_step gates\n"
              "base,Base,0,no,no,100,8,2,0.25,,0,\n"
              "base,Base,1,no,no,100,8,3,0.25,,0,\n"
              "leak,\"Leak, \"\"so\"\"\",0,yes,yes,100,8,0.125,0.25,,-1.875,1.5\n"
              "leak,\"Leak, \"\"so\"\"\",1,yes,yes,100,8,0.25,0.25,,-2.75,1.5\n"
              "right,Right,1,no,no,100,8,2,0.25,,-1,\n");
    EXPECT_EQ(positionsCsv(results), "position,base seed 0,base seed 1,leak seed 0,leak seed 1,right seed 1\n"
                                     "0,2,3,0.125,0.25,2\n"
                                     "1,2.5,3.5,2.5,3.5,2\n");
    // Two values: the mean and 12.706 · half their distance.
    const Interval loss = overSeeds(results, "base", &Figures::loss);
    EXPECT_DOUBLE_EQ(loss.mean, 2.5);
    EXPECT_NEAR(loss.high - loss.mean, 12.706 * 0.5, 0.02);
    const Interval less = lessBaseline(results, "leak", &Figures::loss);
    EXPECT_DOUBLE_EQ(less.mean, -2.3125);
    EXPECT_NEAR(less.high - less.mean, 12.706 * 0.4375, 0.02);
    EXPECT_DOUBLE_EQ(lessBaseline(results, "right", &Figures::loss).mean, -1.0);
    EXPECT_EQ(trainingScope(results, "right"), "8 steps of 4, seed 1, text.txt");
    EXPECT_EQ(trainingScope(results, "leak"), "8 steps of 4, seeds 0, 1, text.txt");
    EXPECT_THROW(studyResultsFromJson(Json{{"format", "another"}, {"version", 1}}, "x"), Error);
}

TEST(StudyResultsTable, ShippedLossesDecideTheClaim)
{
    const test::TemporaryFolder folder;
    const fs::path file = folder.path() / "qisa-study.json";
    const auto findings = [&] {
        ClaimFindings found{.conclusion = "Seen."};
        addLossStudy(studyIn(file, "qisa-study"), 8.0, found);
        return found;
    };
    EXPECT_TRUE(findings().quantities.empty());
    EXPECT_NE(findings().conclusion.find("has no results here: ketscope train samples/recipes/qisa-study.json"),
              std::string::npos);
    EXPECT_EQ(findings().holds, Answer::NotAsked);
    std::ofstream(file) << "{\"format\": 3}";
    EXPECT_NE(findings().conclusion.find("cannot be read"), std::string::npos) << findings().conclusion;
    StudyResults results = handResults();
    const auto write = [&] { std::ofstream(file) << toJson(results).dump(); };
    for (StudyRun& run : results.runs)
        run.seed = 1;
    results.runs.erase(results.runs.begin() + 2);  // leak of the first seed
    results.runs.erase(results.runs.begin());
    write();
    const ClaimFindings found = findings();  // base 3, leak 0.25 (12 times lower), right 2 (1.5 times)
    EXPECT_EQ(found.reproduced, Answer::Yes);
    EXPECT_EQ(found.holds, Answer::No);
    EXPECT_EQ(verdictOf(ClaimKind::Result, found.reproduced, found.holds), Verdict::Artefact);
    EXPECT_NE(found.conclusion.find("future reach 0.250 nats, those whose heads do not 2 nats, Base 3"),
              std::string::npos)
        << found.conclusion;
    ASSERT_EQ(found.quantities.size(), 7U);
    EXPECT_EQ(found.quantities[0].role, QuantityRole::Baseline);
    EXPECT_EQ(found.quantities[4].value, exactly(12.0));
    EXPECT_EQ(found.quantities[4].published, 8.0);
    EXPECT_EQ(found.quantities[4].role, QuantityRole::AsPublished);
    EXPECT_NE(found.quantities[4].scope.find("from the shipped run of hand: 8 steps of 4, seed 1, text.txt"),
              std::string::npos)
        << found.quantities[4].scope;
    // A version that gains less from seeing the future (3 times) does not undo what another shows; alone it shows nothing.
    results.runs.push_back(StudyRun(results.runs[1]));
    results.runs.back().variant = "weak leak";
    results.runs.back().figures[0].loss = 1.0;
    write();
    EXPECT_EQ(findings().reproduced, Answer::Yes);
    std::swap(results.runs[1], results.runs.back());
    results.runs.pop_back();
    write();
    EXPECT_EQ(findings().reproduced, Answer::No);
    results.runs.back().figures[0].loss = 0.25;  // the correct one as low
    write();
    EXPECT_EQ(findings().holds, Answer::Yes);
    results.runs.erase(results.runs.begin());
    write();
    EXPECT_NE(findings().conclusion.find("lack its baseline"), std::string::npos);
}

TEST(StudyResultsTable, ShippedGainsDecideTheWins)
{
    ShippedStudy study{handResults(), {}};
    const auto figure = [](const char* id, double low, double high) {
        return StudyFigure{"leak", "trained", id, id, "points", "10 texts", {0.5 * (low + high), low, high}};
    };
    study.results->figures = {figure("accuracy_difference", 0.75, 1.25), figure("lost_beyond shuffle:window=3", -3, -1),
                              figure("lost_beyond dropout:p=0.05", -1, 1)};
    ClaimFindings findings;
    StudyWins wins = addWinsStudy(study, findings);
    EXPECT_EQ(wins.accuracy, Answer::Yes);
    EXPECT_EQ(wins.robust, Answer::Open);
    EXPECT_EQ(findings.quantities.size(), 3U);
    EXPECT_NE(findings.conclusion.find("gains 1 ± 0.250 points"), std::string::npos) << findings.conclusion;
    study.results->figures[2].value.high = -0.5;
    study.results->figures[0].value.low = 0.25;
    wins = addWinsStudy(study, findings);
    EXPECT_EQ(wins.accuracy, Answer::Open);
    EXPECT_EQ(wins.robust, Answer::Yes);
    EXPECT_EQ(addWinsStudy({std::nullopt, "None."}, findings).robust, Answer::Open);
}

// 4 texts: the model is right on 3 with its first seed and 4 with its second, the other on 2 with both.
TEST(StudyFigures, AreTheNumbersByHand)
{
    const std::vector<LabelledText> texts = {{"a", 0}, {"b", 0}, {"c", 1}, {"d", 1}};
    const auto answers = [](std::vector<std::size_t> classes) {
        return TextAnswers{std::move(classes), {0.5, 0.5, 0.5, 0.5}, {0.1, 0.1, 0.1, 0.1}};
    };
    ObservedModel first{{answers({0, 0, 1, 0})}, {{2, {1.0, 0.0}, {1.0, 0.0}, {0.2, 0.4}}}, {1.0, 2.0}, {3.0, 5.0}};
    ObservedModel second{{answers({0, 0, 1, 1})}, {{2, {0.0, 0.0}, {0.0, 0.0}, {0.4, 0.4}}}, {2.0, 3.0}, {3.0, 7.0}};
    ObservedModel other{
        {answers({0, 0, 0, 0}), answers({1, 1, 1, 1})}, {{2, {1.0, 1.0}, {1.0, 1.0}, {0.2, 0.4}}}, {}, {}};
    AfterTraining after;
    after.perturbations = {"dropout:p=0.05"};
    after.mapLayers = {4, 5};
    const auto figures =
        figuresOf(mergedModels({first, second}), texts, {"no", "yes"}, after, {{&other, "the other", "_other"}});
    const auto mean = [&](const std::string& id) {
        const auto found = std::ranges::find(figures, id, &StudyFigure::id);
        return found == figures.end() ? std::nan("") : found->value.mean;
    };
    EXPECT_DOUBLE_EQ(mean("accuracy"), 87.5);
    EXPECT_DOUBLE_EQ(mean("accuracy_difference_other"), 37.5);
    EXPECT_DOUBLE_EQ(mean("accuracy_over_seeds_other"), 37.5);  // 25 and 50
    EXPECT_DOUBLE_EQ(mean("lost dropout:p=0.05"), 25.0);        // (½ + 0)/2
    EXPECT_DOUBLE_EQ(mean("lost_beyond_other dropout:p=0.05"), -75.0);
    EXPECT_DOUBLE_EQ(mean("flips dropout:p=0.05"), 25.0);
    EXPECT_DOUBLE_EQ(mean("divergence dropout:p=0.05"), 0.35);
    EXPECT_DOUBLE_EQ(mean("entropy"), 2.0);
    EXPECT_DOUBLE_EQ(mean("distance"), 4.5);
    // F1 of the first: class 0 has 2·2/(4 + 1), class 1 2·1/(2 + 1); of the second 1.
    EXPECT_NEAR(mean("f1"), 50.0 * (0.5 * (0.8 + 2.0 / 3.0) + 1.0), 1e-9);
}

TEST_F(TrainingStudy, ClassifiersAreEvaluatedBeforeAndAfter)
{
    const std::string sample = (test::samples() / "sentiment").string();
    std::ofstream train(at("train.tsv")), test(at("test.tsv"));
    for (const char* line : {"a warm and funny film\t1", "the acting is superb\tpositive", "a dull and stupid film\t0",
                             "the plot is a boring mess of old tricks\tNEGATIVE"}) {
        train << line << "\n";
        test << "again : " << line << "\n";
    }
    train.close();
    test.close();
    const Json json = {{"format", "ketscope-recipe"},
                       {"version", 1},
                       {"title", "tiny"},
                       {"objective", "classification"},
                       {"model", {{"config", sample + "/config.json"}, {"files", sample}, {"start", sample}}},
                       {"data",
                        {{"sources",
                          {{{"file", "train.tsv"}, {"licence", "own"}},
                           {{"file", "test.tsv"}, {"licence", "own"}, {"use", "test"}}}}}},
                       {"batch", 2},
                       {"steps", 1},
                       {"variants",
                        {{{"id", "exact"}, {"title", "Exact"}},
                         {{"id", "kernel"}, {"title", "Kernel"}, {"changes", {{"plan", {"rff:m=16@layers=4-5"}}}}}}},
                       {"after",
                        {{"texts", "test.tsv"},
                         {"patched", true},
                         {"robustness", {{"perturbations", {"dropout:p=0.4"}}, {"texts", 4}}},
                         {"maps", {{"layers", "4-5"}, {"texts", 2}}}}}};
    const StudyResults results = run(json);
    ASSERT_NE(figureOf(results, "", "unpatched", "accuracy"), nullptr);
    EXPECT_EQ(figureOf(results, "", "unpatched", "accuracy")->value.mean, 100.0);
    const StudyFigure* const patched = figureOf(results, "kernel", "patched", "entropy");
    const StudyFigure* const exact = figureOf(results, "exact", "trained", "entropy");
    ASSERT_TRUE(patched != nullptr && exact != nullptr);
    EXPECT_GT(patched->value.mean, exact->value.mean);  // a kernel on unit vectors is nearly flat
    EXPECT_EQ(figureOf(results, "exact", "patched", "accuracy"), nullptr);
    EXPECT_EQ(figureOf(results, "exact", "trained", "accuracy_difference"), nullptr);
    ASSERT_NE(figureOf(results, "kernel", "trained", "accuracy_difference"), nullptr);
    ASSERT_NE(figureOf(results, "kernel", "trained", "lost_beyond_unpatched dropout:p=0.4"), nullptr);
    EXPECT_GT(results.runs[0].figures.at(0).f1, 0.0);
    EXPECT_EQ(toJson(run(json)).dump(), toJson(results).dump());  // from what was kept
    EXPECT_EQ(contentOf(at("out/figures.csv")), figuresCsv(results));
    Json wrong = json;
    wrong["after"]["texts"] = "none.tsv";
    EXPECT_THROW(run(wrong), Error);
    wrong = json;
    wrong["after"]["robustness"]["perturbations"] = {"noise"};
    EXPECT_THROW(run(wrong), Error);
}

}  // namespace
}  // namespace ketscope
