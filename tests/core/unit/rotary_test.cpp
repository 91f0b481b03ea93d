// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/models/rotary_config.h"

#include <cmath>
#include <complex>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <numbers>

namespace ketscope {
namespace {

std::vector<double> frequenciesOf(const Json& json, std::size_t headSize = 8)
{
    return rotaryFrequenciesOf(Config(std::make_shared<const Json>(json), "config.json"), headSize);
}

std::string refusalOf(const Json& json)
{
    try {
        frequenciesOf(json);
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

TEST(RotaryEmbedding, MultipliesComplexPairsByTheirPhase)
{
    constexpr std::size_t kHalf = 3;
    constexpr std::size_t kHeads = 2;
    constexpr std::size_t kTokens = 50;
    const RotaryEmbedding rotary(rotaryFrequencies(2 * kHalf, 10000.0));
    std::vector<float> values(kTokens * kHeads * 2 * kHalf);
    RandomStream stream({4}, 0);
    for (float& value : values)
        value = static_cast<float>(stream.normal());
    std::vector<float> turned = values;
    rotary.apply({turned.data(), kTokens, kHeads * 2 * kHalf});
    for (std::size_t p = 0; p < kTokens; ++p) {
        for (std::size_t h = 0; h < kHeads; ++h) {
            const std::size_t start = (p * kHeads + h) * 2 * kHalf;
            for (std::size_t i = 0; i < kHalf; ++i) {
                const std::complex<double> z(values[start + i], values[start + kHalf + i]);
                const double angle = static_cast<double>(p) * std::pow(10000.0, -static_cast<double>(i) / kHalf);
                const std::complex<double> expected = z * std::polar(1.0, angle);
                ASSERT_NEAR(turned[start + i], expected.real(), 1e-6);
                ASSERT_NEAR(turned[start + kHalf + i], expected.imag(), 1e-6);
            }
        }
    }
}

// What rotary positions are for: the product of two vectors depends on the distance of their positions only.
TEST(RotaryEmbedding, ProductsDependOnDistance)
{
    const RotaryEmbedding rotary(rotaryFrequencies(4, 100.0));
    std::vector<float> queries;
    std::vector<float> keys;
    for (int p = 0; p < 20; ++p) {
        queries.insert(queries.end(), {0.5F, -1.0F, 2.0F, 0.25F});
        keys.insert(keys.end(), {1.5F, 0.5F, -0.75F, 1.0F});
    }
    rotary.apply({queries.data(), 20, 4});
    rotary.apply({keys.data(), 20, 4});
    const auto product = [&](std::size_t q, std::size_t k) {
        double sum = 0.0;
        for (std::size_t i = 0; i < 4; ++i)
            sum += static_cast<double>(queries[q * 4 + i]) * static_cast<double>(keys[k * 4 + i]);
        return sum;
    };
    for (std::size_t shift = 0; shift < 10; ++shift)
        EXPECT_NEAR(product(5 + shift, 2 + shift), product(5, 2), 1e-5);
    EXPECT_GT(std::abs(product(5, 2) - product(5, 3)), 0.01);
}

TEST(RotaryConfig, ReadsEveryScalingThatIsSupported)
{
    const std::vector<double> plain = rotaryFrequencies(8, 10000.0);
    EXPECT_EQ(frequenciesOf(Json::object()), plain);
    EXPECT_EQ(frequenciesOf({{"rope_scaling", nullptr}}), plain);
    EXPECT_EQ(frequenciesOf({{"rope_scaling", {{"rope_type", "default"}}}}), plain);
    EXPECT_EQ(frequenciesOf({{"rope_theta", 500000.0}}), rotaryFrequencies(8, 500000.0));
    EXPECT_EQ(frequenciesOf({{"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 500000.0}}}}),
              rotaryFrequencies(8, 500000.0));
    for (const char* key : {"type", "rope_type"}) {
        const std::vector<double> linear = frequenciesOf({{"rope_scaling", {{key, "linear"}, {"factor", 4.0}}}});
        for (std::size_t i = 0; i < 4; ++i)
            EXPECT_DOUBLE_EQ(linear[i], plain[i] / 4.0);
    }
}

// Frequencies chosen so that their waves lie below, above and exactly in the middle of the two limits.
TEST(RotaryConfig, Llama3KeepsShortWavesAndStretchesLongOnes)
{
    const double turn = 2.0 * std::numbers::pi;
    std::vector<double> frequencies = {turn / 100.0, turn / 2048.0, turn / 8192.0 * 2.5, turn / 8192.0, turn / 20000.0};
    const std::vector<double> before = frequencies;
    scaleFrequencies(frequencies, {8.0, 1.0, 4.0, 8192.0});
    EXPECT_DOUBLE_EQ(frequencies[0], before[0]);
    EXPECT_DOUBLE_EQ(frequencies[1], before[1]);
    EXPECT_DOUBLE_EQ(frequencies[2], before[2] * (0.5 / 8.0 + 0.5));
    EXPECT_NEAR(frequencies[3], before[3] / 8.0, 1e-15);
    EXPECT_DOUBLE_EQ(frequencies[4], before[4] / 8.0);
    const Json scaling = {{"rope_type", "llama3"},
                          {"factor", 8.0},
                          {"low_freq_factor", 1.0},
                          {"high_freq_factor", 4.0},
                          {"original_max_position_embeddings", 8192}};
    std::vector<double> expected = rotaryFrequencies(8, 500000.0);
    scaleFrequencies(expected, {8.0, 1.0, 4.0, 8192.0});
    EXPECT_EQ(frequenciesOf({{"rope_theta", 500000.0}, {"rope_scaling", scaling}}), expected);
}

TEST(RotaryConfig, RefusesOtherScalingsByName)
{
    using testing::HasSubstr;
    EXPECT_THAT(refusalOf({{"rope_scaling", {{"type", "dynamic"}, {"factor", 2.0}}}}), HasSubstr("\"dynamic\""));
    EXPECT_THAT(refusalOf({{"rope_scaling", {{"rope_type", "yarn"}}}}), HasSubstr("\"yarn\""));
    EXPECT_THAT(refusalOf({{"rope_scaling", {{"rope_type", "linear"}}}}), HasSubstr("factor"));
    EXPECT_THAT(refusalOf({{"rope_scaling", {{"rope_type", "llama3"}, {"factor", 8.0}}}}),
                HasSubstr("low_freq_factor"));
    EXPECT_THAT(refusalOf({{"rope_scaling", "linear"}}), HasSubstr("an object"));
    EXPECT_THAT(refusalOf({{"rope_theta", -1.0}}), HasSubstr("greater than 0"));
    EXPECT_THAT(refusalOf({{"partial_rotary_factor", 0.5}}), HasSubstr("turned in part"));
}

}  // namespace
}  // namespace ketscope
