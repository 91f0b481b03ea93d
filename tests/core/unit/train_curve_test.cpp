// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/train/curve.h"
#include "core/train/probe.h"
#include "core/train/run_folder.h"
#include "tests/support/paths.h"

#include <fstream>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

namespace fs = std::filesystem;

Recipe tinyRecipe() { return readRecipe(test::fixtures() / "recipes" / "tiny.json"); }

TEST(TrainCurve, TrailingMeansAreOverAtMostTheWindow)
{
    const std::vector<double> values = {1.0, 3.0, 8.0, 0.0};
    EXPECT_EQ(trailingMeans(values, 2), (std::vector<double>{1.0, 2.0, 5.5, 4.0}));
    EXPECT_EQ(trailingMeans(values, 1), values);
    EXPECT_EQ(trailingMeans(values, 9), (std::vector<double>{1.0, 2.0, 4.0, 3.0}));
    EXPECT_TRUE(trailingMeans({}, 3).empty());
}

TEST(TrainCurve, IsReadAsItWasTold)
{
    const test::TemporaryFolder folder;
    Monitor monitor;
    std::vector<CurvePoint> told;
    std::size_t begun = 0;
    TrainingOptions options;
    options.watch = [&](const CurvePoint& point, const Model&) { told.push_back(point); };
    options.begin = [&](const TrainingStart& start) {
        ++begun;
        EXPECT_EQ(start.folder, folder.path());
        EXPECT_EQ(start.model.info().stacks.front().layers, 1U);
        EXPECT_EQ(start.data.sets().front().at(0).input.tokenIds.size(), 32U);
    };
    EXPECT_TRUE(readCurve(folder.path()).empty());
    EXPECT_FALSE(isRunOf(folder.path(), tinyRecipe()));
    train(tinyRecipe(), folder.path(), options, monitor);
    EXPECT_EQ(begun, 1U);
    EXPECT_TRUE(isRunOf(folder.path(), tinyRecipe()));
    const std::vector<CurvePoint> read = readCurve(folder.path());
    ASSERT_EQ(read.size(), 20U);
    ASSERT_EQ(told.size(), 20U);
    for (std::size_t i = 0; i < read.size(); ++i) {
        EXPECT_EQ(read[i].step, told[i].step);
        EXPECT_EQ(read[i].loss, told[i].loss);
        EXPECT_EQ(read[i].rate, told[i].rate);
        EXPECT_EQ(read[i].gradientNorm, told[i].gradientNorm);
        ASSERT_EQ(read[i].validation.has_value(), told[i].validation.has_value());
        if (read[i].validation) {
            EXPECT_EQ(read[i].validation->loss, told[i].validation->loss);
        }
    }
}

// Killed between the two files, a run has a curve that is ahead of its checkpoint.
TEST(TrainCurve, StepsAfterTheCheckpointAreDoneAgain)
{
    const test::TemporaryFolder folder;
    const fs::path run = folder.path() / "run";
    Monitor monitor;
    EXPECT_THROW(train(tinyRecipe(), run, {.stopAfter = 7}, monitor), Error);
    std::ofstream(run / "curve.csv", std::ios::app) << "8,9,9,9,,\n9,9,9,9,,\n";
    EXPECT_EQ(readCurve(run).size(), 9U);
    train(tinyRecipe(), run, {}, monitor);
    train(tinyRecipe(), folder.path() / "straight", {}, monitor);
    EXPECT_EQ(test::contentOf(run / "curve.csv"), test::contentOf(folder.path() / "straight" / "curve.csv"));
}

TEST(TrainCurve, DamagedLinesAreRefused)
{
    const test::TemporaryFolder folder;
    for (const char* line :
         {"1,0.1,2.0", "1,x,2.0,0.5,,", "1,0.1,2.0,,,", "1,0.1,2.0,0.5,,,7", "0,0.1,2.0,0.5,,", "nan,0.1,2.0,0.5,,",
          "1e300,0.1,2.0,0.5,,", "1.5,0.1,2.0,0.5,,", "2,0.1,2.0,0.5,,\n2,0.1,2.0,0.5,,"}) {
        std::ofstream(folder.path() / "curve.csv") << "head\n" << line << "\n";
        EXPECT_THROW(readCurve(folder.path()), Error) << line;
    }
}

TEST(TrainCurve, QuestionsAreCalledWhatTheTokenizerCounts)
{
    const auto characters = openTokenizer(test::samples() / "char-gpt"),
               words = openTokenizer(test::samples() / "sentiment");
    EXPECT_EQ(questionName(Objective::LanguageModelling, *characters), "character");
    EXPECT_EQ(questionName(Objective::LanguageModelling, *words), "token");
    EXPECT_EQ(questionName(Objective::Classification, *words), "text");
    EXPECT_EQ(questionName(Objective::Contrast, *words), "pair");
    EXPECT_EQ(examplesName(Objective::LanguageModelling), "blocks");
}

TEST(Probe, IsTheModelsOwnForwardPassOfTheExample)
{
    const test::TemporaryFolder folder;
    Monitor monitor;
    train(tinyRecipe(), folder.path(), {}, monitor);
    const auto loaded = loadModel(folder.path(), monitor);
    const auto data = openTrainingData(tinyRecipe(), loaded->model->info());
    const Example example = data->sets().front().at(0);
    const ComparisonPointer look = lookAt(
        *loaded->model, namedExample(example, loaded->model->info(), *loaded->tokenizer), "After 20 steps", monitor);
    Study study;
    study.input.tokenIds = example.input.tokenIds;
    const ComparisonPointer run = runStudy(study, *loaded, nullptr, 1, monitor);
    const auto& expected = run->traces.front()->stacks.front().attention.front();
    const auto& found = look->traces.front()->stacks.front().attention.front();
    ASSERT_EQ(found->shape(), expected->shape());
    EXPECT_TRUE(std::ranges::equal(found->values(), expected->values()));
    ASSERT_EQ(look->input.tokens.size(), run->input.tokens.size());
    for (std::size_t i = 0; i < run->input.tokens.size(); ++i)
        EXPECT_EQ(look->input.tokens[i].display, run->input.tokens[i].display);
    EXPECT_EQ(traceTitle(*look, 0).title, "After 20 steps");
}

TEST(Probe, BundledRecipesHaveTitles)
{
    const std::vector<RecipeChoice> recipes = bundledRecipes();
    const auto found = std::ranges::find(recipes, "Character GPT on Shakespeare", &RecipeChoice::title);
    ASSERT_NE(found, recipes.end());
    EXPECT_EQ(found->file.filename(), "char-gpt.json");
    EXPECT_EQ(found->variant, "");
    for (const RecipeChoice& recipe : recipes)
        EXPECT_FALSE(recipe.title.empty()) << recipe.file;
}

TEST(Probe, ASeriesIsARecipeForEachOfItsVariants)
{
    std::vector<RecipeChoice> variants = bundledRecipes();
    std::erase_if(variants, [](const RecipeChoice& choice) { return choice.file.filename() != "qisa-study.json"; });
    ASSERT_GT(variants.size(), 2U);
    EXPECT_EQ(variants[0].variant, "classical");
    EXPECT_EQ(variants[0].title, "QISA study: Classical heads");
    EXPECT_EQ(variants[1].variant, "v1");
}

}  // namespace
}  // namespace ketscope
