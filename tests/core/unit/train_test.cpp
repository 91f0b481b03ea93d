// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/formats/safetensors_write.h"
#include "core/formats/widen.h"
#include "core/models/own_heads.h"
#include "core/study/comparison.h"
#include "core/train/initial_weights.h"
#include "core/train/recipe_series.h"
#include "core/train/scene.h"
#include "core/train/trainer.h"
#include "core/train/training_step.h"
#include "tests/support/paths.h"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace ketscope {
namespace {

namespace fs = std::filesystem;

std::string contentOf(const fs::path& file)
{
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

// A language model of characters that takes seconds, on a text that is written beside it.
Json tinyRecipe(const fs::path& folder)
{
    std::ofstream text(folder / "text.txt");
    for (int i = 0; i < 200; ++i)
        text << "to be or not to be that is the question\n";
    return {{"format", "ketscope-recipe"},
            {"version", 1},
            {"title", "tiny"},
            {"objective", "language-modelling"},
            {"model",
             {{"config", (test::samples() / "char-gpt" / "config.json").string()},
              {"changes", {{"n_embd", 16}, {"n_layer", 2}, {"n_head", 2}, {"n_positions", 16}}},
              {"files", (test::samples() / "char-gpt").string()}}},
            {"data", {{"sources", {{{"file", "text.txt"}, {"licence", "public domain"}}}}}},
            {"batch", 6},
            {"steps", 12},
            {"optimizer", {{"rate", 0.01}, {"warm_up", 3}}},
            {"dropout", {{"embeddings", 0.1}, {"residuals", 0.2}}},
            {"validation", {{"every", 4}, {"examples", 8}}},
            {"checkpoint_every", 5}};
}

Recipe recipeOf(const fs::path& folder, const Json& json)
{
    std::ofstream(folder / "recipe-in.json") << json.dump();
    return readRecipe(folder / "recipe-in.json");
}

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
    const auto drawn = initialWeights(recipe.config, at(""), recipe.deviation, recipe.seed);
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

// A recipe's model before its first step.
ModelFiles newFiles(const Recipe& recipe, std::shared_ptr<const TensorArchive> weights)
{
    ModelFiles files;
    files.folder = recipe.filesFolder;
    files.config = std::make_shared<const Json>(recipe.config);
    files.weights = std::move(weights);
    return files;
}

// The loss of a whole batch, dropout included, against differences in the weights of every kind of tensor.
void expectSlopes(const Recipe& recipe, double tolerance)
{
    Monitor monitor;
    const auto weights = initialWeights(recipe.config, recipe.filesFolder, recipe.deviation, 3);
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

TEST_F(Train, GradientsOfABatchAreSlopes)
{
    Json json = tinyRecipe(m_folder.path());
    json["model"]["deviation"] = 0.3;
    expectSlopes(recipeOf(m_folder.path(), json), 0.02);
}

// A recipe for a sample's model with one layer in each tower, from scenes.
Json sceneRecipe(const std::filesystem::path& folder, const std::string& sample, const std::string& objective)
{
    const std::string files = (test::samples() / sample).string();
    Json json = tinyRecipe(folder);
    json["model"] = {
        {"config", files + "/config.json"},
        {"changes", {{"text_config", {{"num_hidden_layers", 1}}}, {"vision_config", {{"num_hidden_layers", 1}}}}},
        {"files", files},
        {"deviation", 0.08}};
    json["objective"] = objective;
    json["data"] = {{"generated", "scenes"}};
    json["dropout"] = Json::object();
    return json;
}

TEST_F(Train, GradientsOfContrastAndMatchingAreSlopes)
{
    expectSlopes(recipeOf(m_folder.path(), sceneRecipe(m_folder.path(), "shape-blip", "contrast-and-matching")), 0.02);
}

TEST_F(Train, GradientsOfLateInteractionAreSlopes)
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

TEST_F(Train, MatchingJoinsContrastAtItsStep)
{
    Json json = sceneRecipe(m_folder.path(), "shape-blip", "contrast-and-matching");
    json["matching_from"] = 2;
    json["batch"] = 3;
    const Recipe recipe = recipeOf(m_folder.path(), json);
    const ModelFiles files = newFiles(recipe, initialWeights(recipe.config, recipe.filesFolder, recipe.deviation, 3));
    const std::unique_ptr<Model> model = architectureOf(files).open(files, m_monitor);
    const std::unique_ptr<TrainingData> data = openTrainingData(recipe, model->info());
    const std::vector<Example> batch = {data->draw(0, 0), data->draw(0, 1), data->draw(0, 2)};
    const auto at = [&](std::size_t step) {
        return batchGradients(*model, resolve({}, model->info(), 0), recipe, step, batch, {}, m_monitor);
    };
    const BatchGradients before = at(1), from = at(2);
    EXPECT_FALSE(before.weights.contains("itm_head.weight"));
    EXPECT_TRUE(before.weights.contains("vision_proj.weight"));
    EXPECT_TRUE(from.weights.contains("itm_head.weight"));
    EXPECT_GT(from.loss, before.loss);
    json["objective"] = "contrast";
    EXPECT_THROW(recipeOf(m_folder.path(), json), Error);
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

TEST_F(Train, ClassificationReadsLabelledLines)
{
    std::ofstream(at("lines.txt")) << "a fine film\t1\na dull film\t0\nfine and warm\t1\ndull and cold\t0\n";
    Json json = tinyRecipe(m_folder.path());
    json["objective"] = "classification";
    json["model"] = {{"config", (test::samples() / "sentiment" / "config.json").string()},
                     {"changes", {{"n_layers", 1}, {"dim", 16}, {"hidden_dim", 16}, {"n_heads", 2}}},
                     {"deviation", 0.3},
                     {"files", (test::samples() / "sentiment").string()}};
    json["data"] = {
        {"sources",
         {{{"file", "lines.txt"}, {"licence", "own"}}, {{"file", "lines.txt"}, {"licence", "own"}, {"use", "test"}}}}};
    json["steps"] = 80;
    json["dropout"] = Json::object();
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
    files.weights = initialWeights(recipe.config, "new", recipe.deviation, recipe.seed);
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

TEST(TrainScenes, CaptionsAreTrueAndFalseOnesFalse)
{
    for (std::uint32_t index = 0; index < 300; ++index) {
        const Scene scene = makeScene(5, index);
        ASSERT_EQ(scene.image.width, 64U);
        ASSERT_FALSE(scene.objects.empty());
        ASSERT_GE(scene.falseCaptions.size(), 2U) << scene.caption;
        std::istringstream stream(scene.caption);
        const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
        for (const SceneMention& mention : scene.mentions) {
            const SceneObject& object = scene.objects.at(mention.object);
            EXPECT_EQ(words.at(mention.word), object.shape) << scene.caption;
            EXPECT_EQ(words.at(mention.word - 1), object.color) << scene.caption;
        }
        if (scene.caption.find("left of") != std::string::npos) {
            const auto& first = scene.objects[scene.mentions[0].object].box;
            const auto& second = scene.objects[scene.mentions[1].object].box;
            EXPECT_LT(first[0] + first[2], second[0] + second[2]) << scene.caption;
        }
        for (const FalseCaption& caption : scene.falseCaptions)
            EXPECT_NE(caption.text, scene.caption);
        EXPECT_EQ(makeScene(5, index).image, scene.image);
        EXPECT_EQ(describeScene(5, index).caption, scene.caption);
    }
}

}  // namespace
}  // namespace ketscope
