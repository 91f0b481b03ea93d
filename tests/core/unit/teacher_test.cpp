// SPDX-License-Identifier: GPL-3.0-or-later
// A recipe with a teacher: what it says of texts, and that runs with one are as reproducible as others.
#include "core/base/error.h"
#include "core/study/comparison.h"
#include "core/train/evaluation.h"
#include "core/train/teacher.h"
#include "core/train/trainer.h"
#include "tests/support/tiny_recipes.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

namespace ketscope {
namespace {

using testing::HasSubstr;

std::string bytesOf(const std::filesystem::path& file)
{
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

class Teaching : public testing::Test {
protected:
    Json taught() const
    {
        Json json = test::lineRecipe(m_folder.path());
        json["data"]["sources"][0]["trust"] = 0.7;
        json["teacher"] = Json::object();
        return json;
    }
    TrainingResult run(const Json& json, const std::string& out, std::size_t stopAfter = 0)
    {
        return train(test::recipeOf(m_folder.path(), json), at(out), {.stopAfter = stopAfter}, m_monitor);
    }
    std::string messageOf(const Json& json)
    {
        try {
            test::recipeOf(m_folder.path(), json);
        } catch (const Error& error) {
            return error.what();
        }
        return {};
    }
    std::filesystem::path at(const std::string& name) const { return m_folder.path() / name; }

    test::TemporaryFolder m_folder;
    Monitor m_monitor;
};

// Bayes' rule for what the teacher says and the label, of classes that were equally probable before.
TEST_F(Teaching, JudgementsJoinTheTeachersAnswerAndTheLabel)
{
    const std::filesystem::path sample = test::samples() / "sentiment";
    const auto model = loadModel(sample, m_monitor);
    const std::vector<LabelledText> texts = {{"a dull, lifeless movie.", 0}, {"a dull, lifeless movie.", 1}};
    const Teacher teacher(sample, m_monitor);
    const Tensor alone = teacher.judge(texts, 0.5, *model->tokenizer);
    ModelInput input;
    static_cast<TextInput&>(input) = encodedText(texts[0].text, *model->tokenizer, model->model->info());
    const HeadPlan plan = resolve({}, model->model->info(), 0);
    const Trace trace = answer(*model->model, plan, input, {"logits"}, m_monitor);
    const std::span<const float> logits = trace.outputs.at("logits")->values();
    EXPECT_NEAR(alone.matrix()(0, 0), 1.0 / (1.0 + std::exp(logits[1] - logits[0])), 1e-6);
    EXPECT_EQ(alone.matrix()(0, 0), alone.matrix()(1, 0));
    const Tensor both = teacher.judge(texts, 0.8, *model->tokenizer);
    const double odds = static_cast<double>(alone.matrix()(0, 0)) / static_cast<double>(alone.matrix()(0, 1));
    for (const auto& [row, factor] : {std::pair(0, 4.0), {1, 0.25}}) {
        const auto i = static_cast<std::size_t>(row);
        EXPECT_NEAR(both.matrix()(i, 0), odds * factor / (1.0 + odds * factor), 1e-4);
        EXPECT_NEAR(both.matrix()(i, 0) + both.matrix()(i, 1), 1.0, 1e-6);
    }
}

TEST_F(Teaching, TheTeacherIsTheRecipeWithoutOneAndIsTrainedFirst)
{
    run(taught(), "taught");
    Json alone = test::lineRecipe(m_folder.path());
    run(alone, "alone");
    EXPECT_EQ(bytesOf(at("taught") / "teacher" / "model.safetensors"), bytesOf(at("alone") / "model.safetensors"));
    EXPECT_NE(bytesOf(at("taught") / "model.safetensors"), bytesOf(at("alone") / "model.safetensors"));
    Json changed = taught();
    changed["teacher"]["changes"] = {{"steps", 3}};
    run(changed, "changed");
    alone["steps"] = 3;
    run(alone, "short");
    EXPECT_EQ(bytesOf(at("changed") / "teacher" / "model.safetensors"), bytesOf(at("short") / "model.safetensors"));
}

TEST_F(Teaching, WhoWatchesIsToldOfBothRuns)
{
    const Recipe recipe = test::recipeOf(m_folder.path(), taught());
    std::vector<std::filesystem::path> begun;
    std::vector<std::size_t> steps;
    const TrainingOptions options{.stopAfter = 0,
                                  .watch = [&](const CurvePoint& point, const Model&) { steps.push_back(point.step); },
                                  .begin = [&](const TrainingStart& start) { begun.push_back(start.folder); }};
    train(recipe, at("watched"), options, m_monitor);
    EXPECT_EQ(begun, (std::vector{at("watched") / "teacher", at("watched")}));
    ASSERT_EQ(steps.size(), recipe.teacher->schedule.steps + recipe.schedule.steps);
    EXPECT_EQ(steps[recipe.teacher->schedule.steps], 1U);
    begun.clear();
    train(recipe, at("watched"), options, m_monitor);  // the teacher is done
    EXPECT_EQ(begun, std::vector{at("watched")});
}

TEST_F(Teaching, ExamplesAskForWhatTheTeacherJudged)
{
    run(taught(), "taught");
    const Recipe recipe = test::recipeOf(m_folder.path(), taught());
    const auto model = loadModel(at("taught"), m_monitor);
    const Teacher teacher(at("taught") / "teacher", m_monitor);
    const auto data = openTrainingData(recipe, model->model->info(), &teacher);
    for (std::size_t i = 0; i < 8; ++i) {
        const Example drawn = data->draw(1, i);
        ASSERT_EQ(drawn.shares.size(), 2U);
        EXPECT_NEAR(drawn.shares[0] + drawn.shares[1], 1.0, 1e-6);
        EXPECT_GT(drawn.shares[0], 0.0F);
    }
    EXPECT_TRUE(data->sets()[0].at(0).shares.empty());  // what is tested is taken as it is
    EXPECT_TRUE(openTrainingData(recipe, model->model->info())->draw(1, 0).shares.empty());
}

TEST_F(Teaching, InterruptedRunsEndWithTheSameBits)
{
    run(taught(), "whole");
    for (int i = 0; i < 5; ++i)
        try {
            run(taught(), "pieces", 5);
            break;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Cancelled);
        }
    EXPECT_EQ(bytesOf(at("pieces") / "model.safetensors"), bytesOf(at("whole") / "model.safetensors"));
}

TEST_F(Teaching, WhatWouldTeachNothingOrTellWhatIsHeldBackIsRefused)
{
    Json json = taught();
    json.erase("teacher");
    EXPECT_THAT(messageOf(json), HasSubstr("no teacher"));
    json = taught();
    json["data"]["sources"][0].erase("trust");
    EXPECT_THAT(messageOf(json), HasSubstr("no source"));
    json = taught();
    json["data"]["sources"][1]["trust"] = 0.7;
    EXPECT_THAT(messageOf(json), HasSubstr("test alone"));
    for (const double trust : {0.0, 1.0, -0.5}) {
        json = taught();
        json["data"]["sources"][0]["trust"] = trust;
        EXPECT_NE(messageOf(json), "") << trust;
    }
    for (const char* key : {"seed", "data"}) {
        json = taught();
        json["teacher"]["changes"] = {{key, 3}};
        EXPECT_THAT(messageOf(json), HasSubstr("held back"));
    }
    json = test::tinyRecipe(m_folder.path());
    json["data"]["sources"][0]["trust"] = 0.7;
    json["teacher"] = Json::object();
    EXPECT_THAT(messageOf(json), HasSubstr("classification"));
    EXPECT_EQ(messageOf(taught()), "");
}

}  // namespace
}  // namespace ketscope
