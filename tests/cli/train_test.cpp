// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/program.h"
#include "tests/support/paths.h"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>

namespace ketscope::test {

namespace {

// A small language model of characters on a text beside the recipe.
std::string recipeIn(const std::filesystem::path& folder, std::size_t steps)
{
    std::ofstream text(folder / "text.txt");
    for (int i = 0; i < 100; ++i)
        text << "to be or not to be that is the question\n";
    const std::string sample = (samples() / "char-gpt").string();
    const nlohmann::json recipe = {{"format", "ketscope-recipe"},
                                   {"version", 1},
                                   {"title", "tiny"},
                                   {"objective", "language-modelling"},
                                   {"model",
                                    {{"config", sample + "/config.json"},
                                     {"changes", {{"n_embd", 16}, {"n_layer", 2}, {"n_head", 2}, {"n_positions", 16}}},
                                     {"files", sample}}},
                                   {"data", {{"sources", {{{"file", "text.txt"}, {"licence", "public domain"}}}}}},
                                   {"batch", 4},
                                   {"steps", steps},
                                   {"checkpoint_every", 2}};
    std::ofstream(folder / "recipe.json") << recipe.dump();
    return (folder / "recipe.json").string();
}

// Two variants of it.
std::string seriesIn(const std::filesystem::path& folder, std::size_t steps)
{
    nlohmann::json recipe = nlohmann::json::parse(contentOf(recipeIn(folder, steps)));
    recipe["variants"] = {{{"id", "plain"}, {"title", "Plain"}, {"seeds", {0, 3}}},
                          {{"id", "kernel"}, {"title", "Kernel"}, {"changes", {{"plan", {"rff:m=16@layers=1"}}}}}};
    std::ofstream(folder / "series.json") << recipe.dump();
    return (folder / "series.json").string();
}

}  // namespace

TEST(CliTrain, TrainsVariantsAndComparesThem)
{
    const TemporaryFolder folder;
    const std::string recipe = seriesIn(folder.path(), 4), out = (folder.path() / "out").string();
    const Outcome part = ketscope({"train", recipe, "--out", out, "--quiet", "--variant", "kernel"});
    ASSERT_EQ(part.status, 0) << part.error;
    EXPECT_NE(part.out.find("Some runs are missing"), std::string::npos) << part.out;
    const Outcome stopped = ketscope({"train", recipe, "--out", out, "--quiet", "--stop-after", "6"});
    EXPECT_EQ(stopped.status, 1);
    EXPECT_NE(stopped.error.find("goes on"), std::string::npos) << stopped.error;
    EXPECT_FALSE(std::filesystem::exists(out + "/plain-3/model.safetensors"));
    const Outcome all = ketscope({"train", recipe, "--out", out, "--quiet"});
    ASSERT_EQ(all.status, 0) << all.error;
    for (const char* text : {"4 steps of 4", "Less plain's", "0.0000", "kernel"})
        EXPECT_NE(all.out.find(text), std::string::npos) << text << " in\n" << all.out;
    EXPECT_EQ(all.out.find("Some runs are missing"), std::string::npos);
    const nlohmann::json json = ketscope({"train", recipe, "--out", out, "--quiet", "--json"}).json();
    ASSERT_EQ(json.at("runs").size(), 3U);
    EXPECT_EQ(json, nlohmann::json::parse(contentOf(out + "/comparison.json")));
    EXPECT_EQ(std::ranges::count(contentOf(out + "/comparison.csv"), '\n'), 4);
    EXPECT_EQ(std::ranges::count(contentOf(out + "/positions.csv"), '\n'), 17);
    EXPECT_EQ(ketscope({"inspect", out + "/plain-3"}).status, 0);
    const std::string shorter = (folder.path() / "short").string();
    const nlohmann::json tried =
        ketscope({"train", recipe, "--out", shorter, "--quiet", "--json", "--steps", "1", "--seed", "5"}).json();
    EXPECT_EQ(tried.at("steps"), 1);
    ASSERT_EQ(tried.at("runs").size(), 2U);
    EXPECT_EQ(tried.at("runs").at(0).at("seed"), 5);
}

TEST(CliTrain, MakesAModelThatIsInspectedAndRun)
{
    const TemporaryFolder folder;
    const std::string out = (folder.path() / "model").string();
    const Outcome trained = ketscope({"train", recipeIn(folder.path(), 8), "--out", out, "--quiet", "--json"});
    ASSERT_EQ(trained.status, 0) << trained.error;
    EXPECT_EQ(trained.json().at("sets").at(0).at("set"), "validation");
    EXPECT_EQ(contentOf(out + "/curve.csv").find("step,rate,loss"), 0U);
    const Outcome inspected = ketscope({"inspect", out, "--json"});
    ASSERT_EQ(inspected.status, 0) << inspected.error;
    EXPECT_EQ(inspected.json().at("parameters"), trained.json().at("parameters"));
    EXPECT_EQ(ketscope({"run", out, "--text", "to be", "--out", (folder.path() / "run.h5").string(), "--quiet"}).status,
              0);
}

TEST(CliTrain, StopsAndGoesOnToTheSameNumbers)
{
    const TemporaryFolder folder;
    const std::string recipe = recipeIn(folder.path(), 7);
    const auto out = [&](const char* name) { return (folder.path() / name).string(); };
    ASSERT_EQ(ketscope({"train", recipe, "--out", out("a"), "--quiet"}).status, 0);
    const Outcome stopped = ketscope({"train", recipe, "--out", out("b"), "--quiet", "--stop-after", "3"});
    EXPECT_EQ(stopped.status, 1);
    ASSERT_EQ(stopped.errorLines().size(), 1U);
    EXPECT_NE(stopped.error.find("goes on"), std::string::npos) << stopped.error;
    ASSERT_EQ(ketscope({"train", recipe, "--out", out("b"), "--quiet", "--threads", "2"}).status, 0);
    EXPECT_EQ(contentOf(out("a") + "/model.safetensors"), contentOf(out("b") + "/model.safetensors"));
    EXPECT_EQ(contentOf(out("a") + "/curve.csv"), contentOf(out("b") + "/curve.csv"));
}

TEST(CliTrain, InterruptLeavesACheckpoint)
{
    const TemporaryFolder folder;
    const std::string out = (folder.path() / "long").string();
    const Outcome stopped =
        ketscope({"train", recipeIn(folder.path(), 1000000), "--out", out, "--quiet"}, {.interruptAfterSeconds = 4.0});
    EXPECT_EQ(stopped.status, 1);
    EXPECT_TRUE(std::filesystem::exists(out + "/checkpoint.safetensors"));
    EXPECT_FALSE(std::filesystem::exists(out + "/model.safetensors"));
}

TEST(CliTrain, UnusableRecipesAreRefused)
{
    const TemporaryFolder folder;
    const std::string out = (folder.path() / "out").string();
    expectRefused(ketscope({"train", (folder.path() / "none.json").string(), "--out", out}));
    std::ofstream(folder.path() / "bad.json") << "{\"format\": \"ketscope-recipe\", \"version\": 1, \"epochs\": 3}";
    expectRefused(ketscope({"train", (folder.path() / "bad.json").string(), "--out", out}));
    expectRefused(ketscope({"train", recipeIn(folder.path(), 2), "--out", out, "--variant", "v1"}));
    expectRefused(ketscope({"train", seriesIn(folder.path(), 2), "--out", out, "--variant", "v1"}));
    EXPECT_FALSE(std::filesystem::exists(out));
}

}  // namespace ketscope::test
