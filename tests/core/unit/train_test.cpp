// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/formats/safetensors_write.h"
#include "core/formats/widen.h"
#include "core/models/own_heads.h"
#include "core/study/comparison.h"
#include "core/train/initial_weights.h"
#include "core/train/recipe_series.h"
#include "core/train/trainer.h"
#include "core/train/training_step.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/tiny_recipes.h"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

namespace fs = std::filesystem;
using test::contentOf;
using test::lineRecipe;
using test::newFiles;
using test::recipeOf;
using test::sceneRecipe;
using test::tinyRecipe;

class Train : public testing::Test {
protected:
    ~Train() override { setThreads(0); }

    TrainingResult run(const Json& json, const std::string& out, std::size_t stopAfter = 0)
    {
        return train(recipeOf(m_folder.path(), json), m_folder.path() / out, {.stopAfter = stopAfter, .watch = {}},
                     m_monitor);
    }
    fs::path at(const std::string& name) const { return m_folder.path() / name; }

    test::TemporaryFolder m_folder;
    Monitor m_monitor;
};

TEST_F(Train, LossFallsAndTheModelOpens)
{
    Json json = tinyRecipe(m_folder.path());
    json["steps"] = 60;
    json["weights"] = "F16";
    const TrainingResult result = run(json, "run");
    ASSERT_EQ(result.figures.size(), 1U);
    EXPECT_LT(result.figures[0].loss, 2.0);  // ln 65 = 4.17 at first
    EXPECT_EQ(result.figures[0].lossAt.size(), 16U);
    const auto model = loadModel(at("run"), m_monitor);
    EXPECT_EQ(model->model->info().weightsType, "F16");
    EXPECT_EQ(model->model->info().parameterCount, result.parameters);
    EXPECT_TRUE(model->model->info().warnings.empty());
    ASSERT_NE(model->tokenizer, nullptr);
}

TEST_F(Train, TheSameBitsWithOneAndTwoThreads)
{
    const Json json = tinyRecipe(m_folder.path());
    setThreads(1);
    run(json, "one");
    setThreads(2);
    run(json, "two");
    EXPECT_EQ(contentOf(at("one/model.safetensors")), contentOf(at("two/model.safetensors")));
    EXPECT_EQ(contentOf(at("one/curve.csv")), contentOf(at("two/curve.csv")));
}

TEST_F(Train, AnInterruptedRunGoesOnToTheSameBits)
{
    const Json json = tinyRecipe(m_folder.path());
    run(json, "straight");
    for (int i = 0; i < 2; ++i)
        EXPECT_THROW(run(json, "stopped", i == 0 ? 3 : 4), Error);
    EXPECT_FALSE(fs::exists(at("stopped/model.safetensors")));
    run(json, "stopped");
    EXPECT_EQ(contentOf(at("straight/model.safetensors")), contentOf(at("stopped/model.safetensors")));
    EXPECT_EQ(contentOf(at("straight/curve.csv")), contentOf(at("stopped/curve.csv")));
    EXPECT_EQ(contentOf(at("straight/checkpoint.safetensors")), contentOf(at("stopped/checkpoint.safetensors")));
}

// A step's line in the curve belongs to it, also where the run is stopped between them: while a validation begins.
TEST_F(Train, StoppedAtAnyPollItGoesOnToTheSameBits)
{
    setThreads(1);
    Json json = tinyRecipe(m_folder.path());
    json.merge_patch({{"steps", 2}, {"batch", 1}, {"validation", {{"every", 1}, {"examples", 1}}}});
    fs::resize_file(at("text.txt"), 800);  // the last validation is of a whole set
    const Recipe recipe = recipeOf(m_folder.path(), json);
    test::CancelledAfter patient(1U << 30);
    train(recipe, at("straight"), {}, patient);
    ASSERT_GT(patient.polls(), 20U);
    for (std::size_t polls = 0; polls < patient.polls(); ++polls) {
        const fs::path stopped = at(std::to_string(polls));
        test::CancelledAfter monitor(polls);
        EXPECT_THROW(train(recipe, stopped, {}, monitor), Error) << polls;
        train(recipe, stopped, {}, m_monitor);
        for (const char* file : {"curve.csv", "checkpoint.safetensors", "model.safetensors"})
            ASSERT_EQ(contentOf(stopped / file), contentOf(at("straight") / file)) << polls << " " << file;
    }
}

