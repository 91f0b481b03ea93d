// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/hdf5.h"
#include "core/study/run_file.h"
#include "core/study/token_axis.h"
#include "tests/support/paths.h"
#include "tests/support/toy_model.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

using testing::HasSubstr;

class ImageInputTest : public testing::Test {
protected:
    ImageInputTest()
    {
        Image picture = blankImage(20, 8, "test");
        for (std::size_t i = 0; i < picture.rgb.size(); ++i)
            picture.rgb[i] = static_cast<std::uint8_t>(i * 7);
        picture.notices = {"Transparency is dropped, not blended."};
        study.input.text = "a bb";
        study.input.image = PictureInput{"picture.png", std::make_shared<const Image>(std::move(picture))};
    }

    EncodedInput encode() const { return encodeInput(study.input, loaded->model->info(), loaded->tokenizer.get()); }

    std::string refusal() const
    {
        try {
            encode();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            return error.what();
        }
        return "accepted";
    }

    ComparisonPointer run() { return runStudy(study, *loaded, nullptr, 1, monitor); }

    const test::TemporaryFolder folder;
    std::shared_ptr<LoadedModel> loaded = test::toyImageModel(folder.path());
    Study study;
    Monitor monitor;
};

TEST_F(ImageInputTest, PicturesAreMadeReadyAndTheirTokensNamed)
{
    const EncodedInput input = encode();
    EXPECT_EQ(input.model.image.pixels->shape(), (std::vector<std::size_t>{3, 4, 6}));
    ASSERT_EQ(input.imageTokens.size(), 7U);
    EXPECT_EQ(input.imageTokens[0].display, "image CLS");
    EXPECT_TRUE(input.imageTokens[0].special);
    EXPECT_EQ(input.imageTokens[6].display, "patch 1,2");
    EXPECT_THAT(input.notices, testing::ElementsAre(HasSubstr("Transparency")));
    // 20 × 8 becomes 10 × 4, of which columns 2 … 8 stay: 4 … 16 of the picture.
    EXPECT_EQ(input.patches->rectangle(0), (PixelRectangle{4.0, 0.0, 8.0, 4.0}));
    EXPECT_EQ(input.patches->rectangle(5), (PixelRectangle{12.0, 4.0, 16.0, 8.0}));
}

TEST_F(ImageInputTest, EveryAxisKnowsItsTokens)
{
    const EncodedInput input = encode();
    EXPECT_EQ(axisToken(input, TokenAxis::Text, 1)->display, "bb");
    EXPECT_EQ(axisToken(input, TokenAxis::Text, 2), nullptr);
    EXPECT_EQ(axisLabel(input, TokenAxis::Image, 3), "patch 0,2");
    EXPECT_EQ(axisLabel(input, TokenAxis::Image, 7), "7");
    EXPECT_EQ(axisLabel(input, TokenAxis::Joint, 1), "bb");
    EXPECT_EQ(axisLabel(input, TokenAxis::Joint, 2), "image CLS");
    EXPECT_EQ(axisLabel(input, TokenAxis::Joint, 8), "patch 1,2");
    EXPECT_EQ(axisTokens(input, TokenAxis::Text), 2U);
    EXPECT_EQ(axisTokens(input, TokenAxis::Image), 7U);
    EXPECT_EQ(axisTokens(input, TokenAxis::Joint), 9U);
    EXPECT_EQ(axisPatch(input, TokenAxis::Image, 0), std::nullopt);
    EXPECT_EQ(axisPatch(input, TokenAxis::Image, 4), 3U);
    EXPECT_EQ(axisPatch(input, TokenAxis::Joint, 1), std::nullopt);
    EXPECT_EQ(axisPatch(input, TokenAxis::Joint, 8), 5U);
    EXPECT_EQ(axisPatch(input, TokenAxis::Text, 1), std::nullopt);
}

TEST_F(ImageInputTest, LabelsBecomeTextsOfATemplate)
{
    study.input.text.reset();
    study.input.labels = {"cat", "small dog"};
    study.input.labelTemplate = "a {} and {}";
    const EncodedInput input = encode();
    EXPECT_EQ(input.labels, study.input.labels);
    ASSERT_EQ(input.tokens.size(), 4U);
    EXPECT_EQ(input.tokens[3].display, "cat");
    ASSERT_EQ(input.model.furtherTexts.size(), 1U);
    EXPECT_EQ(input.model.furtherTexts[0].tokenIds, (std::vector<std::int32_t>{1, 5, 3, 3, 5, 3}));
}

