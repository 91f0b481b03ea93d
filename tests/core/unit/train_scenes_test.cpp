// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/scene.h"
#include "core/train/scene_drawing.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

// Of neighbouring pixels of an empty scene, whose background differs by a slope.
TEST(TrainScenes, NoiseIsNormal)
{
    RandomStream random({4}, 0);
    const Image image = drawScene({}, random);
    std::vector<double> differences;
    for (std::size_t i = 0; i + 1 < 64 * 64; i += 2)
        for (std::size_t channel = 0; channel < 3; ++channel)
            differences.push_back(static_cast<double>(image.rgb[3 * i + 3 + channel])
                                  - static_cast<double>(image.rgb[3 * i + channel]));
    const auto count = static_cast<double>(differences.size());
    double mean = 0.0, variance = 0.0, fourth = 0.0;
    for (const double each : differences)
        mean += each / count;
    for (const double each : differences) {
        variance += (each - mean) * (each - mean) / count;
        fourth += std::pow(each - mean, 4.0) / count;
    }
    const double expected = 2.0 * (25.0 + 1.0 / 12.0);  // with the rounding of both
    EXPECT_NEAR(mean, 0.0, 40.0 / 64.0 + 4.0 * std::sqrt(expected / count));
    EXPECT_NEAR(variance, expected, 4.0 * expected * std::sqrt(2.0 / count));
    EXPECT_NEAR(fourth / (variance * variance), 3.0, 4.0 * std::sqrt(24.0 / count));
}

TEST(TrainScenes, CaptionsAreTrueAndFalseOnesFalse)
{
    for (std::uint32_t index = 0; index < 300; ++index) {
        const Scene scene = makeScene(5, index);
        ASSERT_EQ(scene.image.width, 64U);
        ASSERT_FALSE(scene.objects.empty());
        ASSERT_GE(scene.falseCaptions.size(), 2U) << scene.caption;
        std::istringstream stream(scene.caption);
        const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
        for (const SceneMention& mention : scene.mentions) {
            const SceneObject& object = scene.objects.at(mention.object);
            EXPECT_EQ(words.at(mention.word), object.shape) << scene.caption;
            EXPECT_EQ(words.at(mention.word - 1), object.color) << scene.caption;
        }
        if (scene.caption.find("left of") != std::string::npos) {
            const auto& first = scene.objects[scene.mentions[0].object].box;
            const auto& second = scene.objects[scene.mentions[1].object].box;
            EXPECT_LT(first[0] + first[2], second[0] + second[2]) << scene.caption;
        }
        for (const FalseCaption& caption : scene.falseCaptions)
            EXPECT_NE(caption.text, scene.caption);
        EXPECT_EQ(makeScene(5, index).image, scene.image);
        EXPECT_EQ(describeScene(5, index).caption, scene.caption);
    }
}

}  // namespace
}  // namespace ketscope
