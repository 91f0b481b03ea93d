// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures made ready against what the reference implementation (Pillow and its image processors) makes of them.
#include "core/formats/hdf5.h"
#include "core/formats/json.h"
#include "core/image/processor.h"
#include "tests/support/paths.h"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

namespace fs = std::filesystem;

// A binary PPM: "P6 width height 255" and the bytes.
Image readPixmap(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::string magic;
    std::size_t width = 0;
    std::size_t height = 0;
    std::size_t maximum = 0;
    in >> magic >> width >> height >> maximum;
    in.get();
    Image image = blankImage(width, height, file.string());
    in.read(reinterpret_cast<char*>(image.rgb.data()), static_cast<std::streamsize>(image.rgb.size()));
    EXPECT_TRUE(in.good() && magic == "P6") << file;
    return image;
}

TEST(Preprocess, EqualsPillowAndTheProcessors)
{
    const fs::path folder = test::fixtures() / "preprocess";
    const Json index = readJsonFile(folder / "index.json");
    ASSERT_EQ(index.at("cases").size(), 4U);
    for (const Json& one : index.at("cases")) {
        const auto name = one.at("file").get<std::string>();
        SCOPED_TRACE(name);
        const test::TemporaryFolder model;
        fs::copy_file(folder / (one.at("processor").get<std::string>() + ".preprocessor_config.json"),
                      model.path() / "preprocessor_config.json");
        const ImageProcessor processor = openImageProcessor(model.path()).value();
        const Image picture =
            readPixmap(folder / fs::path(one.at("image").get<std::string>()).replace_extension(".ppm"));
        const FramedImage framed = frame(picture, processor);
        const std::vector<std::int64_t> expected = Hdf5File::open(folder / name).readIntegers("/rgb_u8");
        ASSERT_EQ(framed.image.rgb.size(), expected.size());
        std::int64_t largest = 0;
        std::size_t different = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const std::int64_t difference = std::abs(std::int64_t{framed.image.rgb[i]} - expected[i]);
            largest = std::max(largest, difference);
            different += difference != 0 ? 1 : 0;
        }
        std::cout << name << ": largest difference " << largest << " of 255, " << different << " of " << expected.size()
                  << " values differ\n";
        EXPECT_LE(largest, 1);
        EXPECT_LE(different, expected.size() / 1000);

        const PreparedImage prepared = prepare(picture, processor);
        EXPECT_EQ(prepared.pixelValues.shape(), one.at("shape_chw").get<std::vector<std::size_t>>());
        const auto first = one.at("pixel_values_first8").get<std::vector<float>>();
        for (std::size_t i = 0; i < first.size(); ++i)
            EXPECT_NEAR(prepared.pixelValues.values()[i], first[i], 1e-6);
    }
}

}  // namespace
}  // namespace ketscope