// a₁ … of the weights w₁ … after each step: a ← a + (1 − d) (w − a) from the first weights on, d = (1 + t)/(10 + t) or the
// recipe's where that is less.
TEST_F(Train, TheModelIsTheMovingAverageOfItsWeights)
{
    Json json = tinyRecipe(m_folder.path());
    json["optimizer"] = {{"rate", 0.01}, {"last_rate", 1.0}};  // so that a run's first steps are those of a shorter one
    std::map<std::string, std::vector<double>> averages;
    const auto add = [&](const std::string& name, double decay) {
        const auto weights = openWeights(at(name));
        for (const TensorEntry& entry : weights->entries()) {
            std::vector<float> values(entry.elements);
            weights->read(entry, 0, values);
            std::vector<double>& average = averages[entry.name];
            if (average.empty())
                average.assign(values.begin(), values.end());
            for (std::size_t i = 0; i < values.size(); ++i)
                average[i] += (1.0 - decay) * (static_cast<double>(values[i]) - average[i]);
        }
    };
    json["steps"] = 1;
    json["optimizer"]["rate"] = 0.0;
    run(json, "none");
    add("none", 0.0);
    json["optimizer"]["rate"] = 0.01;
    for (int steps = 1; steps <= 4; ++steps) {
        json["steps"] = steps;
        run(json, std::to_string(steps));
        add(std::to_string(steps), std::min(0.3, (1.0 + steps) / (10.0 + steps)));
    }
    json["optimizer"]["average"] = 0.3;
    run(json, "average");
    const auto found = openWeights(at("average"));
    for (const TensorEntry& entry : found->entries()) {
        std::vector<float> values(entry.elements);
        found->read(entry, 0, values);
        for (std::size_t i = 0; i < values.size(); ++i)
            ASSERT_NEAR(values[i], averages.at(entry.name)[i], 1e-6) << entry.name;
    }
    EXPECT_NE(contentOf(at("average/model.safetensors")), contentOf(at("4/model.safetensors")));
    EXPECT_THROW(run(json, "resumed", 2), Error);
    run(json, "resumed");
    EXPECT_EQ(contentOf(at("average/model.safetensors")), contentOf(at("resumed/model.safetensors")));
}

TEST_F(Train, FrozenTensorsStayFromTheirStepOn)
{
    Json json = tinyRecipe(m_folder.path());
    json["optimizer"] = {{"rate", 0.01}, {"last_rate", 1.0}, {"decay", 0.5}};
    const std::string first = "transformer.h.0.";
    json["frozen"] = {{"tensors", {first, "no.such."}}, {"from", 2}};
    EXPECT_THROW(run(json, "wrong"), Error);
    json["frozen"]["tensors"] = {first};
    const auto weightsAfter = [&](int steps) {
        const std::string out = std::to_string(steps);
        json["steps"] = steps;
        run(json, out);
        std::map<std::string, std::vector<float>> values;
        const auto weights = openWeights(at(out));
        for (const TensorEntry& entry : weights->entries())
            weights->read(entry, 0, values.emplace(entry.name, entry.elements).first->second);
        return values;
    };
    const auto before = weightsAfter(2), after = weightsAfter(5);
    for (const auto& [name, values] : before)
        EXPECT_EQ(values == after.at(name), name.starts_with(first)) << name;
}

