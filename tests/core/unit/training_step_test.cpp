// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/training_step.h"

#include "core/base/error.h"
#include "core/train/initial_weights.h"
#include "core/train/training_data.h"
#include "tests/support/tiny_recipes.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using test::newFiles;
using test::recipeOf;
using test::sceneRecipe;
using test::tinyRecipe;

class TrainingStep : public testing::Test {
protected:
    // Of a batch of three examples, at two steps of the recipe.
    std::pair<BatchGradients, BatchGradients> gradientsAt(const Json& json, std::size_t first, std::size_t second)
    {
        const Recipe recipe = recipeOf(m_folder.path(), json);
        const ModelFiles files =
            newFiles(recipe, initialWeights(recipe.config, recipe.filesFolder, recipe.deviations, 3));
        const std::unique_ptr<Model> model = architectureOf(files).open(files, m_monitor);
        const std::unique_ptr<TrainingData> data = openTrainingData(recipe, model->info());
        const std::vector<Example> batch = {data->draw(0, 0), data->draw(0, 1), data->draw(0, 2)};
        const auto at = [&](std::size_t step) {
            return batchGradients(*model, resolve({}, model->info(), 0), recipe, step, batch, recipe.dropout,
                                  m_monitor);
        };
        return {at(first), at(second)};
    }

    test::TemporaryFolder m_folder;
    Monitor m_monitor;
};

// The loss of a whole batch, dropout included, against differences in the weights of every kind of tensor.
void expectSlopes(const Recipe& recipe, double tolerance)
{
    Monitor monitor;
    const auto weights = initialWeights(recipe.config, recipe.filesFolder, recipe.deviations, 3);
    const ModelFiles files = newFiles(recipe, weights);
    const auto open = [&] { return architectureOf(files).open(files, monitor); };
    const std::unique_ptr<TrainingData> data = openTrainingData(recipe, open()->info());
    std::vector<Example> batch;
    for (std::size_t i = 0; i < 3; ++i)
        batch.push_back(data->draw(0, i));
    const auto gradients = [&] {
        const std::unique_ptr<Model> model = open();
        return batchGradients(*model, resolve({}, model->info(), 0), recipe, 0, batch, recipe.dropout, monitor);
    };
    const BatchGradients found = gradients();
    EXPECT_EQ(found.weights.size(), weights->tensors().size());
    for (const auto& [name, slopes] : found.weights) {
        Tensor& values = weights->tensors().find(name)->second;
        const std::size_t place =
            static_cast<std::size_t>(std::ranges::max_element(slopes.values(), {}, [](float x) { return std::abs(x); })
                                     - slopes.values().begin());
        constexpr float kStep = 4e-3F;
        const float before = values.data()[place];
        values.data()[place] = before + kStep;
        const double above = gradients().loss;
        values.data()[place] = before - kStep;
        const double below = gradients().loss;
        values.data()[place] = before;
        const double slope = (above - below) / (2.0 * static_cast<double>(kStep));
        EXPECT_NEAR(slopes.values()[place], slope, 2e-3 + tolerance * std::abs(slope)) << name;
    }
}
TEST_F(TrainingStep, GradientsOfABatchAreSlopes)
{
    Json json = tinyRecipe(m_folder.path());
    json["model"]["deviation"] = 0.3;
    expectSlopes(recipeOf(m_folder.path(), json), 0.02);
}

TEST_F(TrainingStep, GradientsOfContrastAndMatchingAreSlopes)
{
    expectSlopes(recipeOf(m_folder.path(), sceneRecipe(m_folder.path(), "shape-blip", "contrast-and-matching")), 0.02);
}

TEST_F(TrainingStep, GradientsOfWeightedTruthAreSlopes)
{
    Json json = sceneRecipe(m_folder.path(), "shape-blip", "contrast-and-matching");
    json["data"]["true_weight"] = 3.0;
    const Recipe recipe = recipeOf(m_folder.path(), json);
    expectSlopes(recipe, 0.02);
    const ModelFiles files = newFiles(recipe, initialWeights(recipe.config, recipe.filesFolder, recipe.deviations, 3));
    const Example example = openTrainingData(recipe, architectureOf(files).open(files, m_monitor)->info())->draw(0, 0);
    ASSERT_EQ(example.weights.size(), example.targets.size());
    for (std::size_t i = 0; i < example.weights.size(); ++i)
        EXPECT_EQ(example.weights[i], example.targets[i] == 1 ? 3.0 : 1.0);
}

