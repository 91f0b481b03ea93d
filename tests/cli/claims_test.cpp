// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/program.h"
#include "tests/support/paths.h"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace ketscope::test {

TEST(CliClaims, ListsEveryClaim)
{
    const nlohmann::json json = ketscope({"claims", "--list", "--json"}).json();
    ASSERT_EQ(json.at("claims").size(), 23U);
    EXPECT_EQ(json.at("claims").at(7).at("number"), 8);
    const Outcome text = ketscope({"claims", "--list"});
    EXPECT_EQ(text.status, 0);
    EXPECT_NE(text.out.find("4,071,059"), std::string::npos);
}

TEST(CliClaims, MeasuresTheChosenOnes)
{
    const nlohmann::json json = ketscope({"claims", "--only", "4,8", "--reduced", "--json", "--quiet"}).json();
    ASSERT_EQ(json.at("claims").size(), 2U);
    const auto& first = json.at("claims").at(0);
    EXPECT_EQ(first.at("verdict"), "artefact");
    const auto& blended = first.at("quantities").at(0);
    EXPECT_EQ(blended.at("of"), "as published");
    EXPECT_EQ(blended.at("published"), 0.608);
    EXPECT_LT(blended.at("low"), blended.at("mean"));
    EXPECT_EQ(json.at("claims").at(1).at("quantities").at(0).at("mean"), 4071059.0);
}

TEST(CliClaims, TextFitsIntoAHundredColumns)
{
    const Outcome text = ketscope({"claims", "--only", "3", "--only", "8", "--only", "17", "--reduced", "--quiet"});
    ASSERT_EQ(text.status, 0) << text.error;
    std::istringstream lines(text.out);
    for (std::string line; std::getline(lines, line);)
        EXPECT_LE(std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }), 100) << line;
    for (const char* part : {"Verdict: Artefact", "as published:", "correct:", "baseline:", "±", "0.692)",
                             "Where the number comes from", "3 claims in"})
        EXPECT_NE(text.out.find(part), std::string::npos) << part << " in\n" << text.out;
}

TEST(CliClaims, RefusesWhatThereIsNot)
{
    expectRefused(ketscope({"claims", "--only", "24"}));
    expectRefused(ketscope({"claims", "--only", "x"}));
}

TEST(CliClaims, StopsOnCtrlC)
{
    const Outcome stopped = ketscope({"claims", "--quiet"}, {.interruptAfterSeconds = 1.0});
    EXPECT_EQ(stopped.status, 1) << stopped.error;
    EXPECT_LT(stopped.seconds, 30.0);
}

class CliEvaluate : public testing::Test {
protected:
    std::string write(const char* name, const std::string& text) const
    {
        std::ofstream(folder.path() / name) << text;
        return (folder.path() / name).string();
    }

    Outcome run(const std::vector<std::string>& more) const
    {
        std::vector<std::string> all = {"evaluate",  sampleModel(), "--task", "classification",
                                        "--threads", "1",           "--quiet"};
        all.insert(all.end(), more.begin(), more.end());
        return ketscope(all);
    }

    TemporaryFolder folder;
    const std::string texts =
        "a warm and funny film\t1\na dull and stupid film\tNEGATIVE\nthe acting is superb\tpositive\n";
};

TEST_F(CliEvaluate, ComparesCandidates)
{
    const std::string file = write("texts.tsv", texts);
    const std::string out = (folder.path() / "answers.csv").string();
    const Outcome text =
        run({"--data", file, "--compare", "shots:shots=8", "--compare", "rff:version=as-published@layers=4-5",
             "--seeds", "2", "--perturb", "dropout:p=0.5", "--out", out});
    ASSERT_EQ(text.status, 0) << text.error;
    for (const char* part : {"3 texts", "Accuracy", "F1, macro", "Agreement with A", "McNemar p", "* as published",
                             "dropout:p=0.5", "Spearman", "Answers that flip", " −]"})
        EXPECT_NE(text.out.find(part), std::string::npos) << part << " in\n" << text.out;
    EXPECT_EQ(std::ranges::count(contentOf(out), '\n'), 10);
    const nlohmann::json json = run({"--data", file, "--compare", "shots:shots=8", "--seeds", "2", "--json"}).json();
    ASSERT_EQ(json.at("traces").size(), 2U);
    EXPECT_EQ(json.at("traces").at(0).at("figures").at("accuracy").at("mean"), 1.0);
    EXPECT_EQ(json.at("traces").at(1).at("seeds"), 2);
}

