// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/formats/json.h"
#include "core/image/resize.h"
#include "tests/support/paths.h"

#include <cmath>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

Image pattern(std::size_t width, std::size_t height)
{
    Image image = blankImage(width, height, "test");
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x)
            for (std::size_t c = 0; c < 3; ++c)
                image.rgb[(y * width + x) * 3 + c] = static_cast<std::uint8_t>(37 * x + 101 * y + 59 * c + 7 * x * y);
    return image;
}

// The definition, one axis at a time: a weighted mean under a filter as wide as the step, without any rounding.
using Filter = std::function<double(double)>;

double triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

double cubic(double x)
{
    const double t = std::abs(x);
    if (t <= 1.0)
        return 1.5 * t * t * t - 2.5 * t * t + 1.0;
    return t < 2.0 ? -0.5 * t * t * t + 2.5 * t * t - 4.0 * t + 2.0 : 0.0;
}

double resampled(const std::vector<double>& line, std::size_t length, std::size_t at, const Filter& filter)
{
    const double step = static_cast<double>(line.size()) / static_cast<double>(length);
    double sum = 0.0;
    double weights = 0.0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const double w =
            filter((static_cast<double>(i) + 0.5 - (static_cast<double>(at) + 0.5) * step) / std::max(1.0, step));
        sum += w * line[i];
        weights += w;
    }
    return sum / weights;
}

double byteOf(double value) { return std::clamp(std::round(value), 0.0, 255.0); }

double defined(const Image& image, std::size_t width, std::size_t height, std::size_t x, std::size_t y,
               std::size_t channel, const Filter& filter)
{
    std::vector<double> column;
    for (std::size_t row = 0; row < image.height; ++row) {
        std::vector<double> line;
        for (std::size_t i = 0; i < image.width; ++i)
            line.push_back(image.rgb[(row * image.width + i) * 3 + channel]);
        column.push_back(width == image.width ? line[x] : byteOf(resampled(line, width, x, filter)));
    }
    return height == image.height ? column[y] : byteOf(resampled(column, height, y, filter));
}

TEST(ImageResize, IsWithinOneOfItsDefinition)
{
    for (const auto& [width, height] : {std::pair<std::size_t, std::size_t>{9, 14}, {31, 5}, {17, 11}}) {
        const Image image = pattern(17, 11);
        for (const Resampling filter : {Resampling::Bilinear, Resampling::Bicubic}) {
            const Image found = resized(image, width, height, filter);
            for (std::size_t y = 0; y < height; ++y)
                for (std::size_t x = 0; x < width; ++x)
                    for (std::size_t c = 0; c < 3; ++c)
                        ASSERT_NEAR(
                            found.rgb[(y * width + x) * 3 + c],
                            defined(image, width, height, x, y, c, filter == Resampling::Bicubic ? cubic : triangle),
                            1.0);
        }
    }
}

TEST(ImageResize, GivesTheBytesOfPillow)
{
    const Json goldens = readJsonFile(test::fixtures() / "preprocess" / "pillow_resize.json");
    const std::map<int, Resampling> filters = {
        {0, Resampling::Nearest}, {2, Resampling::Bilinear}, {3, Resampling::Bicubic}};
    for (const Json& golden : goldens.at("cases")) {
        const auto from = golden.at("from").get<std::vector<std::size_t>>();
        const auto to = golden.at("to").get<std::vector<std::size_t>>();
        const Image found =
            resized(pattern(from[0], from[1]), to[0], to[1], filters.at(golden.at("resample").get<int>()));
        EXPECT_EQ(found.rgb, golden.at("rgb").get<std::vector<std::uint8_t>>())
            << from[0] << " × " << from[1] << " to " << to[0] << " × " << to[1] << ", filter " << golden.at("resample");
    }
}

TEST(ImageResize, KeepsAFlatPictureFlatAndASameSizeUntouched)
{
    Image flat = blankImage(50, 3, "test");
    std::ranges::fill(flat.rgb, std::uint8_t{200});
    for (const Resampling filter : {Resampling::Nearest, Resampling::Bilinear, Resampling::Bicubic})
        for (const std::uint8_t value : resized(flat, 7, 90, filter).rgb)
            ASSERT_EQ(value, 200);
    const Image image = pattern(6, 4);
    EXPECT_EQ(resized(image, 6, 4, Resampling::Bicubic).rgb, image.rgb);
}

TEST(ImageResize, DoesNotDependOnThreads)
{
    const Image image = pattern(300, 201);
    setThreads(1);
    const Image one = resized(image, 224, 224, Resampling::Bicubic);
    setThreads(4);
    EXPECT_EQ(resized(image, 224, 224, Resampling::Bicubic).rgb, one.rgb);
    setThreads(0);
}

TEST(ImageResize, RefusesWhatWouldNotFitInMemory)
{
    const auto refusal = [](const std::function<void()>& work) -> std::string {
        try {
            work();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            return error.what();
        }
        return "accepted";
    };
    EXPECT_THAT(refusal([] { blankImage(0, 4, "p.png"); }), testing::HasSubstr("p.png: expected a picture with at"));
    EXPECT_THAT(refusal([] { blankImage(70000, 1, "p.png"); }), testing::HasSubstr("no side above 65536"));
    EXPECT_THAT(refusal([] { blankImage(60000, 60000, "p.png"); }), testing::HasSubstr("60000 × 60000"));
    EXPECT_THAT(refusal([] { blankImage(~std::size_t{0}, 2, "p.png"); }), testing::HasSubstr("at most"));
    const Image thin = pattern(1, 20000);
    EXPECT_THAT(refusal([&] { resized(thin, 8192, 10, Resampling::Bicubic); }), testing::HasSubstr("resized picture"));
    EXPECT_THAT(refusal([&] { resized(thin, 224, 80000, Resampling::Nearest); }), testing::HasSubstr("80000"));
}

}  // namespace
}  // namespace ketscope