TEST_F(Train, RenewedTensorsAreDrawnAnewAtTheirStep)
{
    Json json = tinyRecipe(m_folder.path());
    const std::string second = "transformer.h.1.";
    json["optimizer"] = {{"rate", 0.0}, {"average", 0.9}};
    json["renewed"] = {{"tensors", {second, "no.such."}}, {"from", 3}};
    EXPECT_THROW(run(json, "wrong"), Error);
    json["renewed"]["tensors"] = {second};
    const auto weightsAfter = [&](int steps) {
        json["steps"] = steps;
        run(json, std::to_string(steps));
        std::map<std::string, std::vector<float>> values;
        const auto weights = openWeights(at(std::to_string(steps)));
        for (const TensorEntry& entry : weights->entries())
            weights->read(entry, 0, values.emplace(entry.name, entry.elements).first->second);
        return values;
    };
    const auto before = weightsAfter(3), after = weightsAfter(4);
    for (const auto& [name, values] : before) {
        const bool drawn = name.starts_with(second) && !name.ends_with("bias") && name.find("ln_") == std::string::npos;
        EXPECT_EQ(values != after.at(name), drawn) << name;
    }
    json["optimizer"]["rate"] = 0.01;
    json["steps"] = 6;
    run(json, "whole");
    EXPECT_THROW(run(json, "resumed", 3), Error);  // right before it draws
    run(json, "resumed");
    EXPECT_EQ(contentOf(at("whole/model.safetensors")), contentOf(at("resumed/model.safetensors")));
}

TEST_F(Train, AnotherSeedIsAnotherRun)
{
    Json json = tinyRecipe(m_folder.path());
    run(json, "a");
    json["seed"] = 1;
    EXPECT_THROW(run(json, "a"), Error);  // another recipe's folder
    run(json, "b");
    EXPECT_NE(contentOf(at("a/model.safetensors")), contentOf(at("b/model.safetensors")));
}

TEST_F(Train, RealParametersOfAMechanismAreTrainedSavedAndUsed)
{
    Json json = tinyRecipe(m_folder.path());
    json["plan"] = {"rff:sigma=1.5@layers=1"};
    json["trained_parameters"] = {"sigma"};
    run(json, "run");
    const auto model = loadModel(at("run"), m_monitor);
    const StackInfo& stack = model->model->info().stacks.front();
    ASSERT_EQ(stack.ownHeads.size(), 4U);
    EXPECT_EQ(stack.ownHeads[0], nullptr);
    ASSERT_NE(stack.ownHeads[2], nullptr);
    EXPECT_EQ(stack.ownHeads[2]->mechanism->info().id, "rff");
    EXPECT_NE(stack.ownHeads[2]->parameters.real("sigma"), 1.5);
    EXPECT_NEAR(stack.ownHeads[2]->parameters.real("sigma"), 1.5, 0.2);
    const HeadPlan plan = resolve({}, model->model->info(), 0);
    EXPECT_EQ(plan.at(0, 1, 0).mechanism->info().id, "rff");
    Study study;
    study.input.text = "to be or not";
    const ComparisonPointer comparison = runStudy(study, *model, nullptr, 1, m_monitor);
    EXPECT_EQ(traceTitle(*comparison, 0).title, "As trained");
    EXPECT_EQ(plan.at(0, 0, 0).mechanism->info().id, "exact");
}

