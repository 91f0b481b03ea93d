// SPDX-License-Identifier: GPL-3.0-or-later
// Lessons from the command line: the list, a walk with its answers, the handout.
#include "tests/cli/program.h"
#include "tests/support/paths.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace ketscope::test {

TEST(CliLesson, ListsThemWithTheirSteps)
{
    const nlohmann::json list = ketscope({"lesson", "--json"}).json();
    ASSERT_EQ(list.size(), 8u);
    EXPECT_EQ(list.at(1).at("id"), "many-heads");
    EXPECT_EQ(list.at(1).at("number"), 2);
    EXPECT_GE(list.at(1).at("steps"), 4);
}

TEST(CliLesson, WalksOneAndWritesItsHandout)
{
    const TemporaryFolder folder;
    const auto file = folder.path() / "handout.pdf";
    const Outcome outcome = ketscope({"lesson", "interference", "--handout", file.string(), "--quiet"});
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_NE(outcome.out.find("it vanishes"), std::string::npos) << outcome.out;
    const std::string pdf = contentOf(file);
    EXPECT_TRUE(pdf.starts_with("%PDF"));
    EXPECT_NE(pdf.find("/FontFile2"), std::string::npos) << "no font is embedded";
    EXPECT_EQ(pdf.find("/Type3"), std::string::npos);
    EXPECT_EQ(entriesIn(folder.path()), 1u);
}

TEST(CliLesson, WritesTheHandoutsOfAllEight)
{
    const TemporaryFolder folder;
    const Outcome outcome = ketscope({"lesson", "--handouts", (folder.path() / "all").string(), "--quiet"});
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_EQ(entriesIn(folder.path() / "all"), 8U);
    for (const auto& lesson : ketscope({"lesson", "--json"}).json()) {
        const auto file = folder.path() / "all" / ("lesson-" + lesson.at("id").get<std::string>() + ".pdf");
        EXPECT_TRUE(contentOf(file).starts_with("%PDF")) << file;
    }
}

TEST(CliLesson, SpeaksTheLanguageThatIsAskedFor)
{
    const nlohmann::json list = ketscope({"lesson", "--language", "de", "--json"}).json();
    EXPECT_EQ(list.at(1).at("title"), "Viele Heads, viele Aufgaben");
    const Outcome outcome = ketscope({"lesson", "interference", "--language", "de", "--quiet"});
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_NE(outcome.out.find("es verschwindet"), std::string::npos) << outcome.out;
}

TEST(CliLesson, AFolderOfAnAuthorIsCheckedInOneLine)
{
    const TemporaryFolder folder;
    const auto lesson = folder.path() / "mine";
    std::filesystem::create_directories(lesson);
    std::ofstream(lesson / "lesson.json") << R"({"version": 1, "number": 1, "title": "T", "summary": "S", "minutes": 5,
        "sample": "sentiment", "steps": [{"title": "One", "text": "Two", "unti": "layer = 2"}]})";
    const Outcome outcome = ketscope({"lesson", lesson.string()});
    expectRefused(outcome);
    EXPECT_NE(outcome.error.find("\"unti\""), std::string::npos) << outcome.error;
    expectRefused(ketscope({"lesson", "none"}));
}

}  // namespace ketscope::test