TEST_F(ImageInputTest, RefusesWhatDoesNotFitTheModel)
{
    const Input whole = study.input;
    const auto with = [&](const auto& change) {
        study.input = whole;
        change(study.input);
        return refusal();
    };
    EXPECT_THAT(with([](Input& i) { i.image.reset(); }), HasSubstr("looks at an image"));
    EXPECT_THAT(with([](Input& i) { i.pixelValues = "x.npy"; }), HasSubstr("an image or pixel values, found both"));
    EXPECT_THAT(with([](Input& i) { i.text.reset(); }), HasSubstr("beside the image"));
    EXPECT_THAT(with([](Input& i) { i.labels = {"a"}; }), HasSubstr("found both"));
    const auto labelled = [&](std::vector<std::string> labels, const std::string& form) {
        return with([&](Input& i) {
            i.text.reset();
            i.labels = std::move(labels);
            i.labelTemplate = form;
        });
    };
    EXPECT_THAT(labelled({"a", ""}, "{}"), HasSubstr("an empty one"));
    EXPECT_THAT(labelled({"a"}, "a photo"), HasSubstr("{} where the label goes"));
    EXPECT_THAT(labelled(std::vector<std::string>(1001, "a"), "{}"), HasSubstr("at most 1000"));
    std::filesystem::remove(folder.path() / "preprocessor_config.json");
    EXPECT_THAT(with([](Input&) {}), HasSubstr("preprocessor_config.json"));

    loaded = test::toyModel();
    EXPECT_THAT(with([](Input&) {}), HasSubstr("reads text only"));
    EXPECT_THAT(labelled({"a"}, "{}"), HasSubstr("such as CLIP"));
}

TEST_F(ImageInputTest, SelectionsStayInsideEveryStack)
{
    study.selection = {.stack = 2, .layer = 9, .head = 9, .query = 9, .key = 9};
    EXPECT_EQ(run()->study.selection, (Selection{.stack = 2, .layer = 0, .head = 0, .query = 1, .key = 6}));
    study.selection = {.stack = 1, .query = 9, .key = 9};
    EXPECT_EQ(run()->study.selection, (Selection{.stack = 1, .query = 6, .key = 6}));
}

TEST_F(ImageInputTest, TheSamePictureIsNotMadeReadyTwice)
{
    const ComparisonPointer first = run();
    EXPECT_EQ(runStudy(study, *loaded, first, 1, monitor)->input.model.image.pixels, first->input.model.image.pixels);
    Image other = *study.input.image->pixels;
    other.rgb[0] = 255;
    study.input.image->pixels = std::make_shared<const Image>(std::move(other));
    EXPECT_NE(runStudy(study, *loaded, first, 1, monitor)->input.model.image.pixels, first->input.model.image.pixels);
}

TEST_F(ImageInputTest, StudiesKeepTheImageByItsFile)
{
    study.modelPath = "m";
    study.input.text.reset();
    study.input.labels = {"cat", "dog"};
    study.input.labelTemplate = "a photo of a {}";
    const Study read = studyFromJson(toJson(study), "study");
    EXPECT_EQ(read, study);
    EXPECT_EQ(read.input.image->pixels, nullptr);
    study.input.image.reset();
    study.input.pixelValues = "p.npy";
    EXPECT_EQ(studyFromJson(toJson(study), "study"), study);
    Json json = toJson(study);
    json["input"]["labels"] = {1, 2};
    EXPECT_THROW(studyFromJson(json, "study"), Error);
}

TEST_F(ImageInputTest, RunFilesKeepPicturePatchesAndLabels)
{
    study.input.text.reset();
    study.input.labels = {"cat", "small dog"};
    const ComparisonPointer written = run();
    const std::filesystem::path file = folder.path() / "run.h5";
    writeRunFile(*written, file, monitor);
    {
        const Hdf5File hdf5 = Hdf5File::open(file);
        EXPECT_EQ(hdf5.shape("/input/image"), (std::vector<std::size_t>{8, 20, 3}));
        EXPECT_EQ(hdf5.shape("/input/pixel_values"), (std::vector<std::size_t>{3, 4, 6}));
        EXPECT_THAT(hdf5.numbersAttribute("/input", "patch_grid", 2), testing::ElementsAre(2.0, 3.0));
        EXPECT_EQ(hdf5.shape("/traces/A/cross/attention"), (std::vector<std::size_t>{1, 1, 1, 7}));
        EXPECT_FALSE(hdf5.exists("/traces/A/cross/mean_distance"));
    }
    const ComparisonPointer read = readRunFile(file, monitor);
    EXPECT_EQ(read->input.picture->rgb, written->input.picture->rgb);
    EXPECT_EQ(read->input.patches, written->input.patches);
    EXPECT_EQ(read->input.labels, study.input.labels);
    EXPECT_EQ(read->input.model.image, written->input.model.image);
    EXPECT_EQ(axisLabel(read->input, TokenAxis::Image, 6), "patch 1,2");
    EXPECT_EQ(read->model.stacks[2].keys, TokenAxis::Image);
}

