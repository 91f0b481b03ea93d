// SPDX-License-Identifier: GPL-3.0-or-later
// Attention that another program wrote, looked into and drawn.
#include "tests/cli/program.h"
#include "tests/support/paths.h"

#include <gtest/gtest.h>

#include <fstream>

namespace ketscope::test {

namespace fs = std::filesystem;

namespace {

std::string captured(const std::string& name) { return (fixtures() / "captured" / name).string(); }

TEST(CliCaptured, InspectSaysWhatIsInIt)
{
    const Outcome outcome = ketscope({"inspect", captured("two.npz"), "--json"});
    ASSERT_EQ(outcome.status, 0) << outcome.error;
    const nlohmann::json json = outcome.json();
    EXPECT_EQ(json["kind"], "run");
    EXPECT_EQ(json["captured"], true);
    EXPECT_EQ(json["input"]["tokens"], (nlohmann::json{"Ġnot", "Ġbad", "!"}));
    ASSERT_EQ(json["traces"].size(), 2U);
    EXPECT_EQ(json["traces"][1]["title"], "attention_b");
    const Outcome text = ketscope({"inspect", captured("recipe.h5")});
    ASSERT_EQ(text.status, 0) << text.error;
    EXPECT_NE(text.out.find("text: 3 layers × 2 heads\n"), std::string::npos) << text.out;
}

TEST(CliCaptured, DoubtsGoToStandardError)
{
    const Outcome outcome = ketscope({"inspect", captured("head.npy")});
    ASSERT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_NE(outcome.error.find("do not sum to one"), std::string::npos) << outcome.error;
    EXPECT_NE(outcome.error.find("negative"), std::string::npos);
    EXPECT_NE(outcome.error.find("not finite"), std::string::npos);
}

TEST(CliCaptured, EveryKindIsDrawn)
{
    const TemporaryFolder folder;
    for (const char* name : {"two.npz", "single.npy", "head.npy", "recipe.h5", "plain.h5", "cross.h5"}) {
        const std::string out = (folder.path() / (std::string(name) + ".svg")).string();
        const Outcome outcome = ketscope({"render", captured(name), "--out", out, "--quiet"});
        ASSERT_EQ(outcome.status, 0) << name << ": " << outcome.error;
        EXPECT_TRUE(contentOf(out).starts_with("<?xml")) << name;
    }
    EXPECT_EQ(entriesIn(folder.path()), 6U);
}

// Neither a plan nor a seed is claimed for what was not run here.
TEST(CliCaptured, TheCaptionSaysWhereItIsFrom)
{
    const TemporaryFolder folder;
    const std::string out = (folder.path() / "two.svg").string();
    const Outcome outcome = ketscope({"render", captured("two.npz"), "--out", out, "--json"});
    ASSERT_EQ(outcome.status, 0) << outcome.error;
    const std::string caption = outcome.json()["caption"];
    EXPECT_NE(caption.find("attention_b"), std::string::npos) << caption;
    EXPECT_EQ(caption.find("seed"), std::string::npos) << caption;
    EXPECT_EQ(caption.find("patched"), std::string::npos) << caption;
}

TEST(CliCaptured, WhatCannotBeUsedIsRefused)
{
    for (const char* name :
         {"object.npz", "structured.npy", "complex.npy", "types.npz", "version1.npy", "index.json"}) {
        expectRefused(ketscope({"inspect", captured(name)}));
        expectRefused(ketscope({"render", captured(name), "--out", "never.svg"}));
    }
    const TemporaryFolder folder;
    const fs::path zip = folder.path() / "x.npz";
    std::ofstream(zip) << "PK\x03\x04 and nothing more";
    expectRefused(ketscope({"inspect", zip.string()}));
}

}  // namespace

}  // namespace ketscope::test