TEST_F(Train, TensorsOfAMechanismAreTrainedAndSaved)
{
    Json json = tinyRecipe(m_folder.path());
    json["plan"] = {"pqc:feed-forward=on@layers=0;heads=1"};
    run(json, "run");
    const auto model = loadModel(at("run"), m_monitor);
    const HeadPlan plan = resolve({}, model->model->info(), 0);
    const HeadAssignment& head = plan.at(0, 0, 1);
    ASSERT_NE(head.trained, nullptr);
    ASSERT_FALSE(head.trained->tensors.empty());
    // From where they were drawn.
    const Recipe recipe = readRecipe(at("recipe-in.json"));
    const auto drawn = initialWeights(recipe.config, at(""), recipe.deviations, recipe.seed);
    addOwnHeads(resolve(recipe.plan, model->model->info(), 0), model->model->info(), {}, *drawn);
    std::vector<std::string> moved;
    for (const auto& [name, values] : head.trained->tensors) {
        const auto before = drawn->tensors().find(ownHeadTensor("text", 0, 1, name));
        ASSERT_NE(before, drawn->tensors().end()) << name;
        if (!std::ranges::equal(before->second.values(), values->values()))
            moved.push_back(name);
    }
    for (const char* name : {"angles_q", "angles_k", "angles_v", "feed_forward_angles", "feed_forward_readout"})
        EXPECT_NE(std::ranges::find(moved, name), moved.end()) << name;
}
TEST_F(Train, ContrastAndMatchingLearnFromScenes)
{
    for (const auto& [sample, objective] : {std::pair("shape-clip", "contrast"),
                                            {"shape-blip", "contrast"},
                                            {"shape-blip", "matching"},
                                            {"shape-blip", "contrast-and-matching"}}) {
        const std::string folder = sample;
        Json json = sceneRecipe(m_folder.path(), folder, objective);
        json["steps"] = 6;
        json["batch"] = 4;
        const std::string name = folder + "-" + objective;
        const TrainingResult result = run(json, name);
        EXPECT_GT(result.figures.at(0).questions, 500U);
        EXPECT_GT(result.figures[0].loss, 0.0);
        const auto model = loadModel(at(name), m_monitor);
        EXPECT_TRUE(model->model->info().image);
    }
}
std::unique_ptr<TrainingData> dataOf(const Recipe& recipe)
{
    const ModelFiles files = newFiles(recipe, initialWeights(recipe.config, recipe.filesFolder, recipe.deviations, 3));
    return openTrainingData(recipe, architectureOf(files).describe(files));
}

TEST_F(Train, TokensAreLeftOutOfTrainedTextsAlone)
{
    Json json = lineRecipe(m_folder.path());
    const std::unique_ptr<TrainingData> whole = dataOf(recipeOf(m_folder.path(), json));
    json["dropout"]["tokens"] = 0.4;
    const std::unique_ptr<TrainingData> thinned = dataOf(recipeOf(m_folder.path(), json));
    std::size_t all = 0, left = 0;
    for (std::size_t i = 0; i < 400; ++i) {
        const TextInput full = whole->draw(2, i).input, rest = thinned->draw(2, i).input;
        EXPECT_EQ(rest, static_cast<const TextInput&>(thinned->draw(2, i).input));
        EXPECT_EQ(rest.attentionMask.size(), full.attentionMask.empty() ? 0 : rest.tokenIds.size());
        EXPECT_EQ(rest.tokenIds.front(), full.tokenIds.front());
        EXPECT_EQ(rest.tokenIds.back(), full.tokenIds.back());
        auto at = full.tokenIds.begin();  // what is left stands in its order
        for (const std::int32_t id : rest.tokenIds) {
            at = std::find(at, full.tokenIds.end(), id);
            ASSERT_NE(at++, full.tokenIds.end());
        }
        all += full.tokenIds.size() - 2;
        left += rest.tokenIds.size() - 2;
    }
    EXPECT_NEAR(static_cast<double>(left) / static_cast<double>(all), 0.6, 0.06);  // 4 σ of 1,300 tokens
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_EQ(thinned->sets()[0].at(i).input, whole->sets()[0].at(i).input);
    json["objective"] = "language-modelling";
    EXPECT_THROW(recipeOf(m_folder.path(), json), Error);
}

TEST_F(Train, LinesThatAreCommentsAreNoTexts)
{
    Json json = lineRecipe(m_folder.path());
    std::ofstream(at("lines.txt")) << "; about these words\n;\nfine\t1\ndull\t0\n";
    json["data"]["sources"][1]["comment"] = ";";
    EXPECT_THROW(dataOf(recipeOf(m_folder.path(), json)), Error);  // the first source takes them for texts
    json["data"]["sources"][0]["comment"] = ";";
    EXPECT_EQ(dataOf(recipeOf(m_folder.path(), json))->sets().at(0).count, 2U);
}