TEST_F(TrainingStep, GradientsWhereLayersDoNotLookAcrossAreSlopes)
{
    Json json = sceneRecipe(m_folder.path(), "shape-blip", "contrast-and-matching");
    const auto lossWith = [&](double rate) {
        json["dropout"]["cross_attention"] = rate;
        return gradientsAt(json, 0, 1).first.loss;
    };
    EXPECT_NE(lossWith(0.5), lossWith(0.0));
    expectSlopes(recipeOf(m_folder.path(), json), 0.02);
}

TEST_F(TrainingStep, GradientsOfLateInteractionAreSlopes)
{
    Json json = sceneRecipe(m_folder.path(), "shape-clip", "contrast");
    json["late_interaction"] = 0.5;
    expectSlopes(recipeOf(m_folder.path(), json), 0.05);
    json["objective"] = "matching";
    EXPECT_THROW(recipeOf(m_folder.path(), json), Error);
    Json both = sceneRecipe(m_folder.path(), "shape-blip", "contrast-and-matching");
    both["late_interaction"] = 0.5;
    expectSlopes(recipeOf(m_folder.path(), both), 0.05);
}

TEST_F(TrainingStep, GradientsOfHiddenWordsAreSlopes)
{
    Json json = test::lineRecipe(m_folder.path());
    json["model"]["deviation"] = 0.2;
    json["masked_words"] = {{"share", 0.4}, {"weight", 1.0}, {"last_weight", 0.0}};
    json["steps"] = 4;
    expectSlopes(recipeOf(m_folder.path(), json), 0.02);
    const auto [first, last] = gradientsAt(json, 0, 4);          // of the same texts, with weights 1 and 0
    EXPECT_NEAR(first.loss - last.loss, std::log(6000.0), 2.0);  // words are guessed about evenly at first
}

// What is frozen is not even run backwards, and the rest learns the same.
TEST_F(TrainingStep, FrozenTowersHaveNoGradientsAndTheOthersTheirOwn)
{
    for (const auto& [id, objective, beginning] : {std::tuple("shape-blip", "matching", "vision_model."),
                                                   {"shape-clip", "contrast", "vision_model."},
                                                   {"shape-clip", "contrast", "text_model."},
                                                   {"shape-clip", "contrast", "te"}}) {
        Json json = sceneRecipe(m_folder.path(), id, objective);
        json["steps"] = 4;
        json["frozen"] = {{"tensors", {beginning}}, {"from", 2}};
        const auto [free, frozen] = gradientsAt(json, 1, 2);
        EXPECT_EQ(free.loss, frozen.loss);
        std::size_t left = 0;
        for (const auto& [name, slopes] : free.weights) {
            const auto found = frozen.weights.find(name);
            ASSERT_EQ(found == frozen.weights.end(), name.starts_with(beginning)) << name;
            if (found == frozen.weights.end())
                continue;
            EXPECT_TRUE(std::ranges::equal(slopes.values(), found->second.values())) << name;
            ++left;
        }
        EXPECT_EQ(left, frozen.weights.size());
    }
}

TEST_F(TrainingStep, MatchingJoinsContrastAtItsStep)
{
    Json json = sceneRecipe(m_folder.path(), "shape-blip", "contrast-and-matching");
    json["matching_from"] = 2;
    json["batch"] = 3;
    const auto [before, from] = gradientsAt(json, 1, 2);
    EXPECT_FALSE(before.weights.contains("itm_head.weight"));
    EXPECT_TRUE(before.weights.contains("vision_proj.weight"));
    EXPECT_TRUE(from.weights.contains("itm_head.weight"));
    EXPECT_GT(from.loss, before.loss);
    json["objective"] = "contrast";
    EXPECT_THROW(recipeOf(m_folder.path(), json), Error);
    json["objective"] = "contrast-and-matching";
    json["contrast_until"] = 1;  // before matching joins
    EXPECT_THROW(recipeOf(m_folder.path(), json), Error);
}

TEST_F(TrainingStep, ContrastEndsAtItsStep)
{
    Json json = sceneRecipe(m_folder.path(), "shape-blip", "contrast-and-matching");
    json["contrast_until"] = 2;
    json["batch"] = 3;
    const auto [both, matching] = gradientsAt(json, 1, 2);
    EXPECT_TRUE(both.weights.contains("vision_proj.weight"));
    EXPECT_TRUE(both.weights.contains("itm_head.weight"));
    EXPECT_FALSE(matching.weights.contains("vision_proj.weight"));
    EXPECT_TRUE(matching.weights.contains("itm_head.weight"));
}
}  // namespace
}  // namespace ketscope
