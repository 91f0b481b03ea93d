// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/grounding.h"

#include "core/base/error.h"
#include "core/study/alignment_stacks.h"
#include "core/study/labelled_boxes.h"
#include "core/train/scene.h"
#include "tests/support/paths.h"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

using namespace test;
namespace fs = std::filesystem;

// A folder with four generated scenes. Their pictures are in memory: the files are never read.
class GroundingTest : public testing::Test {
protected:
    GroundingTest()
    {
        Json list = Json::array();
        for (std::uint32_t i = 0; i < 4; ++i) {
            const Scene scene = makeScene(7, 40 + i);
            const std::string name = std::to_string(i) + ".png";
            list.push_back(toJson(scene, name));
        }
        std::ofstream(folder.path() / "scenes.json") << list.dump();
        pictures = readCaptionedPictures(folder.path());
        for (std::uint32_t i = 0; i < 4; ++i)
            pictures[i].pixels = std::make_shared<const Image>(makeScene(7, 40 + i).image);
    }

    static const GroundingFigure& figure(const GroundingEvaluation& evaluation, const std::string& id)
    {
        return *std::ranges::find(evaluation.figures, id, &GroundingFigure::id);
    }

    ComparisonPointer runOf(const LoadedModel& model, const CaptionedPicture& picture, const std::string& caption)
    {
        Study study;
        study.modelPath = model.model->info().path.string();
        study.input.image = PictureInput{picture.file.string(), picture.pixels};
        study.input.labels = {caption};
        return runStudy(study, model, nullptr, 1, monitor);
    }

    TemporaryFolder folder;
    std::vector<CaptionedPicture> pictures;
    Monitor monitor;
};

TEST_F(GroundingTest, ReadsGeneratedScenes)
{
    const Scene scene = makeScene(7, 40);
    ASSERT_EQ(pictures.size(), 4U);
    EXPECT_EQ(pictures[0].caption, scene.caption);
    ASSERT_EQ(pictures[0].falseCaptions.size(), scene.falseCaptions.size());
    EXPECT_EQ(pictures[0].falseCaptions.front().wrong, "shape");
    EXPECT_EQ(pictures[0].negative, scene.falseCaptions.front().text);
}

TEST_F(GroundingTest, MatchingIsWhatEachPairAloneGives)
{
    const auto blip = loadModel(samples() / "shape-blip", monitor);
    const GroundingEvaluation found = evaluateGrounding(*blip, pictures, {.seeds = 1, .threads = 1}, monitor);
    std::size_t accepted = 0, refused = 0, wrongShapes = 0;
    for (const CaptionedPicture& picture : pictures) {
        accepted += scoresOfTexts(*runOf(*blip, picture, picture.caption)->traces[0])[0] > 0.0F ? 1 : 0;
        for (const FalseCaption& caption : picture.falseCaptions)
            if (caption.wrong == "shape") {
                ++wrongShapes;
                refused += scoresOfTexts(*runOf(*blip, picture, caption.text)->traces[0])[0] > 0.0F ? 0 : 1;
            }
    }
    EXPECT_EQ(figure(found, "accepted").values.at(0), binomialInterval(accepted, 4));
    EXPECT_EQ(figure(found, "refused:shape").items, wrongShapes);
    EXPECT_EQ(figure(found, "refused:shape").values.at(0), binomialInterval(refused, wrongShapes));
}

TEST_F(GroundingTest, WordsPointAsTheAlignmentDoes)
{
    const auto blip = loadModel(samples() / "shape-blip", monitor);
    const GroundingEvaluation found = evaluateGrounding(*blip, pictures, {.seeds = 1, .threads = 1}, monitor);
    std::size_t words = 0, pointed = 0;
    double mass = 0.0, chance = 0.0;
    for (const CaptionedPicture& picture : pictures) {
        Comparison run = *runOf(*blip, picture, picture.caption);
        run.study.view.alignment = {.method = "cross-attention", .reduction = HeadReduction::MeanOfHeads};
        run.study.selection.stack = *stackOf(run, TokenAxis::Text, TokenAxis::Image);
        run.study.selection.layer = 1;
        for (const LabelledBox& box : labelledBoxes(run)) {
            if (box.tokens.empty())
                continue;
            const BoxReading reading = readBoxes(run, *alignmentMaps(run), {.tokens = box.tokens}, {box}).at(0);
            ++words;
            pointed += reading.points[0];
            mass += reading.mass[0];
            const auto inside = middlesInBox(*run.input.patches, box.box);
            chance += static_cast<double>(std::ranges::count(inside, 1)) / static_cast<double>(inside.size());
        }
    }
    ASSERT_GE(words, 4U);
    EXPECT_EQ(found.words, words);
    EXPECT_NEAR(found.chance, chance / static_cast<double>(words), 1e-12);
    EXPECT_EQ(figure(found, "points:cross-attention:1").values.at(0), binomialInterval(pointed, words));
    EXPECT_NEAR(figure(found, "mass:cross-attention:1").values.at(0).mean, mass / static_cast<double>(words), 1e-6);
}

TEST_F(GroundingTest, RanksCaptionsOfTwoTowersAndComparesTraces)
{
    const auto clip = loadModel(samples() / "shape-clip", monitor);
    const GroundingEvaluation found = evaluateGrounding(
        *clip, pictures, {.candidates = {{{parseSpec("uniform")}}}, .seeds = 1, .threads = 1}, monitor);
    const RetrievalEvaluation retrieval = evaluateRetrieval(*clip, pictures, {.seeds = 1, .threads = 1}, monitor);
    const GroundingFigure& first = figure(found, "first");
    EXPECT_DOUBLE_EQ(first.values.at(0).mean, scoresOf(retrieval.textOfImage, 0).accuracy.mean);
    EXPECT_DOUBLE_EQ(figure(found, "above:shape").values.at(0).mean, scoresOf(retrieval.negatives, 0).accuracy.mean);
    EXPECT_DOUBLE_EQ(first.differences.at(0).mean, 0.0);
    EXPECT_DOUBLE_EQ(first.differences.at(1).mean, first.values.at(1).mean - first.values.at(0).mean);
    EXPECT_EQ(figure(found, "first:late").items, 4U);
    EXPECT_EQ(figure(found, "points:patch-cosine").items, found.words);
}

TEST_F(GroundingTest, RefusesOtherModels)
{
    const auto sentiment = loadModel(samples() / "sentiment", monitor);
    EXPECT_THROW(evaluateGrounding(*sentiment, pictures, {}, monitor), Error);
    const auto clip = loadModel(samples() / "shape-clip", monitor);
    EXPECT_THROW(evaluateGrounding(*clip, {}, {}, monitor), Error);
}

}  // namespace
}  // namespace ketscope