TEST_F(Train, HiddenWordsAreGuessedOfTrainedTextsAlone)
{
    Json json = lineRecipe(m_folder.path());
    const std::unique_ptr<TrainingData> whole = dataOf(recipeOf(m_folder.path(), json));
    json["masked_words"] = {{"share", 0.3}};
    const std::unique_ptr<TrainingData> masked = dataOf(recipeOf(m_folder.path(), json));
    std::size_t words = 0, hidden = 0;
    for (std::size_t i = 0; i < 400; ++i) {
        const Example full = whole->draw(2, i);
        Example rest = masked->draw(2, i);
        ASSERT_EQ(rest.hidden.size(), rest.hiddenIds.size());
        EXPECT_EQ(rest.targets, full.targets);
        words += full.input.tokenIds.size() - 2;
        hidden += rest.hidden.size();
        for (std::size_t at = 0; at < rest.hidden.size(); ++at) {
            EXPECT_EQ(rest.input.tokenIds.at(rest.hidden[at]), 4) << "[MASK]";
            rest.input.tokenIds[rest.hidden[at]] = rest.hiddenIds[at];
        }
        EXPECT_EQ(rest.input.tokenIds, full.input.tokenIds);
    }
    EXPECT_NEAR(static_cast<double>(hidden) / static_cast<double>(words), 0.3, 0.05);  // 4 σ of 1,300 words
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_TRUE(masked->sets()[0].at(i).hidden.empty());
    json["objective"] = "language-modelling";
    EXPECT_THROW(recipeOf(m_folder.path(), json), Error);
}

TEST_F(Train, ClassificationReadsLabelledLines)
{
    Json json = lineRecipe(m_folder.path());
    json["steps"] = 80;
    const TrainingResult result = run(json, "run");
    ASSERT_EQ(result.figures.size(), 1U);
    EXPECT_EQ(result.figures[0].set, "lines.txt");
    EXPECT_EQ(result.figures[0].accuracy, 1.0);
}

