// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/program.h"
#include "tests/support/paths.h"

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

}  // namespace

TEST(CliTrain, MakesAModelThatIsInspectedAndRun)
{
    const TemporaryFolder folder;
    const std::string out = (folder.path() / "model").string();
    const Outcome trained = ketscope({"train", recipeIn(folder.path(), 8), "--out", out, "--quiet", "--json"});
    ASSERT_EQ(trained.status, 0) << trained.error;
    EXPECT_EQ(trained.json().at("sets").at(0).at("set"), "validation");
    EXPECT_EQ(readFile(out + "/curve.csv").find("step,rate,loss"), 0U);
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
    EXPECT_EQ(readFile(out("a") + "/model.safetensors"), readFile(out("b") + "/model.safetensors"));
    EXPECT_EQ(readFile(out("a") + "/curve.csv"), readFile(out("b") + "/curve.csv"));
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
    EXPECT_FALSE(std::filesystem::exists(out));
}

}  // namespace ketscope::test
