// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/program.h"
#include "tests/support/paths.h"

#include <gtest/gtest.h>

namespace ketscope::test {

std::vector<std::string> sweepOf(const std::vector<std::string>& more)
{
    std::vector<std::string> all = {"sweep",     sampleModel(),    "--text", "not bad at all",
                                    "--compare", "shots@layers=5", "--quiet"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

TEST(CliSweep, PrintsEveryValueBesideTheBaselines)
{
    const Outcome text = ketscope(sweepOf({"--vary", "shots=16,64", "--seeds", "3"}));
    ASSERT_EQ(text.status, 0) << text.error;
    for (const char* part : {"exact", "uniform", "zero", "output_error", "entropy [nats]", "class", "±"})
        EXPECT_NE(text.out.find(part), std::string::npos) << part << " in\n" << text.out;
    const nlohmann::json json = ketscope(sweepOf({"--vary", "shots=16,64", "--seeds", "3", "--json"})).json();
    ASSERT_EQ(json.at("rows").size(), 5U);
    EXPECT_EQ(json.at("rows").at(4).at("values").at("shots"), "64");
    EXPECT_EQ(json.at("rows").at(4).at("runs"), 3);
    const nlohmann::json error = json.at("rows").at(3).at("measures").at("output_error");
    EXPECT_GT(error.at("mean"), 0.0);
    EXPECT_LT(error.at("low"), error.at("mean"));
}

TEST(CliSweep, WritesTables)
{
    const TemporaryFolder folder;
    for (const char* name : {"sweep.csv", "sweep.h5"}) {
        const std::string file = (folder.path() / name).string();
        const Outcome run = ketscope(sweepOf({"--vary", "estimator=naive,systematic", "--seeds", "2", "--out", file}));
        EXPECT_EQ(run.status, 0) << run.error;
        EXPECT_GT(contentOf(file).size(), 200U);
    }
    EXPECT_EQ(entriesIn(folder.path()), 2U);
}

TEST(CliSweep, ItsFileIsDrawn)
{
    const TemporaryFolder folder;
    const auto file = [&](const char* name) { return (folder.path() / name).string(); };
    ASSERT_EQ(ketscope(sweepOf({"--vary", "shots=16,64", "--seeds", "2", "--out", file("sweep.h5")})).status, 0);
    const auto render = [&](const std::string& figure, const std::vector<std::string>& more = {}) {
        std::vector<std::string> all = {"render", file("sweep.h5"), "--figure", figure, "--out", file("figure.svg")};
        all.insert(all.end(), more.begin(), more.end());
        return ketscope(all);
    };
    for (const char* figure : {"sweep", "convergence", "sweep,convergence"}) {
        const Outcome drawn = render(figure, {"--measure", "weight_divergence"});
        EXPECT_EQ(drawn.status, 0) << drawn.error;
        EXPECT_GT(contentOf(file("figure.svg")).size(), 1000U);
    }
    expectRefused(render("heatmap"));
    expectRefused(render("sweep", {"--measure", "nothing"}));
    std::filesystem::resize_file(file("sweep.h5"), 3000);
    expectRefused(render("sweep"));
}

TEST(CliSweep, RefusesWhatItCannotDo)
{
    expectRefused(ketscope(sweepOf({"--vary", "shots"})));
    expectRefused(ketscope(sweepOf({"--vary", "shots=0"})));
    expectRefused(ketscope(sweepOf({"--vary", "lambda=0.1"})));
    expectRefused(ketscope(sweepOf({})));
    expectRefused(ketscope(sweepOf({"--vary", "shots=16", "--out", "sweep.txt"})));
}

TEST(CliSweep, LeavesNothingBehindWhenInterrupted)
{
    const TemporaryFolder folder;
    Start start;
    start.interruptAfterSeconds = 1.0;
    const std::string file = (folder.path() / "sweep.csv").string();
    const Outcome run =
        ketscope(sweepOf({"--vary", "shots=16,32,64,128,256", "--seeds", "10000", "--out", file}), start);
    EXPECT_EQ(run.status, 1);
    EXPECT_EQ(entriesIn(folder.path()), 0U);
}

}  // namespace ketscope::test
