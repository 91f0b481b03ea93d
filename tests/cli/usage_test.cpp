// SPDX-License-Identifier: GPL-3.0-or-later
// Help, versions, wrong usage, and files that are no use.
#include "tests/cli/program.h"
#include "tests/support/paths.h"

#include <gtest/gtest.h>

#include <fstream>

namespace ketscope::test {

TEST(CliUsage, VersionIsTheProjects)
{
    const Outcome outcome = ketscope({"--version"});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_TRUE(outcome.out.starts_with("ketscope " KETSCOPE_VERSION "\n")) << outcome.out;
    for (const char* library : {"Qt 6.", "oneDNN ", "HDF5 ", "Eigen ", "ICU "})
        EXPECT_NE(outcome.out.find(library), std::string::npos) << library;
}

TEST(CliUsage, HelpNamesEverySubcommand)
{
    const Outcome outcome = ketscope({"--help"});
    EXPECT_EQ(outcome.status, 0);
    for (const char* command : {"inspect", "tokenize", "run", "render", "lesson", "mechanisms"}) {
        EXPECT_NE(outcome.out.find(command), std::string::npos) << command;
        const Outcome help = ketscope({command, "--help"});
        EXPECT_EQ(help.status, 0);
        EXPECT_NE(help.out.find("--json"), std::string::npos) << command;
    }
}

class CliRefusal : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(CliRefusal, IsOneLineAndStatus2) { expectRefused(ketscope(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Usage, CliRefusal,
                         testing::Values(std::vector<std::string>{"--nonsense"},
                                         std::vector<std::string>{"sweep", "model", "--vary", "m=1,2"},
                                         std::vector<std::string>{"nonsense"}, std::vector<std::string>{"inspect"},
                                         std::vector<std::string>{"inspect", "/no/such/model"},
                                         std::vector<std::string>{"inspect", "/dev/null"},
                                         std::vector<std::string>{"inspect", sampleModel(), "--angles", "nothing"},
                                         std::vector<std::string>{"inspect", sampleModel(), "--bits", "4"},
                                         std::vector<std::string>{"tokenize", sampleModel()},
                                         std::vector<std::string>{"run", fixtureModel("bert-mlm")},
                                         std::vector<std::string>{"mechanisms", "--threads", "-1"},
                                         std::vector<std::string>{"mechanisms", "--threads", "100000"},
                                         std::vector<std::string>{"mechanisms", "--seed", "half"},
                                         std::vector<std::string>{"render", "/no/such/run.h5", "--out", "figure.png"},
                                         std::vector<std::string>{"render", sampleModel(), "--out", "figure.png"}));

class CliRunRefusal : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(CliRunRefusal, IsOneLineAndStatus2)
{
    std::vector<std::string> arguments = {"run", sampleModel()};
    arguments.insert(arguments.end(), GetParam().begin(), GetParam().end());
    expectRefused(ketscope(arguments));
}

std::vector<std::string> withText(std::vector<std::string> more)
{
    more.insert(more.begin(), {"--text", "good"});
    return more;
}

INSTANTIATE_TEST_SUITE_P(Options, CliRunRefusal,
                         testing::Values(withText({"--token-ids", "2,5,3"}),
                                         std::vector<std::string>{"--text-pair", "alone"},
                                         std::vector<std::string>{"--token-ids", "2,five,3"},
                                         std::vector<std::string>{"--token-ids", "2,,3"},
                                         std::vector<std::string>{"--token-ids", "2,999999,3"},
                                         std::vector<std::string>{"--token-ids", "-2"},
                                         std::vector<std::string>{"--token-ids", "99999999999999999999"},
                                         std::vector<std::string>{"--token-ids", "2,5,3", "--attention-mask", "1,1"},
                                         std::vector<std::string>{"--token-ids", "2,5,3", "--attention-mask", "1,1,2"},
                                         std::vector<std::string>{"--text", "bad \xff byte"},
                                         withText({"--image", "picture.png"}),
                                         withText({"--pixel-values", "pixels.npy"}), withText({"--out", "run.txt"}),
                                         withText({"--out", "run"})));

INSTANTIATE_TEST_SUITE_P(
    Specs, CliRunRefusal,
    testing::Values(withText({"--compare", "nonsense"}), withText({"--compare", ""}),
                    withText({"--compare", "rff:m=0"}), withText({"--compare", "rff:m=1e99"}),
                    withText({"--compare", "rff:m"}), withText({"--compare", "rff:nonsense=1"}),
                    withText({"--compare", "rff@layers=6"}), withText({"--compare", "rff@layers=5-4"}),
                    withText({"--compare", "rff@heads=x"}), withText({"--compare", "rff@stack=vision"}),
                    withText({"--compare", "rff@floors=1"}), withText({"--compare", "rff:m=64,m=32"}),
                    withText({"--compare", "shots:estimator=nonsense"})));

// The index says what is wrong with each file; "reject" files must be refused, whichever subcommand meets them.
nlohmann::json badInputs()
{
    return nlohmann::json::parse(contentOf(fixtures() / "badinput" / "index.json")).at("cases");
}

std::vector<std::string> rejectedFiles()
{
    std::vector<std::string> paths;
    for (const nlohmann::json& entry : badInputs())
        if (entry.at("expect") == "reject")
            paths.push_back(entry.at("path"));
    return paths;
}

class CliBadInput : public testing::TestWithParam<std::string> {
protected:
    std::string path() const { return (fixtures() / "badinput" / GetParam()).string(); }
};

TEST_P(CliBadInput, IsRefusedByInspect)
{
    const Outcome outcome = ketscope({"inspect", path()});
    expectRefused(outcome);
    EXPECT_NE(outcome.error.find(GetParam()), std::string::npos) << "does not name the file: " << outcome.error;
}

TEST_P(CliBadInput, IsRefusedByRun) { expectRefused(ketscope({"run", path(), "--text", "good"})); }

TEST_P(CliBadInput, IsRefusedByTheWindow)
{
    const TemporaryFolder folder;
    expectRefused(ketscope({path()}, {.folder = folder.path()}));
    EXPECT_EQ(entriesIn(folder.path()), 0U);
}

INSTANTIATE_TEST_SUITE_P(Files, CliBadInput, testing::ValuesIn(rejectedFiles()), [](const auto& test) {
    std::string name = test.param;
    std::replace_if(
        name.begin(), name.end(), [](unsigned char byte) { return std::isalnum(byte) == 0; }, '_');
    return name;
});

TEST(CliBadInputWarned, NotANumberInTheWeightsIsSaid)
{
    const Outcome outcome = ketscope({"run", (fixtures() / "badinput" / "st_nan_weights").string(), "--text", "the"});
    EXPECT_TRUE(outcome.status == 0 || outcome.status == 2) << outcome.error;
    EXPECT_TRUE(outcome.error.find("NaN") != std::string::npos || outcome.error.find("finite") != std::string::npos)
        << outcome.error;
}

TEST(CliBadInputMade, RandomBytesAreNoModel)
{
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "model");
    std::ofstream(folder.path() / "model" / "config.json") << R"({"model_type": "nonsense"})";
    expectRefused(ketscope({"inspect", (folder.path() / "model").string()}));
    std::ofstream(folder.path() / "run.h5") << "this is not HDF5";
    expectRefused(ketscope({"inspect", (folder.path() / "run.h5").string()}));
    expectRefused(ketscope({"render", (folder.path() / "run.h5").string(), "--out", "figure.png"}));
    std::ofstream(folder.path() / "empty.txt") << "\n";
    expectRefused(ketscope({(folder.path() / "empty.txt").string()}));
}

TEST(CliReadme, ListsEveryMechanism)
{
    const std::string readme = contentOf(KETSCOPE_README);
    const nlohmann::json list = ketscope({"mechanisms", "--json"}).json();
    ASSERT_FALSE(list.empty());
    for (const nlohmann::json& mechanism : list)
        EXPECT_NE(readme.find("| `" + mechanism.at("id").get<std::string>() + "` |"), std::string::npos)
            << mechanism.at("id") << " has no row in README.md";
}

}  // namespace ketscope::test