TEST_F(CliEvaluate, ForeseesAText)
{
    const std::string file = write("play.txt", "ROMEO:\nIt is the east, and Juliet is the sun.\n");
    const std::string model = (samples() / "char-gpt").string();
    const Outcome text =
        ketscope({"evaluate", model, "--task", "language", "--data", file, "--compare", "uniform", "--quiet"});
    ASSERT_EQ(text.status, 0) << text.error;
    for (const char* part : {"nats per token", "Perplexity of B", "For scale"})
        EXPECT_NE(text.out.find(part), std::string::npos) << part << " in\n" << text.out;
    const nlohmann::json json = ketscope({"evaluate", model, "--task", "language", "--data", file, "--json"}).json();
    EXPECT_LT(json.at("traces").at(0).at("figures").at("loss").at("mean"), json.at("unigram_loss"));
}

TEST_F(CliEvaluate, FindsCaptionsAndPictures)
{
    for (const char* model : {"shape-clip", "shape-blip"}) {
        const nlohmann::json json =
            ketscope({"evaluate", (samples() / model).string(), "--task", "retrieval", "--data",
                      (samples() / "scenes").string(), "--limit", "6", "--json", "--threads", "1"})
                .json();
        for (const char* part : {"text_of_image", "image_of_text", "negatives"}) {
            EXPECT_EQ(json.at(part).at("items"), 6) << model << " " << part;
            EXPECT_GT(json.at(part).at("traces").at(0).at("figures").at("accuracy").at("mean"), 0.6) << model << part;
        }
    }
}

TEST_F(CliEvaluate, GroundsWordsInScenesThatItDraws)
{
    const std::string scenes = (folder.path() / "scenes").string();
    const Outcome drawn = ketscope({"scenes", "--out", scenes, "--count", "6", "--seed", "3", "--quiet"});
    ASSERT_EQ(drawn.status, 0) << drawn.error;
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(scenes) / "scene-0005.png"));
    expectRefused(ketscope({"scenes", "--out", scenes}));  // nothing is overwritten
    const std::vector<std::string> asked = {"evaluate",  (samples() / "shape-blip").string(),
                                            "--task",    "grounding",
                                            "--data",    scenes,
                                            "--compare", "uniform@stack=cross",
                                            "--threads", "1"};
    const Outcome text = ketscope(asked);
    ASSERT_EQ(text.status, 0) << text.error;
    for (const char* part : {"6 pictures", "chance of pointing into a box", "Caption accepted", "B less A",
                             "Points into the box: Cross-attention, cross stack, layer 1"})
        EXPECT_NE(text.out.find(part), std::string::npos) << part << " in\n" << text.out;
    std::vector<std::string> inJson = asked;
    inJson.emplace_back("--json");
    const nlohmann::json json = ketscope(inJson).json();
    const auto& figures = json.at("traces").at(1).at("figures");
    EXPECT_NEAR(figures.at("mass:cross-attention:1").at("mean").get<double>(), json.at("chance").get<double>(), 0.05);
    EXPECT_LT(figures.at("points:cross-attention:1").at("less_baseline").at("high"), 0.0);
}

TEST_F(CliEvaluate, RefusesInOneLine)
{
    expectRefused(run({"--data", (folder.path() / "missing").string()}));
    expectRefused(run({"--data", write("untabbed.tsv", "no tab here\n")}));
    expectRefused(run({"--data", write("classless.tsv", "text\tmaybe\n")}));
    expectRefused(run({"--data", write("texts.tsv", texts), "--perturb", "noise"}));
    expectRefused(run({"--data", write("texts.tsv", texts), "--compare", "nothing"}));
    expectRefused(ketscope({"evaluate", sampleModel(), "--task", "language", "--data", write("t.txt", "text")}));
}

}  // namespace ketscope::test
