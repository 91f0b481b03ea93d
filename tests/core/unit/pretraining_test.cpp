// SPDX-License-Identifier: GPL-3.0-or-later
// A recipe with a pretraining: what is trained first, that it is begun with, and that such runs are as reproducible as others.
#include "core/base/error.h"
#include "core/train/recipe_series.h"
#include "core/train/trainer.h"
#include "tests/support/tiny_recipes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using testing::HasSubstr;

class Pretraining : public testing::Test {
protected:
    Json alone() const { return test::lineRecipe(m_folder.path()); }
    Json pretrained(const Json& changes = Json::object()) const
    {
        Json json = alone();
        json["pretraining"]["changes"] = changes;
        return json;
    }
    void run(const Json& json, const std::string& out, std::size_t stopAfter = 0)
    {
        train(test::recipeOf(m_folder.path(), json), at(out), {.stopAfter = stopAfter}, m_monitor);
    }
    std::string model(const std::string& of) const { return test::contentOf(at(of) / "model.safetensors"); }
    std::string messageOf(const Json& json) const { return test::refusalOf(m_folder.path(), json); }
    std::filesystem::path at(const std::string& name) const { return m_folder.path() / name; }

    test::TemporaryFolder m_folder;
    Monitor m_monitor;
};

TEST_F(Pretraining, IsTheRecipeWithItsChangesAndIsBegunWith)
{
    Json json = pretrained({{"steps", 3}, {"optimizer", {{"rate", 0.02}}}});
    json["data"]["sources"][0]["trust"] = 0.7;
    json["naive_bayes"] = Json::object();
    json["data"]["sources"][0]["pretraining"] = {{"trust", 0.4}};
    run(json, "both");
    Json first = alone();
    first["steps"] = 3;
    first["optimizer"]["rate"] = 0.02;
    first["data"]["sources"][0]["trust"] = 0.4;
    first["naive_bayes"] = Json::object();
    run(first, "first");
    EXPECT_EQ(model("both/pretraining"), model("first"));
    Json then = alone();
    then["model"]["start"] = at("first").string();
    then["data"]["sources"][0]["trust"] = 0.7;
    then["naive_bayes"] = Json::object();
    run(then, "then");
    EXPECT_EQ(model("both"), model("then"));
    EXPECT_NE(model("both"), model("first"));
}

TEST_F(Pretraining, WhoWatchesIsToldOfBothRuns)
{
    const Recipe recipe = test::recipeOf(m_folder.path(), pretrained({{"steps", 3}}));
    std::vector<std::filesystem::path> begun;
    std::vector<std::size_t> steps;
    const TrainingOptions options{.stopAfter = 0,
                                  .watch = [&](const CurvePoint& point, const Model&) { steps.push_back(point.step); },
                                  .begin = [&](const TrainingStart& start) { begun.push_back(start.folder); }};
    train(recipe, at("watched"), options, m_monitor);
    EXPECT_EQ(begun, (std::vector{at("watched") / "pretraining", at("watched")}));
    ASSERT_EQ(steps.size(), 3U + recipe.schedule.steps);
    EXPECT_EQ(steps[3], 1U);
    begun.clear();
    train(recipe, at("watched"), options, m_monitor);  // the pretraining is done
    EXPECT_EQ(begun, std::vector{at("watched")});
}

TEST_F(Pretraining, InterruptedRunsEndWithTheSameBits)
{
    run(pretrained(), "whole");
    test::inPieces([&] { run(pretrained(), "pieces", 5); });
    EXPECT_EQ(model("pieces"), model("whole"));
}

TEST_F(Pretraining, AShortTryShortensBoth)
{
    Json json = pretrained({{"steps", 50}, {"optimizer", {{"restarts", {1, 20}}}}});
    RecipeChanges{.seed = {}, .steps = 2}.apply(json);
    const Recipe recipe = test::recipeOf(m_folder.path(), json);
    EXPECT_EQ(recipe.schedule.steps, 2U);
    EXPECT_EQ(recipe.pretraining->schedule.steps, 2U);
    EXPECT_EQ(recipe.pretraining->schedule.restarts, std::vector<std::size_t>{1});
}

TEST_F(Pretraining, WhatWouldChangeTheQuestionIsRefused)
{
    EXPECT_EQ(messageOf(pretrained()), "");
    for (const char* key : {"seed", "data", "model", "objective", "pretraining"})
        EXPECT_THAT(messageOf(pretrained({{key, 3}})), HasSubstr(key));
    Json json = pretrained();
    json["data"]["sources"][0]["pretraining"] = {{"use", "test"}};
    EXPECT_THAT(messageOf(json), HasSubstr("use"));
    json = alone();
    json["data"]["sources"][0]["pretraining"] = {{"share", 2.0}};
    EXPECT_THAT(messageOf(json), HasSubstr("pretraining"));
    json = pretrained();
    json["naive_bayes"] = {{"embeddings", 0.1}};
    EXPECT_THAT(messageOf(json), HasSubstr("embeddings"));
}

}  // namespace
}  // namespace ketscope
