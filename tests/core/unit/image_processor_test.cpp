// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/image/processor.h"
#include "tests/support/paths.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ProcessorFile : public testing::Test {
protected:
    ImageProcessor read(const std::string& json, const std::string& name = "preprocessor_config.json") const
    {
        std::ofstream(m_folder.path() / name) << json;
        return openImageProcessor(m_folder.path()).value();
    }

    std::string refusal(const std::string& json) const
    {
        try {
            read(json);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            return error.what();
        }
        return "accepted";
    }

    test::TemporaryFolder m_folder;
};

TEST_F(ProcessorFile, FillsInWhatEachClassLeavesOut)
{
    const ImageProcessor vit = read(R"({"image_processor_type":"ViTImageProcessor"})");
    EXPECT_EQ(vit.exactSize, (Extent{224, 224}));
    EXPECT_EQ(vit.resampling, Resampling::Bilinear);
    EXPECT_EQ(vit.cropSize, std::nullopt);
    EXPECT_EQ(vit.mean[1], 0.5);

    const ImageProcessor clip = read(R"({"feature_extractor_type":"CLIPFeatureExtractor"})");
    EXPECT_EQ(clip.exactSize, std::nullopt);
    EXPECT_EQ(clip.shortestEdge, 224U);
    EXPECT_EQ(clip.cropSize, (Extent{224, 224}));
    EXPECT_EQ(clip.resampling, Resampling::Bicubic);
    EXPECT_EQ(clip.mean[0], 0.48145466);
    EXPECT_EQ(clip.deviation[2], 0.27577711);
    EXPECT_EQ(clip.rescaleFactor, 1.0 / 255.0);

    const ImageProcessor blip = read(R"({"image_processor_type":"BlipImageProcessorFast"})");
    EXPECT_EQ(blip.exactSize, (Extent{384, 384}));
    EXPECT_EQ(blip.cropSize, std::nullopt);

    const ImageProcessor vilt = read(R"({"image_processor_type":"ViltImageProcessor","size":384})");
    EXPECT_EQ(vilt.shortestEdge, 384U);
    EXPECT_EQ(vilt.longestEdge, 639U);
    EXPECT_EQ(vilt.sizeDivisor, 32U);
    EXPECT_TRUE(vilt.pads);

    const ImageProcessor deit = read(R"({"feature_extractor_type":"DeiTFeatureExtractor","size":256,"resample":3})");
    EXPECT_EQ(deit.exactSize, (Extent{256, 256}));
    EXPECT_EQ(deit.cropSize, (Extent{224, 224}));
}

TEST_F(ProcessorFile, ReadsEveryWayToWriteASize)
{
    const auto sized = [&](const std::string& size) {
        return read(R"({"image_processor_type":"CLIPImageProcessor","size":)" + size + "}");
    };
    EXPECT_EQ(sized("240").shortestEdge, 240U);
    EXPECT_EQ(sized(R"({"shortest_edge":96})").shortestEdge, 96U);
    EXPECT_EQ(sized(R"({"height":40,"width":30})").exactSize, (Extent{40, 30}));
    const ImageProcessor crop =
        read(R"({"image_processor_type":"CLIPImageProcessor","crop_size":{"height":64,"width":48},"do_resize":false})");
    EXPECT_EQ(crop.cropSize, (Extent{64, 48}));
    EXPECT_FALSE(crop.resizes);
    EXPECT_EQ(read(R"({"image_processor_type":"CLIPImageProcessor","do_center_crop":false})").cropSize, std::nullopt);
    // Written before classes were named.
    EXPECT_EQ(read(R"({"size":224,"resample":2,"image_mean":[0.5,0.5,0.5]})").exactSize, (Extent{224, 224}));
    EXPECT_EQ(read(R"({"size":224,"crop_size":224})").shortestEdge, 224U);
}

TEST_F(ProcessorFile, ReadsTheSwitches)
{
    const ImageProcessor plain = read(
        R"({"image_processor_type":"ViTImageProcessor","do_rescale":false,"do_normalize":false,"do_resize":false})");
    Image image = blankImage(2, 1, "test");
    image.rgb = {1, 2, 3, 255, 128, 0};
    const PreparedImage raw = prepare(image, plain);
    EXPECT_THAT(raw.pixelValues.values(), testing::ElementsAre(1.0F, 255.0F, 2.0F, 128.0F, 3.0F, 0.0F));
    const ImageProcessor scaled = read(
        R"({"image_processor_type":"ViTImageProcessor","do_resize":false,"rescale_factor":0.5,"image_mean":1,"image_std":[1,2,4]})");
    EXPECT_THAT(prepare(image, scaled).pixelValues.values(),
                testing::ElementsAre(-0.5F, 126.5F, 0.0F, 31.5F, 0.125F, -0.25F));
}

TEST_F(ProcessorFile, ReadsOpenClip)
{
    const ImageProcessor processor =
        read(R"({"model_cfg":{"vision_cfg":{"image_size":32}},"preprocess_cfg":{"mean":[0,0,0],"std":[1,1,1]}})",
             "open_clip_config.json");
    EXPECT_EQ(processor.shortestEdge, 32U);
    EXPECT_EQ(processor.cropSize, (Extent{32, 32}));
    EXPECT_TRUE(processor.cropRoundsToEven);
    EXPECT_EQ(processor.deviation[0], 1.0);
    EXPECT_EQ(openImageProcessor(test::TemporaryFolder().path()).has_value(), false);
}

TEST_F(ProcessorFile, RefusesByName)
{
    EXPECT_THAT(refusal("[]"), HasSubstr("preprocessor_config.json: expected an object"));
    EXPECT_THAT(refusal(R"({"image_processor_type":"ConvNextImageProcessor"})"),
                AllOf(HasSubstr("\"ConvNextImageProcessor\""), HasSubstr("ViltImageProcessor")));
    EXPECT_THAT(refusal(R"({"resample":1})"), HasSubstr("found 1 (Lanczos)"));
    EXPECT_THAT(refusal(R"({"resample":5})"), HasSubstr("(Hamming)"));
    EXPECT_THAT(refusal(R"({"resample":"bicubic"})"), HasSubstr("resample"));
    EXPECT_THAT(refusal(R"({"size":0})"), HasSubstr("size: expected a whole number from 1 to 8192"));
    EXPECT_THAT(refusal(R"({"size":100000})"), HasSubstr("8192"));
    EXPECT_THAT(refusal(R"({"size":{"longest_edge":4}})"), HasSubstr("shortest_edge"));
    EXPECT_THAT(refusal(R"({"size":{"shortest_edge":4,"longest_edge":8}})"), HasSubstr("longest_edge"));
    EXPECT_THAT(refusal(R"({"size":{"height":-4,"width":4}})"), HasSubstr("height"));
    EXPECT_THAT(refusal(R"({"crop_size":[1,2]})"), HasSubstr("crop_size"));
    EXPECT_THAT(refusal(R"({"crop_size":{"height":2}})"), HasSubstr("crop_size"));
    EXPECT_THAT(refusal(R"({"image_mean":[0.5,0.5]})"), HasSubstr("three numbers"));
    EXPECT_THAT(refusal(R"({"image_std":[0.5,0,0.5]})"), HasSubstr("image_std: expected a number greater than 0"));
    EXPECT_THAT(refusal(R"({"do_rescale":1})"), HasSubstr("do_rescale"));
    EXPECT_THAT(refusal(R"({"rescale_factor":-1})"), HasSubstr("rescale_factor"));
}

}  // namespace
}  // namespace ketscope
