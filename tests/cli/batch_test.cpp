// SPDX-License-Identifier: GPL-3.0-or-later
// The same page of many inputs, and their runs in one file.
#include "core/formats/hdf5.h"
#include "tests/cli/program.h"
#include "tests/support/paths.h"

#include <gtest/gtest.h>

#include <fstream>

namespace ketscope::test {

class CliBatch : public testing::Test {
protected:
    void SetUp() override
    {
        m_run = sampleRun(m_folder.path());
        std::ofstream(m_folder.path() / "texts.txt") << "a warm film\n\nnot great\nits acting is good\n";
    }

    Outcome render(std::vector<std::string> more)
    {
        more.insert(more.begin(), {"render", m_run, "--inputs", path("texts.txt"), "--out-dir", path("out")});
        return ketscope(more);
    }
    std::string path(const std::string& name) const { return (m_folder.path() / name).string(); }

    TemporaryFolder m_folder;
    std::string m_run;
};

TEST_F(CliBatch, EveryLineBecomesAFileAndWhatIsThereIsLeft)
{
    const Outcome first = render({"--format", "svg", "--json"});
    ASSERT_EQ(first.status, 0) << first.error;
    EXPECT_EQ(first.json().at("made"), 3);
    // Numbered by line, the empty one included.
    for (const char* name : {"out/0001.svg", "out/0003.svg", "out/0004.svg"})
        EXPECT_NE(contentOf(path(name)).find("<svg"), std::string::npos) << name;
    EXPECT_NE(contentOf(path("out/0003.svg")), contentOf(path("out/0001.svg")));
    std::filesystem::remove(path("out/0003.svg"));
    const Outcome again = render({"--format", "svg", "--json"});
    EXPECT_EQ(again.json().at("made"), 1);
    EXPECT_EQ(again.json().at("there"), 2);
}

TEST_F(CliBatch, ShardsTogetherAreAllAndNoneTwice)
{
    EXPECT_EQ(render({"--format", "svg", "--shard", "1/2", "--json"}).json().at("made"), 2);
    const Outcome second = render({"--format", "svg", "--shard", "2/2", "--json"});
    EXPECT_EQ(second.json().at("made"), 1);
    EXPECT_EQ(second.json().at("there"), 0);
    EXPECT_EQ(entriesIn(m_folder.path() / "out"), 3U);
    for (const char* shard : {"0/2", "3/2", "1", "1/2x", "a/b"})
        EXPECT_EQ(render({"--shard", shard}).status, 2) << shard;
}

TEST_F(CliBatch, RunsJoinIntoOneFile)
{
    ASSERT_EQ(render({"--format", "svg", "--keep-runs"}).status, 0);
    const Outcome joined = ketscope({"join", path("out/0001.h5"), path("out/0003.h5"), "--out", path("all.h5")});
    ASSERT_EQ(joined.status, 0) << joined.error;
    const Hdf5File file = Hdf5File::open(path("all.h5"));
    EXPECT_EQ(file.members("/runs"), (std::vector<std::string>{"0001", "0003"}));
    EXPECT_EQ(file.readStrings("/runs/0003/input/tokens").at(1), "not");
    EXPECT_EQ(file.shape("/runs/0001/traces/B/text/attention").size(), 4U);
    const Outcome listed = ketscope({"inspect", path("all.h5")});
    ASSERT_EQ(listed.status, 0) << listed.error;
    for (const char* said : {"2 runs", "0001", "0003", "a warm film", "not great", "Exact softmax"})
        EXPECT_NE(listed.out.find(said), std::string::npos) << said;
    const auto runs = ketscope({"inspect", path("all.h5"), "--json"}).json();
    EXPECT_EQ(runs.at("kind"), "runs");
    ASSERT_EQ(runs.at("runs").size(), 2U);
    EXPECT_EQ(runs.at("runs")[1].at("name"), "0003");
    const auto alone = ketscope({"inspect", path("out/0003.h5"), "--json"}).json();
    EXPECT_EQ(runs.at("runs")[1].at("model"), alone.at("model"));
    EXPECT_EQ(runs.at("runs")[1].at("traces")[1].at("seconds"), alone.at("traces")[1].at("seconds"));
    EXPECT_EQ(runs.at("runs")[1].at("traces")[1].at("plan"), alone.at("traces")[1].at("plan"));
    EXPECT_EQ(ketscope({"join", path("texts.txt"), "--out", path("no.h5")}).status, 2);
    EXPECT_FALSE(std::filesystem::exists(path("no.h5")));
}

TEST_F(CliBatch, OneInputThatFailsDoesNotStopTheOthers)
{
    const auto pictures = m_folder.path() / "pictures";
    std::filesystem::create_directory(pictures);
    std::filesystem::copy_file(samples() / "scenes" / "scene-00.png", pictures / "a.png");
    std::ofstream(pictures / "b.png") << "\x89PNG\r\n\x1a\n damaged";
    std::filesystem::copy_file(samples() / "scenes" / "scene-03.png", pictures / "c.png");
    const std::string run = path("blip.h5");
    ASSERT_EQ(
        ketscope({"run", (samples() / "shape-blip").string(), "--image",
                  (samples() / "scenes" / "scene-00.png").string(), "--text", "a red circle", "--out", run, "--quiet"})
            .status,
        0);
    const Outcome outcome = ketscope({"render", run, "--inputs", pictures.string(), "--out-dir", path("out"),
                                      "--format", "png", "--dpi", "72", "--quiet"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.error.find("b: "), std::string::npos) << outcome.error;
    EXPECT_TRUE(std::filesystem::exists(path("out/a.png")));
    EXPECT_FALSE(std::filesystem::exists(path("out/b.png")));
    EXPECT_TRUE(std::filesystem::exists(path("out/c.png")));
}

TEST_F(CliBatch, RefusesWhatDoesNotGoTogether)
{
    EXPECT_EQ(ketscope({"render", m_run}).status, 2);
    EXPECT_EQ(ketscope({"render", m_run, "--inputs", path("texts.txt")}).status, 2);
    EXPECT_EQ(render({"--out", path("x.pdf")}).status, 2);
    EXPECT_EQ(ketscope({"render", m_run, "--inputs", path("none"), "--out-dir", path("out")}).status, 2);
    EXPECT_EQ(ketscope({"render", m_run, "--inputs", samples().string() + "/scenes", "--out-dir", path("out")}).status,
              2);  // its model looks at no pictures
}

}  // namespace ketscope::test
