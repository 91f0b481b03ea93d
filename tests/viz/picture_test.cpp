// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/hdf5.h"
#include "core/formats/json.h"
#include "core/image/processor.h"
#include "tests/support/paths.h"
#include "viz/picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

fs::path pictures() { return test::fixtures() / "pictures"; }

std::string refusal(const fs::path& file)
{
    try {
        readPicture(file);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        return error.what();
    }
    return "accepted";
}

TEST(Picture, EveryKindGivesThePixelsOfPillow)
{
    const Json index = readJsonFile(pictures() / "index.json");
    for (const auto& [name, expected] : index.at("pictures").items()) {
        SCOPED_TRACE(name);
        Image image;
        ASSERT_NO_THROW(image = readPicture(pictures() / name));
        ASSERT_EQ(image.width, 9U);
        ASSERT_EQ(image.height, 7U);
        const auto rgb = expected.at("rgb").get<std::vector<int>>();
        for (std::size_t i = 0; i < rgb.size(); ++i)
            ASSERT_NEAR(image.rgb[i], rgb[i], expected.at("tolerance").get<int>()) << "value " << i;
        const auto notices = expected.at("notices").get<std::vector<std::string>>();
        ASSERT_EQ(image.notices.size(), notices.size());
        for (std::size_t i = 0; i < notices.size(); ++i)
            EXPECT_THAT(image.notices[i], HasSubstr(notices[i]));
    }
}

TEST(Picture, RefusesWhatIsNotAUsablePicture)
{
    EXPECT_THAT(refusal(pictures() / "bomb.png"), HasSubstr("60000 × 60000 pixels"));
    EXPECT_THAT(refusal(pictures() / "cut.png"), HasSubstr("expected a whole picture, found a file that ends too"));
    EXPECT_THAT(refusal(pictures() / "flipped.png"), HasSubstr("a wrong checksum in IDAT"));
    EXPECT_THAT(refusal(pictures() / "cut.jpg"), HasSubstr("cut.jpg: expected"));
    EXPECT_THAT(refusal(pictures() / "cmyk_plain.jpg"), HasSubstr("CMYK without that"));
    EXPECT_THAT(refusal(pictures() / "text.png"), HasSubstr("another kind of file"));
    EXPECT_THAT(refusal(pictures() / "picture.svg"), HasSubstr("another kind of file"));
    EXPECT_THAT(refusal(pictures() / "none.png"), HasSubstr("no such file"));
    EXPECT_THAT(refusal(pictures()), HasSubstr("a folder"));
}

TEST(Picture, PaintsTheSamePixels)
{
    const Image image = readPicture(pictures() / "rgb.png");
    const QImage painted = pictureImage(image);
    EXPECT_EQ(painted.size(), QSize(9, 7));
    EXPECT_EQ(painted.pixel(8, 6), qRgb(224, 216, 240));
}

// From the file to the numbers that the reference implementation put into the model.
TEST(Picture, BecomesThePixelValuesOfTheReference)
{
    KETSCOPE_NEEDS_SHARED(shared);
    for (const char* name : {"vit-imgcls", "clip", "vilt-itm", "blip-itm"}) {
        SCOPED_TRACE(name);
        const fs::path folder = shared / "fixtures" / "models" / name;
        const PreparedImage prepared = prepare(readPicture(folder / "image.png"), openImageProcessor(folder).value());
        const Tensor expected = Hdf5File::open(folder / "expected.h5").readFloats("/in/pixel_values");
        ASSERT_EQ(prepared.pixelValues.size(), expected.size());
        float largest = 0.0F;
        for (std::size_t i = 0; i < expected.size(); ++i)
            largest = std::max(largest, std::abs(prepared.pixelValues.values()[i] - expected.values()[i]));
        std::cout << name << ": largest deviation of pixel_values " << largest << "\n";
        EXPECT_LE(largest, 1e-6F);
    }
}

}  // namespace
}  // namespace ketscope