// Attention over an image as another program would write it.
class ForeignImageTest : public ImageInputTest {
protected:
    ComparisonPointer read(const std::vector<std::string>& tokens, const std::string& stack,
                           const std::vector<std::size_t>& shape, const std::vector<double>& grid,
                           const std::vector<std::size_t>& picture = {})
    {
        const std::filesystem::path file = folder.path() / "foreign.h5";
        Hdf5File hdf5 = Hdf5File::create(file);
        hdf5.writeStrings("/input/tokens", tokens);
        std::size_t count = 1;
        for (const std::size_t extent : shape)
            count *= extent;
        hdf5.writeFloats("/traces/A/" + stack + "/attention", shape, std::vector<float>(count, 0.25F));
        if (!grid.empty())
            hdf5.setNumbers("/input", "patch_grid", grid);
        if (!picture.empty())
            hdf5.writeBytes("/input/image", picture, std::vector<std::uint8_t>(picture[0] * picture[1] * picture[2]));
        hdf5.close();
        return readRunFile(file, monitor);
    }

    std::string refused(const std::function<void()>& work)
    {
        try {
            work();
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    }
};

TEST_F(ForeignImageTest, PatchGridsNameTheKeysOfCrossAttention)
{
    const ComparisonPointer comparison = read({"a", "dog"}, "cross", {1, 2, 2, 7}, {2, 3}, {8, 12, 3});
    EXPECT_EQ(axisLabel(comparison->input, TokenAxis::Text, 1), "dog");
    EXPECT_EQ(axisLabel(comparison->input, TokenAxis::Image, 6), "patch 1,2");
    // Nothing says how the picture went in, so its parts are equal.
    EXPECT_EQ(comparison->input.patches->rectangle(5), (PixelRectangle{8.0, 4.0, 12.0, 8.0}));
}

TEST_F(ForeignImageTest, TokensMayNameAnImageOrAJointSequence)
{
    const ComparisonPointer vision = read({"cls", "p0", "p1"}, "vision", {1, 1, 3, 3}, {});
    EXPECT_EQ(axisLabel(vision->input, TokenAxis::Image, 2), "p1");
    EXPECT_TRUE(vision->input.tokens.empty());
    const ComparisonPointer joint = read({"a", "cls", "p0"}, "joint", {1, 1, 3, 3}, {});
    EXPECT_EQ(axisLabel(joint->input, TokenAxis::Joint, 2), "p0");
    const ComparisonPointer unnamed = read({"a"}, "joint", {1, 1, 3, 3}, {});
    EXPECT_EQ(axisLabel(unnamed->input, TokenAxis::Joint, 2), "2");
}

TEST_F(ForeignImageTest, RefusesGridsAndPicturesThatLie)
{
    EXPECT_THAT(refused([&] { read({"a"}, "cross", {1, 1, 1, 7}, {3, 3}); }), HasSubstr("patch_grid"));
    EXPECT_THAT(refused([&] { read({"a"}, "cross", {1, 1, 1, 7}, {-1, 3}); }), HasSubstr("patch_grid"));
    EXPECT_THAT(refused([&] { read({"a"}, "cross", {1, 1, 1, 7}, {0.5, 3}); }), HasSubstr("patch_grid"));
    EXPECT_THAT(refused([&] { read({"a"}, "cross", {1, 1, 1, 7}, {2, 3, 1}); }), HasSubstr("2 numbers"));
    EXPECT_THAT(refused([&] {
                    read({"a"}, "cross", {1, 1, 1, 7}, {2, 3}, {2, 2, 4});
                }),
                HasSubstr("(height, width, 3)"));
}

}  // namespace
}  // namespace ketscope