TEST_F(Train, WrongRecipesAreRefusedByName)
{
    const auto message = [&](const Json& json) {
        try {
            recipeOf(m_folder.path(), json);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    Json json = tinyRecipe(m_folder.path());
    EXPECT_EQ(message(json), "");
    json["stepz"] = 1;
    EXPECT_NE(message(json).find("stepz"), std::string::npos);
    json = tinyRecipe(m_folder.path());
    json["optimizer"]["rate"] = -1;
    EXPECT_NE(message(json).find("rate"), std::string::npos);
    json = tinyRecipe(m_folder.path());
    json["data"]["sources"][0]["file"] = "missing.txt";
    EXPECT_NE(message(json).find("missing.txt"), std::string::npos);
    json = tinyRecipe(m_folder.path());
    json["plan"] = {"no-such-mechanism"};
    EXPECT_NE(message(json), "");
    for (const Json& restarts : {Json{0}, Json{5, 5}, Json{7, 5}, Json{12}}) {
        json = tinyRecipe(m_folder.path());
        json["optimizer"]["restarts"] = restarts;
        EXPECT_NE(message(json).find("restarts"), std::string::npos) << restarts;
    }
}

// Every recipe of the samples with its data, and a batch of it for its model.
// The recipe of a file, or those of its variants, and of its timings.
std::vector<Recipe> recipesIn(const fs::path& file, const fs::path& data)
{
    const Json json = readJsonFile(file);
    std::vector<Recipe> all;
    if (!isSeries(json)) {
        all.push_back(recipeFromJson(json, file, data));
        return all;
    }
    RecipeSeries series = seriesFromJson(json, file, data);
    for (RecipeVariant& variant : series.variants)
        all.push_back(std::move(variant.recipe));
    for (StepTiming& timing : series.timings)
        for (auto& [variant, recipe] : timing.recipes)
            all.push_back(std::move(recipe));
    return all;
}

void expectDataAndAModel(const Recipe& recipe)
{
    SCOPED_TRACE(recipe.title);
    ModelFiles files;
    files.config = std::make_shared<const Json>(recipe.config);
    files.weights = initialWeights(recipe.config, "new", recipe.deviations, recipe.seed);
    const ModelInfo info = architectureOf(files).describe(files);
    EXPECT_EQ(gradientObstacle(info, resolve(recipe.plan, info, 0)), "");
    const std::unique_ptr<TrainingData> data = openTrainingData(recipe, info);
    for (std::size_t i = 0; i < 20; ++i) {
        const Example example = data->draw(0, i);
        EXPECT_FALSE(example.input.tokenIds.empty());
        EXPECT_EQ(example.input.image.pixels != nullptr, info.image.has_value());
        EXPECT_EQ(example.input.tokenIds, data->draw(0, i).input.tokenIds);
    }
    EXPECT_GT(data->sets().at(0).count, 100U);
    for (const DataSource& source : recipe.sources)
        EXPECT_FALSE(source.licence.empty());
}

TEST(TrainRecipes, ThoseOfTheSamplesHaveDataAndAModel)
{
    KETSCOPE_NEEDS_SHARED(shared);
    std::size_t count = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(test::samples() / "recipes"))
        if (entry.path().extension() == ".json") {
            SCOPED_TRACE(entry.path().filename().string());
            ++count;
            for (const Recipe& recipe : recipesIn(entry.path(), shared / "data"))
                expectDataAndAModel(recipe);
        }
    EXPECT_GE(count, 6U);
}

TEST(TrainFiles, HalvesAreTheNearest)
{
    for (std::uint32_t bits = 0; bits < 0x7C00U; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        ASSERT_EQ(halfOf(halfToFloat(half)), half);
        const float next = halfToFloat(static_cast<std::uint16_t>(bits + 1));
        if (std::isinf(next))
            break;
        const float middle = 0.5F * (halfToFloat(half) + next);
        ASSERT_EQ(halfOf(std::nextafter(middle, 0.0F)), half);
        ASSERT_EQ(halfOf(middle), half % 2 == 0 ? half : half + 1);  // ties to even
    }
    EXPECT_EQ(halfOf(-2.0F), 0xC000);
    EXPECT_EQ(halfOf(65520.0F), 0x7C00);
    EXPECT_EQ(halfOf(std::nextafter(65520.0F, 0.0F)), 0x7BFF);
}

TEST_F(Train, CaptionsNameOneObjectAtFirstAndAShareOfThemAfterwards)
{
    constexpr std::size_t kTwo = 9;  // tokens of "[DEC] a red ring and a blue star [SEP]", the shortest with two
    Json json = sceneRecipe(m_folder.path(), "shape-blip", "matching");
    const auto withOne = [&](double afterwards, std::size_t step) {
        json["data"]["one_object"] = {{"from", 2}, {"until", 4}, {"afterwards", afterwards}};
        const std::unique_ptr<TrainingData> data = dataOf(recipeOf(m_folder.path(), json));
        std::size_t count = 0;
        for (std::size_t i = 0; i < 96; ++i)
            count += data->draw(step, i).input.tokenIds.size() < kTwo ? 1 : 0;
        return count;
    };
    EXPECT_EQ(withOne(0.0, 2), 96U);
    EXPECT_EQ(withOne(0.0, 3), 96U);
    const std::size_t usual = withOne(0.0, 4);
    EXPECT_LT(usual, 48U);
    EXPECT_LT(withOne(0.5, 1), 48U);
    EXPECT_GT(withOne(0.5, 4), usual + 20);
    EXPECT_LT(withOne(0.5, 4), 90U);
    EXPECT_EQ(withOne(1.0, 4), 96U);
}

}  // namespace
}  // namespace ketscope
