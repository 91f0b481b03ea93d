// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/retrieval.h"

#include "core/base/error.h"
#include "core/study/scene_list.h"
#include "tests/support/paths.h"

#include <fstream>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using namespace test;

TEST(Retrieval, ReadsTheBundledScenes)
{
    const auto pictures = readCaptionedPictures(samples() / "scenes");
    ASSERT_EQ(pictures.size(), 16U);
    EXPECT_EQ(pictures[0].file.filename(), "scene-00.png");
    EXPECT_EQ(pictures[0].caption, "a pink ring left of a red circle");
    EXPECT_EQ(pictures[0].negative, "a pink ring left of a red triangle");
    EXPECT_EQ(pictures[0].pixels, nullptr);
}

TEST(Retrieval, RefusesDamagedLists)
{
    const TemporaryFolder folder;
    EXPECT_THROW(readCaptionedPictures(folder.path()), Error);
    for (const char* text : {"{}", "[1]", "[{\"image\": \"a.png\"}]", "[{\"image\": \"../a.png\", \"caption\": \"a\"}]",
                             "[{\"image\": 3, \"caption\": \"a\"}]", "[{"}) {
        std::ofstream(folder.path() / "scenes.json") << text;
        EXPECT_THROW(readCaptionedPictures(folder.path()), Error) << text;
    }
    std::ofstream(folder.path() / "scenes.json") << R"([{"image": "a.png", "caption": "a", "other": 1}])";
    EXPECT_EQ(readCaptionedPictures(folder.path()).at(0).negative, "");
}

TEST(SceneList, HasAnEntryOfEachPictureAndALimit)
{
    const TemporaryFolder folder;
    EXPECT_TRUE(sceneOf(folder.path() / "a.png").is_null()) << "no list";
    const auto write = [&](std::size_t blanks) {
        std::ofstream(folder.path() / kSceneList)
            << R"([{"image": "b.png"}, {"image": "a.png", "caption": "a"}])" << std::string(blanks, ' ');
    };
    write(0);
    EXPECT_EQ(sceneOf(folder.path() / "a.png").at("caption"), "a");
    EXPECT_TRUE(sceneOf(folder.path() / "c.png").is_null()) << "no entry";
    write(std::size_t{16} << 20U);
    EXPECT_THROW(sceneOf(folder.path() / "a.png"), Error);
    EXPECT_THROW(readCaptionedPictures(folder.path()), Error);
}

TEST(Retrieval, RefusesOtherModelsAndEqualCaptions)
{
    Monitor monitor;
    const auto sentiment = loadModel(samples() / "sentiment", monitor);
    const auto clip = loadModel(samples() / "shape-clip", monitor);
    const std::vector<CaptionedPicture> equal = {{"a.png", "a", ""}, {"b.png", "a", ""}};
    EXPECT_THROW(evaluateRetrieval(*sentiment, equal, {}, monitor), Error);
    EXPECT_THROW(evaluateRetrieval(*clip, equal, {}, monitor), Error);
    EXPECT_THROW(evaluateRetrieval(*clip, {{"a.png", "a", ""}}, {}, monitor), Error);
}

}  // namespace
}  // namespace ketscope
